package link

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
)

// leastP is the least probability that a test of a distribution may give:
// seeds are fixed, so a passing test stays a passing test.
const leastP = 1e-4

// chiSquareP returns the probability that a χ² of so many degrees of freedom
// is at least x: the upper regularised incomplete gamma function, by its series
// or its continued fraction (Abramowitz, Stegun 6.5.29 and 6.5.31).
func chiSquareP(x float64, freedom int) float64 {
	a, z := float64(freedom)/2, x/2
	if z <= 0 {
		return 1
	}
	gamma, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(z) - z - gamma)
	if z < a+1 {
		term, sum := 1/a, 1/a
		for n := 1; term > sum*1e-16; n++ {
			term *= z / (a + float64(n))
			sum += term
		}
		return 1 - front*sum
	}
	b := z + 1 - a // Lentz
	c, d := 1e300, 1/b
	h := d
	for n := 1; n < 10_000; n++ {
		an := -float64(n) * (float64(n) - a)
		b += 2
		d = 1 / (an*d + b)
		c = b + an/c
		h *= c * d
		if math.Abs(c*d-1) < 1e-15 {
			break
		}
	}
	return front * h
}

func TestChiSquareP(t *testing.T) {
	for _, test := range []struct {
		x       float64
		freedom int
		want    float64 // from tables
	}{{3.841, 1, 0.05}, {18.307, 10, 0.05}, {29.588, 10, 0.001}, {124.342, 100, 0.05}, {77.929, 100, 0.95}, {15.137, 1, 1e-4}} {
		if got := chiSquareP(test.x, test.freedom); math.Abs(got-test.want) > test.want*0.003 {
			t.Errorf("chiSquareP(%g, %d) = %g, want %g", test.x, test.freedom, got, test.want)
		}
	}
}

// kolmogorovP returns the probability that the distance of n samples from
// their own distribution, times √n, is at least d.
func kolmogorovP(d float64) float64 {
	if d < 0.2 {
		return 1 // the series converges slowly there, towards 1
	}
	p, sign := 0.0, 2.0
	for k := 1.0; k < 100; k++ {
		p += sign * math.Exp(-2*k*k*d*d)
		sign = -sign
	}
	return min(1, p)
}

// chiSquare tests a histogram, by length from 1, against shares. The tail is
// one bin.
func chiSquare(histogram []int, share func(length int) float64) (p, x float64, bins int) {
	n, left, rest := 0, 0, 1.0
	for _, count := range histogram {
		n += count
	}
	left = n
	add := func(seen int, expected float64) {
		x += (float64(seen) - expected) * (float64(seen) - expected) / expected
		bins++
	}
	for length := 1; ; length++ {
		expected := float64(n) * share(length)
		if after := float64(n) * (rest - share(length)); after < 20 {
			add(left, float64(n)*rest)
			break
		}
		seen := 0
		if length < len(histogram) {
			seen = histogram[length]
		}
		add(seen, expected)
		left -= seen
		rest -= share(length)
	}
	return chiSquareP(x, bins-1), x, bins
}

// A lossCount is what a link lost.
type lossCount struct {
	sent, lost int
	bursts     []int // histogram of the lengths of every stride-th burst
}

// countLosses sends over links of seeds 1 to seeds, and pools.
func countLosses(t *testing.T, cfg Config, seeds, packets, stride int) lossCount {
	var c lossCount
	c.bursts = make([]int, 4096)
	number := 0
	for seed := range seeds {
		l := mustNew(t, cfg, uint64(seed+1))
		run := 0
		for range packets {
			if l.Send(epoch, 100).Cause != Delivered {
				run++
				continue
			}
			if run > 0 {
				c.lost += run
				if number++; number%stride == 0 {
					c.bursts[min(run, len(c.bursts)-1)]++
				}
			}
			run = 0
		}
		c.lost += run
		c.sent += packets
	}
	return c
}

