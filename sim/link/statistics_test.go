package link

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// chiSquareLimit is the 99.9 % point of the χ² distribution (Wilson, Hilferty
// 1931). Seeds are fixed, so a passing test stays a passing test.
func chiSquareLimit(freedom int) float64 {
	k := float64(freedom)
	return k * math.Pow(1-2/(9*k)+3.09*math.Sqrt(2/(9*k)), 3)
}

// chiSquareGeometric tests run lengths against the geometric distribution
// that ends a run with probability end after each of its members.
func chiSquareGeometric(t *testing.T, what string, runs []int, end float64) {
	t.Helper()
	n := float64(len(runs))
	var observed []float64
	for _, run := range runs {
		for len(observed) <= run {
			observed = append(observed, 0)
		}
		observed[run]++
	}
	sum, bins, left := 0.0, 0, n
	share := end // of runs of this length
	for length := 1; ; length++ {
		expected := n * share
		if expected < 20 || n*math.Pow(1-end, float64(length)) < 20 { // the tail in one bin
			rest, seen := n*math.Pow(1-end, float64(length-1)), left
			if rest > 5 {
				sum += (seen - rest) * (seen - rest) / rest
				bins++
			}
			break
		}
		seen := 0.0
		if length < len(observed) {
			seen = observed[length]
		}
		sum += (seen - expected) * (seen - expected) / expected
		left -= seen
		bins++
		share *= 1 - end
	}
	limit := chiSquareLimit(bins - 1)
	t.Logf("%s: %d runs, χ² = %.1f with %d degrees of freedom, limit %.1f", what, len(runs), sum, bins-1, limit)
	if bins < 3 || sum > limit {
		t.Errorf("%s are not geometric: χ² = %.1f over %d bins, want at least 3 bins below %.1f", what, sum, bins, limit)
	}
}

// runsOf returns the lengths of runs of losses and of arrivals.
func runsOf(l *Link, n int) (lost int, losses, arrivals []int) {
	run, was := 0, false
	for i := range n {
		is := l.Send(epoch, 100).Cause != Delivered
		if is {
			lost++
		}
		if i > 0 && is != was {
			if was {
				losses = append(losses, run)
			} else {
				arrivals = append(arrivals, run)
			}
			run = 0
		}
		was = is
		run++
	}
	return lost, losses, arrivals
}

func mean(runs []int) float64 {
	sum := 0
	for _, run := range runs {
		sum += run
	}
	return float64(sum) / float64(len(runs))
}

func TestRandomLossIsIndependent(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	const n = 1_000_000
	for seed, loss := range []float64{0.001, 0.03, 0.5, 0.97} {
		lost, losses, arrivals := runsOf(mustNew(t, Config{Loss: loss}, uint64(seed)), n)
		sigma := math.Sqrt(n * loss * (1 - loss))
		if got := float64(lost); math.Abs(got-n*loss) > 3.3*sigma {
			t.Errorf("loss %g: %d of %d lost, off by %.1f σ", loss, lost, n, (got-n*loss)/sigma)
		}
		if loss >= 0.03 { // enough runs of both kinds
			chiSquareGeometric(t, "runs of losses", losses, 1-loss)
			chiSquareGeometric(t, "runs of arrivals", arrivals, loss)
		}
	}
	if lost, _, _ := runsOf(mustNew(t, Config{Loss: 1}, 1), 1000); lost != 1000 {
		t.Errorf("loss 1: %d of 1000 lost", lost)
	}
}

func TestBurstsMatchClosedForms(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	const n = 2_000_000
	for seed, test := range []struct{ loss, length float64 }{
		{0.01, 2}, {0.03, 5}, {0.1, 10}, {0.5, 1.5}, {0.02, 1},
	} {
		g, err := Bursts(test.loss, test.length)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(g.MeanLoss()-test.loss) > 1e-12 || math.Abs(g.MeanBurst()-test.length) > 1e-9 {
			t.Errorf("Bursts(%g, %g) has loss %g and bursts of %g", test.loss, test.length, g.MeanLoss(), g.MeanBurst())
		}
		lost, losses, arrivals := runsOf(mustNew(t, Config{Burst: g}, uint64(seed)), n)
		// The variance of the mean of a two-state chain with correlation
		// c = 1-P-R is that of independent ones times (1+c)/(1-c).
		c := 1 - g.P - g.R
		sigma := math.Sqrt(n * test.loss * (1 - test.loss) * (1 + c) / (1 - c))
		if off := (float64(lost) - n*test.loss) / sigma; math.Abs(off) > 3.3 {
			t.Errorf("loss %g in bursts of %g: %d of %d lost, off by %.1f σ", test.loss, test.length, lost, n, off)
		}
		if test.length > 1 {
			chiSquareGeometric(t, "bursts", losses, g.R)
		} else if slices.Max(losses) != 1 {
			t.Errorf("bursts of 1: the longest is %d", slices.Max(losses))
		}
		chiSquareGeometric(t, "gaps", arrivals, g.P)
		t.Logf("loss %.5f of %g, mean burst %.3f of %g", float64(lost)/n, test.loss, mean(losses), test.length)
	}
}

