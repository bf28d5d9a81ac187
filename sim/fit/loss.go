package fit

import (
	"math"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Loss is how datagrams are lost.
type Loss struct {
	Model     string  `json:"model"` // "none", "random", "gilbert", "gilbert-elliott" or "four-state"
	Share     float64 `json:"share"`
	Low       float64 `json:"low"` // 95 % of such captures have shares from Low
	High      float64 `json:"high"`
	Lost      int     `json:"lost"`
	Of        int     `json:"of"`
	Bursts    int     `json:"bursts"`
	MeanBurst float64 `json:"mean_burst"`
	Longest   int     `json:"longest_burst"`

	// P is that the lengths of bursts are so far from the model's by chance,
	// -1 if there are too few; Freedom are the degrees of it.
	P       float64 `json:"burst_chi2_p"`
	Freedom int     `json:"burst_chi2_freedom"`

	// BIC is the Bayesian information criterion of the models that were
	// tried: the smallest is the best.
	BIC map[string]float64 `json:"bic,omitempty"`

	random float64
	burst  link.GilbertElliott
	markov link.FourState
}

// Limits of fitting losses.
const (
	leastLosses = 50      // for a model with more than two parameters
	mostTrained = 100_000 // datagrams that such a model is fitted to
	betterBIC   = 10      // "very strong" (Kass, Raftery: Bayes Factors, 1995)
	trainRounds = 60
)

// lossOf fits the models and chooses.
func lossOf(lost []bool) Loss {
	l := Loss{Model: "none", Of: len(lost), P: -1}
	lengths := burstsOf(lost)
	for length, n := range lengths {
		l.Lost += length * n
		l.Bursts += n
		if n > 0 {
			l.Longest = length
		}
	}
	if len(lost) > 0 {
		l.Share = float64(l.Lost) / float64(l.Of)
	}
	l.interval(lost)
	if l.Lost == 0 {
		return l
	}
	l.MeanBurst = significant(float64(l.Lost)/float64(l.Bursts), 4)
	l.choose(lost)
	l.test(lengths)
	return l
}

// burstsOf counts the bursts of each length.
func burstsOf(lost []bool) []int {
	lengths, run := []int{0}, 0
	for i := range len(lost) + 1 {
		if i < len(lost) && lost[i] {
			run++
			continue
		}
		if run > 0 {
			for len(lengths) <= run {
				lengths = append(lengths, 0)
			}
			lengths[run]++
		}
		run = 0
	}
	return lengths
}

// interval is Wilson's (1927), for as many independent datagrams as these are
// worth: neighbours that are lost together count as fewer.
func (l *Loss) interval(lost []bool) {
	n, p := float64(l.Of), l.Share
	if n == 0 {
		return
	}
	pairs, both := 0, 0
	for i := 1; i < len(lost); i++ {
		if lost[i-1] {
			pairs++
			if lost[i] {
				both++
			}
		}
	}
	if pairs > 0 && p < 1 {
		again := (float64(both)/float64(pairs) - p) / (1 - p) // autocorrelation of neighbours
		again = min(0.99, max(0, again))
		n *= (1 - again) / (1 + again)
	}
	const z = 1.96
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	l.Low, l.High = significant(max(0, center-half), 3), significant(min(1, center+half), 3)
}

// choose takes the model with the best BIC; one that has more parameters must
// be much better.
func (l *Loss) choose(lost []bool) {
	part := lost[:min(len(lost), mostTrained)]
	l.Model, l.random = "random", l.Share
	l.BIC = map[string]float64{}
	best := l.bic("random", likelihoodOfRandom(part), 1, part)

	g, likelihood := gilbert(part)
	whole, _ := gilbert(lost)
	if bic := l.bic("gilbert", likelihood, 2, part); bic < best-betterBIC && whole.R > 0 {
		l.Model, l.random, l.burst, best = "gilbert", 0, whole, bic
	}
	if l.Lost < leastLosses || g.R == 0 || l.Share > 0.9 {
		return
	}
	elliott, likelihood := trainElliott(part, g)
	if bic := l.bic("gilbert-elliott", likelihood, 4, part); bic < best-betterBIC {
		l.Model, l.random, l.burst, best = "gilbert-elliott", 0, elliott, bic
	}
	markov, likelihood := trainFourState(part, g)
	if bic := l.bic("four-state", likelihood, 5, part); bic < best-betterBIC {
		l.Model, l.random, l.burst, l.markov = "four-state", 0, link.GilbertElliott{}, markov
	}
}

func (l *Loss) bic(model string, likelihood float64, parameters int, lost []bool) float64 {
	bic := float64(parameters)*math.Log(float64(len(lost))) - 2*likelihood
	l.BIC[model] = math.Round(bic*10) / 10
	return bic
}

// entropy is a·log(a/(a+b)) + b·log(b/(a+b)): the logarithm of how likely so
// many of two kinds are when their share is what it is.
func entropy(a, b int) float64 {
	sum := 0.0
	for _, n := range []int{a, b} {
		if n > 0 {
			sum += float64(n) * math.Log(float64(n)/float64(a+b))
		}
	}
	return sum
}

func likelihoodOfRandom(lost []bool) float64 {
	n := 0
	for _, l := range lost {
		if l {
			n++
		}
	}
	return entropy(n, len(lost)-n)
}

// gilbert returns the simple Gilbert model of the greatest likelihood: the
// share of arrivals with a loss behind them, and of losses with an arrival.
func gilbert(lost []bool) (link.GilbertElliott, float64) {
	var moves [2][2]int
	for i := 1; i < len(lost); i++ {
		moves[bit(lost[i-1])][bit(lost[i])]++
	}
	share := func(a, b int) float64 { return float64(a) / float64(max(1, a+b)) }
	g := link.GilbertElliott{P: share(moves[0][1], moves[0][0]), R: share(moves[1][0], moves[1][1]), BadLoss: 1}
	return g, entropy(moves[0][1], moves[0][0]) + entropy(moves[1][0], moves[1][1])
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// trainElliott fits loss in both states, from a bad state that loses half and
// lasts thrice as long as bursts do.
func trainElliott(lost []bool, g link.GilbertElliott) (link.GilbertElliott, float64) {
	p, r := clamp(g.P/2), clamp(g.R/3)
	c := chain{
		move: [][]float64{{1 - p, p}, {r, 1 - r}}, loss: []float64{clamp(g.P / 10), 0.5},
		start: []float64{1 - clamp(p/(p+r)), clamp(p / (p + r))},
	}
	likelihood := c.train(lost, trainRounds)
	bad, good := 1, 0
	if c.loss[0] > c.loss[1] {
		bad, good = 0, 1
	}
	fitted := link.GilbertElliott{
		P: c.move[good][bad], R: max(c.move[bad][good], 1e-9), BadLoss: c.loss[bad], GoodLoss: c.loss[good],
	}
	if fitted.GoodLoss < 1e-5 {
		fitted.GoodLoss = 0
	}
	return fitted, likelihood
}

// trainFourState fits the chain of netem, from bursts that are received in
// part, with as many losses alone as in bursts.
func trainFourState(lost []bool, g link.GilbertElliott) (link.FourState, float64) {
	p13, p14, p31, p32, p23 := clamp(g.P/4), clamp(g.P/2), clamp(g.R/4), clamp(g.R/2), 0.5
	c := chain{
		move: [][]float64{
			{1 - p13 - p14, 0, p13, p14},
			{0, 1 - p23, p23, 0},
			{p31, p32, 1 - p31 - p32, 0},
			{1, 0, 0, 0},
		},
		loss:  []float64{0, 0, 1, 1},
		start: []float64{0.97, 0.01, 0.01, 0.01},
	}
	likelihood := c.train(lost, trainRounds)
	return link.FourState{P13: c.move[0][2], P31: c.move[2][0], P32: c.move[2][1], P23: c.move[1][2], P14: c.move[0][3]}, likelihood
}

func clamp(p float64) float64 { return min(0.9, max(1e-6, p)) }

// test compares the lengths of bursts with the model's by χ²: lengths of which
// fewer than five are expected are one bin (Cochran 1954).
func (l *Loss) test(lengths []int) {
	var parameters int
	var share func(length int) float64
	switch l.Model {
	case "random":
		parameters = 1
		share = func(n int) float64 { return (1 - l.Share) * math.Pow(l.Share, float64(n-1)) }
	case "gilbert":
		parameters, share = 1, l.burst.BurstShare // r alone says how long they are
	case "gilbert-elliott":
		parameters, share = 3, l.burst.BurstShare
	case "four-state":
		parameters, share = 3, l.markov.BurstShare
	}
	n, left, rest, x, bins := float64(l.Bursts), float64(l.Bursts), 1.0, 0.0, 0
	for length := 1; ; length++ {
		s := share(length)
		if n*(rest-s) < 5 || length > 10_000 {
			break
		}
		seen := 0.0
		if length < len(lengths) {
			seen = float64(lengths[length])
		}
		x += (seen - n*s) * (seen - n*s) / (n * s)
		left, rest, bins = left-seen, rest-s, bins+1
	}
	if n*rest >= 1 {
		x += (left - n*rest) * (left - n*rest) / (n * rest)
		bins++
	}
	if l.Freedom = bins - 1 - parameters; l.Freedom < 1 {
		l.Freedom = 0
		return
	}
	l.P = significant(chiSquareP(x, l.Freedom), 3)
}