// 100 seeds of 10^7 datagrams each against the closed forms: the share lost
// within 0.2 % of itself, and burst lengths by χ². A part of it has a limit of
// 4.5 standard deviations instead of 0.2 %.
func TestSoakLossModels(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	const seeds = 100
	packets := long.Of(50_000, 10_000_000)
	bursts, err := Bursts(0.03, 5)
	if err != nil {
		t.Fatal(err)
	}
	// Successive bursts of the mixed model depend on each other a little,
	// which χ² does not allow: it looks at every 20th.
	mixed := GilbertElliott{P: 0.02, R: 0.2, BadLoss: 0.7, GoodLoss: 0.005}
	markov := FourState{P13: 0.01, P31: 0.35, P32: 0.05, P23: 0.3, P14: 0.002}
	for _, test := range []struct {
		name   string
		cfg    Config
		loss   float64
		mean   float64
		share  func(int) float64
		stride int
	}{
		{"Gilbert", Config{Burst: bursts}, bursts.MeanLoss(), bursts.MeanBurst(), bursts.BurstShare, 1},
		{"Gilbert-Elliott", Config{Burst: mixed}, mixed.MeanLoss(), mixed.MeanBurst(), mixed.BurstShare, 20},
		{"four-state", Config{Markov: markov}, markov.MeanLoss(), markov.MeanBurst(), markov.BurstShare, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := countLosses(t, test.cfg, seeds, packets, test.stride)
			loss := float64(c.lost) / float64(c.sent)
			off := loss/test.loss - 1
			limit := 0.002
			if !long.Enabled {
				// The variance is at most that of independent bursts, each of
				// variance mean², times 2.
				limit = 4.5 * math.Sqrt(2*test.mean/(test.loss*float64(c.sent)))
			}
			p, x, bins := chiSquare(c.bursts, test.share)
			t.Logf("%d datagrams: loss %.6f, closed form %.6f, off by %+.4f %%; burst lengths χ² = %.1f over %d bins, p = %.4f",
				c.sent, loss, test.loss, 100*off, x, bins, p)
			if math.Abs(off) > limit {
				t.Errorf("loss is off by %.4f %%, want at most %.4f %%", 100*off, 100*limit)
			}
			if p < leastP || bins < 5 {
				t.Errorf("burst lengths: p = %g over %d bins, want at least %g", p, bins, leastP)
			}
		})
	}
}

// mixtureShare is the distribution of Shape ParetoNormal by another way than
// the tables are made: the Pareto's share, averaged over the normal.
func mixtureShare() func(z float64) float64 {
	const from, to, n = -6.0, 40.0, 20_000
	scale := math.Sqrt(10) / 4
	grid := make([]float64, n+1)
	for i := range grid {
		z := from + (to-from)*float64(i)/n
		sum, weight := 0.0, 0.0
		for g := -7.0; g <= 7; g += 0.02 {
			w := math.Exp(-g * g / 2)
			sum += w * paretoShare((z*scale-g/4)/0.75)
			weight += w
		}
		grid[i] = sum / weight
	}
	return func(z float64) float64 {
		x := (min(max(z, from), to-1e-6) - from) / (to - from) * n
		i := int(x)
		return grid[i] + (grid[i+1]-grid[i])*(x-float64(i))
	}
}

func paretoShare(z float64) float64 {
	return 1 - math.Pow(max(1, 1.5+z*math.Sqrt(0.75)), -3)
}

// Delays against their distributions by Kolmogorov and Smirnov. Correlated
// ones are thinned until they are independent; that their distribution is
// unchanged is the point of the copula.
func TestSoakDelays(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	n := long.Of(200_000, 4_000_000)
	const delay, jitter = 200 * ms, 20 * ms
	netem, quantiles := mustNetemTable(t), mustTable(t)
	linear := func(xs, shares []float64) func(z float64) float64 {
		return func(z float64) float64 {
			i, _ := slices.BinarySearch(xs, z)
			if i == 0 || i == len(xs) {
				return float64(min(i, 1))
			}
			return shares[i-1] + (shares[i]-shares[i-1])*(z-xs[i-1])/(xs[i]-xs[i-1])
		}
	}
	uniform := func(z float64) float64 { return (z + 1) / 2 }
	normal := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
	mixture := mixtureShare()
	// -8192 -4096 -4096 0 0 100 4096 16384 at shares i/7; equal ones are jumps.
	steps := linear([]float64{-1, -0.5, -0.5 + 1e-9, 0, 1e-9, 100.0 / 8192, 0.5, 2}, []float64{0, 1. / 7, 2. / 7, 3. / 7, 4. / 7, 5. / 7, 6. / 7, 1})
	wifi := linear([]float64{0.05, 0.1, 0.3, 0.5, 3.3, 7.55}, []float64{0, 0.05, 0.25, 0.5, 0.95, 1}) // in units of 20 ms
	for _, test := range []struct {
		name        string
		shape       Shape
		table       *DelayTable
		correlation float64
		share       func(z float64) float64
		jumps       bool
	}{
		{"uniform", Uniform, nil, 0, uniform, false},
		{"normal", Normal, nil, 0, normal, false},
		{"pareto", Pareto, nil, 0, paretoShare, false},
		{"pareto-normal", ParetoNormal, nil, 0, mixture, false},
		{"table of quantiles", Tabled, quantiles, 0, wifi, false},
		{"table of netem", Tabled, netem, 0, steps, true},
		{"uniform correlated", Uniform, nil, 0.5, uniform, false},
		{"normal correlated", Normal, nil, 0.7, normal, false},
		{"pareto correlated", Pareto, nil, 0.5, paretoShare, false},
		{"table correlated", Tabled, quantiles, 0.5, wifi, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{Delay: delay, Jitter: jitter, Shape: test.shape, Table: test.table, Correlation: test.correlation, Unordered: true}
			thin, count := 1, n
			if test.table == quantiles {
				cfg.Jitter = 0
			}
			if test.correlation > 0 {
				thin, count = 40, n/10
			}
			l := mustNew(t, cfg, 7)
			samples := make([]float64, count)
			sum, squares := 0.0, 0.0
			for i := range count * thin {
				z := float64(l.Send(epoch, 100).Delay-delay) / float64(jitter)
				if i%thin == 0 {
					samples[i/thin] = z
					sum += z
					squares += z * z
				}
			}
			m := sum / float64(count)
			if test.jumps { // at which the share is anything between
				samples = slices.DeleteFunc(samples, func(z float64) bool { return z == -0.5 || z == 0 })
				if share := float64(len(samples)) / float64(count); math.Abs(share-5./7) > 0.01 {
					t.Errorf("%.4f are not at the jumps, want 5/7", share)
				}
				test.share = linear([]float64{-1, -0.5, 0, 100. / 8192, 0.5, 2}, []float64{0, .2, .4, .6, .8, 1})
			}
			d := kolmogorov(samples, test.share)
			p := kolmogorovP(d)
			t.Logf("%d delays: mean %+.4f, standard deviation %.4f jitters, KS·√n = %.3f, p = %.4f, from %.2f to %.2f",
				count, m, math.Sqrt(squares/float64(count)-m*m), d, p, samples[0], samples[len(samples)-1])
			if p < leastP {
				t.Errorf("KS: p = %g, want at least %g", p, leastP)
			}
		})
	}
}

