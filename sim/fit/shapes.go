package fit

import (
	"math"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Jitter is how delays vary.
type Jitter struct {
	Shape    string  `json:"shape"` // "constant", or as link.Shape
	Delay    float64 `json:"delay_ms"`
	Jitter   float64 `json:"jitter_ms"`
	Shortest float64 `json:"shortest_ms"` // 1st percentile
	Longest  float64 `json:"longest_ms"`  // 99th percentile
	Distance float64 `json:"ks_distance"` // Kolmogorov-Smirnov
	P        float64 `json:"ks_p"`        // too large, as the parameters were fitted
	Known    int     `json:"known"`       // delays that the distribution is of
	Hidden   int     `json:"hidden"`      // known only to be shorter than something

	// Others are the distances of the other shapes.
	Others map[string]float64 `json:"others,omitempty"`

	shape link.Shape
	delay time.Duration
	sigma time.Duration
	table *link.DelayTable
	steps []link.Quantile // of the table
}

// Limits of what counts as jitter and as explained by a shape.
const (
	constantWithin = 20_000 // ns: two clocks of microseconds differ by so much
	goodDistance   = 0.03   // a shape that is so near is preferred to a table
	tablePoints    = 24
)

// A standard is a shape with mean 0 and range or standard deviation 1.
type standard struct {
	shape    link.Shape
	quantile func(share float64) float64
	share    func(x float64) float64
}

// paretoDeviation is that of a Pareto distribution of shape 3; its mean is
// 3/2. See link.Pareto.
var paretoDeviation = math.Sqrt(0.75)

func paretoShare(x float64) float64 {
	return 1 - math.Pow(max(1, 1.5+float64(x*paretoDeviation)), -3)
}

func paretoQuantile(share float64) float64 {
	return (math.Pow(1-share, -1.0/3) - 1.5) / paretoDeviation
}

// A mixture is link.ParetoNormal: (normal/4 + Pareto·3/4), scaled to variance
// 1. Its shares are means over those of the Pareto.
type mixture [200]float64

func newMixture() *mixture {
	m := new(mixture)
	for i := range m {
		m[i] = paretoQuantile((float64(i) + 0.5) / float64(len(m)))
	}
	return m
}

var mixtureScale = math.Sqrt(1.0/16 + 9.0/16)

func (m *mixture) share(x float64) float64 {
	sum := 0.0
	for _, pareto := range m {
		sum += normalShare((x*mixtureScale - 0.75*pareto) / 0.25)
	}
	return sum / float64(len(m))
}

// quantiles returns the inverse of share, between points that are a twentieth
// apart: it is asked for what is not far from the mean.
func (m *mixture) quantiles() func(share float64) float64 {
	const low, step, points = -5.0, 0.05, 500
	var shares []float64
	for i := range points {
		shares = append(shares, m.share(low+step*float64(i)))
	}
	return func(share float64) float64 {
		i, _ := slices.BinarySearch(shares, share)
		i = min(max(i, 1), points-1)
		part := (share - shares[i-1]) / max(shares[i]-shares[i-1], 1e-12)
		return low + step*(float64(i-1)+min(1, part))
	}
}

func standards() []standard {
	m := newMixture()
	return []standard{
		{link.Uniform, func(s float64) float64 { return 2*s - 1 }, func(x float64) float64 { return min(1, max(0, (x+1)/2)) }},
		{link.Normal, normalQuantile, normalShare},
		{link.Pareto, paretoQuantile, paretoShare},
		{link.ParetoNormal, m.quantiles(), m.share},
	}
}

// shapeOf finds the shape of a distribution.
func shapeOf(d *distribution) Jitter {
	j := Jitter{
		Shortest: significant(milliseconds(d.quantile(0.01)), 4), Longest: significant(milliseconds(d.quantile(0.99)), 4),
		Known: d.exact, Hidden: d.hidden, P: 1, Shape: "constant",
	}
	j.delay = time.Duration(d.quantile(0.5))
	if d.quantile(0.98)-d.quantile(0.02) <= constantWithin {
		j.finish()
		return j
	}
	j.Others = map[string]float64{}
	best := math.Inf(1)
	coarse := thinned(d, 1000) // which is as good as all of it
	for _, s := range standards() {
		center, scale := line(d, &s)
		distance := coarse.distance(func(v int64) float64 { return s.share((float64(v) - center) / scale) })
		j.Others[s.shape.String()] = significant(distance, 3)
		if distance < best {
			best = distance
			j.shape, j.delay, j.sigma = s.shape, time.Duration(center), time.Duration(scale)
		}
	}
	j.Distance, j.P, j.Shape = significant(best, 3), kolmogorovP(best, d.exact), j.shape.String()
	delete(j.Others, j.Shape)
	hidden := float64(d.hidden) / float64(d.hidden+d.exact)
	if best > goodDistance+3*mostError*hidden && j.P < 0.01 && d.exact >= 200 {
		j.tabulate(d)
	}
	j.finish()
	return j
}

// thinned returns a distribution with about so many of the points.
func thinned(d *distribution, points int) *distribution {
	if len(d.values) <= points {
		return d
	}
	t := &distribution{exact: d.exact, hidden: d.hidden}
	for i := range points {
		at := i * (len(d.values) - 1) / (points - 1)
		t.values, t.shares = append(t.values, d.values[at]), append(t.shares, d.shares[at])
		t.before = append(t.before, d.shares[max(0, at-1)])
	}
	return t
}

// line fits a straight line to the quantiles of the distribution over those of
// a shape: where it begins is the mean, and its slope the jitter. The tails,
// which are of few, and what is hidden take no part.
func line(d *distribution, s *standard) (center, scale float64) {
	const points = 96
	var n, sx, sy, sxx, sxy float64
	known := d.shares[0]
	for i := range points {
		share := 0.02 + 0.96*(float64(i)+0.5)/points
		if share < known {
			continue
		}
		x, y := s.quantile(share), float64(d.quantile(share))
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if spread := n*sxx - sx*sx; spread > 0 {
		scale = (n*sxy - sx*sy) / spread
	}
	return (sy - scale*sx) / max(n, 1), max(scale, 1)
}

// tabulate has the distribution itself as a table.
func (j *Jitter) tabulate(d *distribution) {
	shares := []float64{0}
	for i := range tablePoints - 1 {
		shares = append(shares, float64(i+1)/tablePoints)
	}
	shares = append(shares, 0.98, 0.99, 0.995, 0.999, 1)
	lowest := d.quantile(0.001)
	steps := make([]link.Quantile, 0, len(shares))
	for _, share := range shares {
		v := time.Duration(max(0, d.quantile(max(share, 0.001))-lowest)).Round(10 * time.Microsecond)
		steps = append(steps, link.Quantile{Share: significant(share, 5), Delay: v})
	}
	table, err := link.NewDelayTable(steps...)
	if err != nil {
		return // delays of more than ten minutes: the shape remains
	}
	j.Others[j.Shape] = j.Distance
	j.shape, j.Shape, j.table, j.steps = link.Tabled, link.Tabled.String(), table, steps
	j.delay, j.sigma = time.Duration(lowest), 0
	j.Distance, j.P = 0, 1
}

// finish rounds, and keeps what nothing can be: a delay below zero.
func (j *Jitter) finish() {
	j.delay = j.delay.Round(time.Microsecond)
	j.sigma = j.sigma.Round(time.Microsecond)
	j.Delay, j.Jitter = milliseconds(int64(j.delay)), milliseconds(int64(j.sigma))
}

func milliseconds(ns int64) float64 { return float64(ns) / 1e6 }