func TestGilbertElliottMatchesClosedForms(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	const n = 4_000_000
	for seed, g := range []GilbertElliott{
		{P: 0.01, R: 0.1, BadLoss: 0.7, GoodLoss: 0.001},
		{P: 0.2, R: 0.3, BadLoss: 0.9, GoodLoss: 0.1},
		{P: 0.001, R: 0.02},
		{P: 1, R: 1, BadLoss: 0.5, GoodLoss: 0.25},
	} {
		lost, losses, _ := runsOf(mustNew(t, Config{Burst: g}, uint64(seed)), n)
		loss, burst := float64(lost)/n, mean(losses)
		if math.Abs(loss-g.MeanLoss())/g.MeanLoss() > 0.03 || math.Abs(burst-g.MeanBurst())/g.MeanBurst() > 0.03 {
			t.Errorf("%+v: loss %.5f, want %.5f; mean burst %.3f, want %.3f", g, loss, g.MeanLoss(), burst, g.MeanBurst())
		}
		t.Logf("%+v: loss %.5f of %.5f, mean burst %.3f of %.3f", g, loss, g.MeanLoss(), burst, g.MeanBurst())
	}
	if g := (GilbertElliott{}); g.MeanLoss() != 0 || g.MeanBurst() != 0 {
		t.Errorf("zero model: loss %g, burst %g", g.MeanLoss(), g.MeanBurst())
	}
}

func TestBurstsRefuses(t *testing.T) {
	for _, test := range [][2]float64{{0.1, 0.5}, {-0.1, 2}, {0.7, 2}, {1, 1}, {math.NaN(), 2}, {0.1, math.Inf(1)}} {
		if g, err := Bursts(test[0], test[1]); err == nil {
			t.Errorf("Bursts(%g, %g) = %+v, want an error", test[0], test[1], g)
		}
	}
}

// kolmogorov returns the largest distance between the distribution of samples
// and cdf, times √n: above 1.95 in one of a thousand (Kolmogorov, Smirnov).
func kolmogorov(samples []float64, cdf func(float64) float64) float64 {
	slices.Sort(samples)
	n, most := float64(len(samples)), 0.0
	for i, x := range samples {
		f := cdf(x)
		most = max(most, f-float64(i)/n, float64(i+1)/n-f)
	}
	return most * math.Sqrt(n)
}

func TestJitterDistributions(t *testing.T) {
	const n = 200_000
	const delay, jitter = 100 * time.Millisecond, 20 * time.Millisecond
	for _, test := range []struct {
		shape     Shape
		cdf       func(z float64) float64 // z in jitters from the mean
		deviation float64
	}{
		{Uniform, func(z float64) float64 { return (z + 1) / 2 }, 1 / math.Sqrt(3)},
		{Normal, func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }, 1},
	} {
		l := mustNew(t, Config{Delay: delay, Jitter: jitter, Shape: test.shape, Unordered: true}, 11)
		samples := make([]float64, n)
		var sum, squares float64
		for i := range samples {
			z := float64(l.Send(epoch, 100).Delay-delay) / float64(jitter)
			samples[i] = z
			sum += z
			squares += z * z
		}
		d := kolmogorov(samples, test.cdf)
		deviation := math.Sqrt(squares / n)
		t.Logf("%v: mean %.4f, standard deviation %.4f, KS %.2f, extremes %.2f %.2f",
			test.shape, sum/n, deviation, d, samples[0], samples[n-1])
		if d > 1.95 || math.Abs(sum/n) > 0.01 || math.Abs(deviation-test.deviation) > 0.01 {
			t.Errorf("%v: mean %.4f, standard deviation %.4f (want %.4f), KS %.2f (want below 1.95)",
				test.shape, sum/n, deviation, test.deviation, d)
		}
	}
}

// The largest jitter must not overflow, and no delay is negative.
func TestLargestJitter(t *testing.T) {
	for _, shape := range []Shape{Uniform, Normal} {
		l := mustNew(t, Config{Delay: MaxDelay, Jitter: MaxDelay, Shape: shape, Unordered: true}, 5)
		above := 0
		for range 10_000 {
			d := l.Send(epoch, 1).Delay
			if d < 0 || d > 5*MaxDelay {
				t.Fatalf("%v: delay %v", shape, d)
			}
			if d > MaxDelay {
				above++
			}
		}
		if above < 4700 || above > 5300 {
			t.Errorf("%v: %d of 10000 above the mean", shape, above)
		}
	}
}

func TestDuplicates(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		l := mustNew(t, Config{
			Delay: 20 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.1, Duplicate: 0.1, Unordered: unordered,
		}, 9)
		early := 0
		for i := range 100_000 {
			fate := l.Send(epoch.Add(time.Duration(i)*time.Second), 100)
			if fate.Duplicated && fate.CopyDelay < fate.Delay {
				early++
			}
		}
		c := l.Counters()
		want := float64(c.Delivered) * 0.1
		if math.Abs(float64(c.Duplicated)-want) > 3.3*math.Sqrt(want*0.9) {
			t.Errorf("%d copies of %d, want about %.0f", c.Duplicated, c.Delivered, want)
		}
		if unordered != (early > 0) {
			t.Errorf("unordered %t: %d copies before their originals", unordered, early)
		}
	}
}