// The correlation of neighbours, and how it fades.
func TestSoakJitterCorrelation(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	n := long.Of(300_000, 10_000_000)
	for _, test := range []struct {
		shape       Shape
		correlation float64
		want        func(rho float64) float64 // of delays whose normal numbers have correlation rho
	}{
		{Normal, 0.3, func(rho float64) float64 { return rho }},
		{Normal, 0.9, func(rho float64) float64 { return rho }},
		{Uniform, 0.5, func(rho float64) float64 { return 6 / math.Pi * math.Asin(rho/2) }}, // Spearman's of a normal pair
	} {
		l := mustNew(t, Config{Delay: 200 * ms, Jitter: 20 * ms, Shape: test.shape, Correlation: test.correlation, Unordered: true}, 3)
		delays := make([]float64, n)
		for i := range delays {
			delays[i] = float64(l.Send(epoch, 100).Delay-200*ms) / float64(20*ms)
		}
		for lag := 1; lag <= 3; lag++ {
			var product, square float64
			for i, z := range delays {
				square += z * z
				if i >= lag {
					product += z * delays[i-lag]
				}
			}
			got, want := product/square, test.want(math.Pow(test.correlation, float64(lag)))
			t.Logf("%v, correlation %g, lag %d: %.4f, want %.4f", test.shape, test.correlation, lag, got, want)
			if math.Abs(got-want) > 12/math.Sqrt(float64(n)) {
				t.Errorf("%v, correlation %g, lag %d: %.4f, want %.4f", test.shape, test.correlation, lag, got, want)
			}
		}
	}
}

// Rates are exact within 0.1 %, of a trace as well and after a change.
func TestSoakRates(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	length := time.Duration(long.Of(60, 3600)) * time.Second
	trace := mustTrace(t, "1\n1\n2\n7\n9\n15\n15\n15\n16\n40\n")
	for _, test := range []struct {
		name string
		cfg  Config
		want float64
	}{
		{"rate", Config{Rate: 2_345_678}, 2_345_678},
		{"trace", Config{Trace: trace}, 3_000_000},
		{"codel", Config{Rate: 1_000_000, AQM: ActiveQueue{Algorithm: CoDel}}, 1_000_000},
		{"pie", Config{Rate: 1_000_000, AQM: ActiveQueue{Algorithm: PIE}}, 1_000_000},
		{"packets", Config{Rate: 1_000_000, QueuePackets: 5}, 1_000_000},
	} {
		// Before and after a change to it from another rate.
		p := mustPipe(t, Config{Rate: 777_777}, PipeLimits{})
		datagram, carried := make([]byte, 1000), 0
		half := length / 20
		for now := time.Duration(0); now < length; now += 2 * ms { // 4 Mbit/s
			if now >= half && p.Config() != test.cfg {
				if err := p.SetConfig(test.cfg); err != nil {
					t.Fatal(err)
				}
			}
			p.Push(epoch.Add(now), datagram)
			for got, ok := p.Pop(epoch.Add(now)); ok; got, ok = p.Pop(epoch.Add(now)) {
				if now > half+time.Second { // what waited at the old rate is through
					carried += len(got)
				}
			}
		}
		got := float64(carried) * 8 / (length - half - time.Second).Seconds()
		t.Logf("%s: %.1f bit/s, want %.1f", test.name, got, test.want)
		slack := 0.001 + 3*8000/(test.want*length.Seconds()) // and the datagrams at either end
		if math.Abs(got/test.want-1) > slack {
			t.Errorf("%s: %.1f bit/s, want %.1f", test.name, got, test.want)
		}
	}
}
