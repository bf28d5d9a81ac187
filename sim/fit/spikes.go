package fit

import (
	"math"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// Spikes are rare times of longer delay, and of loss.
type Spikes struct {
	Every  float64 `json:"every"`  // datagrams, from one to the next
	Length float64 `json:"length"` // datagrams
	Delay  float64 `json:"delay_ms"`
	Loss   float64 `json:"loss"` // in them
	Seen   int     `json:"seen"`
	delay  time.Duration
}

// Limits of what counts as spikes.
const (
	spikeHeight  = 3.0   // quartile distances above the median; ±jitter of a uniform one is 1
	spikeCluster = 0.3   // of long delays have another one behind them
	spikesLeast  = 5     // times
	spikesMost   = 0.25  // of all: what is more often is not an exception
	noDensity    = 1e-13 // per ns: what a delay that nobody expects is worth
)

// spikesOf finds spikes in the calm flights, and marks those that are in one.
// It returns nil if there are none.
func spikesOf(flights []flight) *Spikes {
	calm := distributionOf(flights, mostError, (*flight).steady)
	if calm.exact < 100 {
		return nil
	}
	middle, spread := calm.quantile(0.5), calm.quantile(0.75)-calm.quantile(0.25)
	border := middle + max(int64(spikeHeight*float64(spread)), 2_000_000)
	if !clustered(flights, border) {
		return nil
	}
	s := &Spikes{delay: time.Duration(border - middle)}
	for i := range flights {
		// Those that had to wait for one in a spike may be in it, or not:
		// what is known of their own delay harms neither distribution.
		f := &flights[i]
		f.spike = f.steady() && !f.Lost && (f.tied && f.level > border || !f.tied && f.transit() > border)
	}
	e := estimate{every: 500, length: 10, lossCalm: 0.01, lossSpike: 0.1}
	for range 6 {
		low := distributionOf(flights, mostError, func(f *flight) bool { return f.steady() && !f.spike })
		high := distributionOf(flights, roughError, func(f *flight) bool { return f.steady() && f.spike })
		if high.exact == 0 || low.exact == 0 {
			unspike(flights)
			return nil
		}
		s.delay = time.Duration(high.quantile(0.5) - low.quantile(0.5))
		e.low, e.delay = newDensity(&low), int64(s.delay)
		for range 5 {
			e.improve(flights)
		}
	}
	s.Seen = runsOf(flights)
	share := e.length / (e.length + e.every)
	if s.Seen < spikesLeast || share > spikesMost || int64(s.delay) < spread {
		unspike(flights)
		return nil
	}
	s.Every, s.Length, s.Loss = significant(e.every, 4), significant(max(1, e.length), 4), significant(e.lossSpike, 3)
	if s.Loss < 0.002 {
		s.Loss = 0
	}
	s.delay = s.delay.Round(10 * time.Microsecond)
	s.Delay = milliseconds(int64(s.delay))
	return s
}

// steady reports whether a flight tells about the link as it is most of the
// time.
func (f *flight) steady() bool { return f.calm && !f.outage }

func unspike(flights []flight) {
	for i := range flights {
		flights[i].spike = false
	}
}

// clustered reports whether delays above a border follow one another.
func clustered(flights []flight, border int64) bool {
	var long, again, n int
	was := false
	for i := range flights {
		f := &flights[i]
		if !f.steady() || f.Lost || f.tied || f.late {
			continue
		}
		is := f.transit() > border
		n++
		if is {
			long++
			if was {
				again++
			}
		}
		was = is
	}
	return long >= spikesLeast && float64(long) < spikesMost*float64(n) &&
		float64(again) > spikeCluster*float64(long)
}

// runsOf counts the spikes.
func runsOf(flights []flight) int {
	n, was := 0, false
	for i := range flights {
		if flights[i].spike && !was {
			n++
		}
		was = flights[i].spike
	}
	return n
}

// An estimate is a hidden Markov model of two states, calm and spike, in which
// a datagram is lost, or has a delay, or one of which only a limit is known.
type estimate struct {
	every, length       float64
	lossCalm, lossSpike float64
	low                 density
	delay               int64
}

// emits returns how likely a flight is, when calm and in a spike.
func (e *estimate) emits(f *flight) (calm, spike float64) {
	switch {
	case f.Lost:
		return e.lossCalm, e.lossSpike
	case f.tied:
		return (1 - e.lossCalm) * e.low.below(f.level), (1 - e.lossSpike) * e.low.below(f.level-e.delay)
	}
	x := f.transit()
	return (1 - e.lossCalm) * e.low.at(x), (1 - e.lossSpike) * e.low.at(x-e.delay)
}

// improve is one round of expectation and maximisation; see chain.train. It
// marks the flights that are rather in a spike.
func (e *estimate) improve(flights []flight) {
	var steady []*flight
	for i := range flights {
		if flights[i].steady() {
			steady = append(steady, &flights[i])
		}
	}
	begin, end := 1/e.every, 1/e.length
	forward := make([]float64, len(steady)) // of being in a spike
	emitted := make([][2]float64, len(steady))
	scale := make([]float64, len(steady))
	in := begin / (begin + end)
	for i, f := range steady {
		calm, spike := e.emits(f)
		emitted[i] = [2]float64{calm, spike}
		if i > 0 {
			in = forward[i-1]*(1-end) + (1-forward[i-1])*begin
		}
		scale[i] = max((1-in)*calm+in*spike, 1e-300)
		forward[i] = in * spike / scale[i]
	}
	var begins, ends, calms, spikes, lostCalm, lostSpike float64
	backCalm, backSpike := 1.0, 1.0
	for i := len(steady) - 1; i >= 0; i-- {
		spike := forward[i] * backSpike
		calm := (1 - forward[i]) * backCalm
		spike /= max(spike+calm, 1e-300)
		steady[i].spike = spike > 0.5
		spikes, calms = spikes+spike, calms+1-spike
		if steady[i].Lost {
			lostSpike, lostCalm = lostSpike+spike, lostCalm+1-spike
		}
		if i == 0 {
			break
		}
		toCalm, toSpike := emitted[i][0]*backCalm/scale[i], emitted[i][1]*backSpike/scale[i]
		begins += (1 - forward[i-1]) * begin * toSpike
		ends += forward[i-1] * end * toCalm
		backCalm, backSpike = (1-begin)*toCalm+begin*toSpike, end*toCalm+(1-end)*toSpike
	}
	e.every, e.length = max(2, calms/max(begins, 1e-9)), max(1, spikes/max(ends, 1e-9))
	e.lossCalm, e.lossSpike = bound(lostCalm/max(calms, 1)), bound(lostSpike/max(spikes, 1e-9))
}

func bound(p float64) float64 { return min(0.999, max(1e-6, p)) }

// A density is a distribution with so few points that it has one.
type density struct {
	values []int64
	shares []float64
}

func newDensity(d *distribution) density {
	const points = 40
	var e density
	for i := range points + 1 {
		share := float64(i) / points
		v := d.quantile(share)
		if len(e.values) > 0 && v < e.values[len(e.values)-1]+1000 {
			v = e.values[len(e.values)-1] + 1000
		}
		e.values, e.shares = append(e.values, v), append(e.shares, share)
	}
	return e
}

// at returns the density per ns.
func (d *density) at(v int64) float64 {
	i, _ := slices.BinarySearch(d.values, v)
	if i == 0 || i == len(d.values) {
		first, last := d.values[0], d.values[len(d.values)-1]
		if width := last - first; v > first-width && v < last+width {
			return 1e-3 / float64(width)
		}
		return noDensity
	}
	return noDensity + (d.shares[i]-d.shares[i-1])/float64(d.values[i]-d.values[i-1])
}

// below returns the share below a value.
func (d *density) below(v int64) float64 {
	i, _ := slices.BinarySearch(d.values, v)
	switch i {
	case 0:
		return 1e-6
	case len(d.values):
		return 1
	}
	part := float64(v-d.values[i-1]) / float64(d.values[i]-d.values[i-1])
	return math.Max(1e-6, d.shares[i-1]+part*(d.shares[i]-d.shares[i-1]))
}

// model returns the spikes as a link has them.
func (s *Spikes) model() link.Spikes {
	return link.Spikes{Every: s.Every, Length: s.Length, Delay: s.delay, Loss: s.Loss}
}
