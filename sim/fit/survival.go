package fit

import (
	"cmp"
	"math"
	"slices"
)

// A distribution is what delays are like: shares that are at most a value.
//
// A link that keeps order hides short delays: a datagram that would overtake
// arrives together with the one before, and of its delay is known only that it
// would have been at most so long. What stands there is left-censored, and the
// distribution is estimated by the product-limit estimator (Kaplan, Meier:
// Nonparametric Estimation from Incomplete Observations, 1958), from the
// longest delay to the shortest. It is right as long as how long one waits
// does not depend on one's own delay, which it does not.
type distribution struct {
	values []int64   // sorted, distinct
	shares []float64 // of delays that are at most the value
	before []float64 // of delays below the value, where points were left out
	exact  int       // how many delays are known exactly
	hidden int       // how many are only known to be shorter than something
}

// Standard errors of a share (Greenwood 1926) beyond which a distribution
// ends: where almost all is hidden, nothing is known.
const (
	mostError  = 0.015
	roughError = 0.25 // of few, of which only the median is wanted
)

// distributionOf estimates the distribution of the transit of the flights that
// are chosen, as far down as its error is at most mostError. Late ones are
// known exactly.
func distributionOf(flights []flight, mostError float64, chosen func(f *flight) bool) distribution {
	type observation struct {
		value int64
		exact bool
	}
	var all []observation
	d := distribution{}
	for i := range flights {
		f := &flights[i]
		if f.Lost || !chosen(f) {
			continue
		}
		if f.tied {
			d.hidden++
			all = append(all, observation{f.level, false})
		} else {
			d.exact++
			all = append(all, observation{f.transit(), true})
		}
	}
	// Of one value, the exact ones first from above: those hidden below it
	// are at risk there as well.
	slices.SortFunc(all, func(a, b observation) int { return cmp.Compare(a.value, b.value) })
	share, variance := 1.0, 0.0
	for end := len(all); end > 0; {
		start, exact := end, 0
		for start > 0 && all[start-1].value == all[end-1].value {
			start--
			if all[start].exact {
				exact++
			}
		}
		if exact > 0 {
			d.values = append(d.values, all[start].value)
			d.shares = append(d.shares, share)
			share *= 1 - float64(exact)/float64(end) // end of them are at most so long
			variance += float64(exact) / (float64(end) * float64(max(1, end-exact)))
			if d.hidden > 0 && share*math.Sqrt(variance) > mostError {
				break
			}
		}
		end = start
	}
	slices.Reverse(d.values)
	slices.Reverse(d.shares)
	return d
}

// quantile returns the value that a share is at most, between points.
func (d *distribution) quantile(share float64) int64 {
	if len(d.values) == 0 {
		return 0
	}
	i, _ := slices.BinarySearch(d.shares, share)
	switch {
	case i == 0:
		return d.values[0]
	case i == len(d.shares):
		return d.values[i-1]
	}
	part := (share - d.shares[i-1]) / (d.shares[i] - d.shares[i-1])
	return d.values[i-1] + int64(part*float64(d.values[i]-d.values[i-1]))
}

// share returns the share of delays that are at most a value.
func (d *distribution) share(value int64) float64 {
	i, found := slices.BinarySearch(d.values, value)
	if found {
		return d.shares[i]
	}
	if i == 0 {
		return 0
	}
	return d.shares[i-1]
}

// distance returns the greatest distance from a distribution function
// (Kolmogorov, Smirnov), where this one is known: below the shortest exact
// delay nothing is.
func (d *distribution) distance(model func(value int64) float64) float64 {
	most := 0.0
	for i, v := range d.values {
		m := model(v)
		most = max(most, d.shares[i]-m, m-d.shares[i])
		switch {
		case i > 0 && d.before != nil:
			most = max(most, m-d.before[i], d.before[i]-m)
		case i > 0:
			most = max(most, m-d.shares[i-1], d.shares[i-1]-m)
		}
	}
	return most
}

// longestOf returns how long dense traffic that keeps its order is under way,
// in the median, with a datagram every so many nanoseconds: each waits for the
// latest before it, which is below v if all are that are k spacings earlier and
// k spacings longer; with F the distribution and ln 2 for the median,
//
//	(1/spacing) ∫ (1 - F(u)) du from v up = ln 2
func (d *distribution) longestOf(spacing float64) int64 {
	const steps = 2000
	top, area := d.quantile(1), 0.0
	for i := steps - 1; i >= 0; i-- {
		v := d.quantile(float64(i) / steps)
		area += float64(top-v) * (1 - (float64(i)+0.5)/steps)
		if top = v; area >= spacing*math.Ln2 {
			break
		}
	}
	return max(top, d.quantile(0.5))
}
