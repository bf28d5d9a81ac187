package link

import "fmt"

// GilbertElliott is a two-state Markov chain that loses datagrams in bursts
// (Gilbert 1960, Elliott 1963; Hasslinger, Hohlfeld: The Gilbert-Elliott
// Model for Packet Loss in Real Time Services, MMB 2008).
//
//	        P
//	 ┌────────────→┐
//	good          bad
//	 └←────────────┘
//	        R
//
// The fields are those of netem's "loss gemodel p r 1-h 1-k", and as in the
// kernel (net/sched/sch_netem.c, loss_gilb_ell) a datagram is lost or not in
// the state the chain is in when it is sent, and then the chain moves, by
// another draw; it begins in the good state. The chain moves with every
// datagram sent, also with those a full queue drops.
//
// The zero value loses nothing.
type GilbertElliott struct {
	// P is the probability of moving from good to bad. From 0 to 1; zero
	// switches the model off.
	P float64

	// R is the probability of moving from bad to good: 1/R is the mean
	// length of a bad period in datagrams. Above 0 and at most 1 where P is
	// not zero.
	R float64

	// BadLoss is the probability of loss in the bad state (1-h). Zero means
	// 1: everything is lost. From 0 to 1.
	BadLoss float64

	// GoodLoss is the probability of loss in the good state (1-k). From 0
	// to 1.
	GoodLoss float64
}

// Bursts returns the model that loses the share loss of all datagrams in
// bursts of on average length datagrams (the simple Gilbert model: all is
// lost in the bad state, nothing in the good one).
//
//	R = 1/length    P = R·loss / (1-loss)
//
// Length is at least 1. Loss is from 0 to length/(length+1): between two
// bursts at least one datagram arrives.
func Bursts(loss, length float64) (GilbertElliott, error) {
	if !(length >= 1 && length <= 1e9) {
		return GilbertElliott{}, &FieldError{"burst length", fmt.Sprint(length), "1 to 1e+09 datagrams"}
	}
	limit := length / (length + 1)
	if !(loss >= 0 && loss <= limit) {
		return GilbertElliott{}, &FieldError{
			"loss", fmt.Sprint(loss),
			fmt.Sprintf("0 to %.4g for bursts of %g", limit, length),
		}
	}
	r := 1 / length
	return GilbertElliott{P: min(1, r*loss/(1-loss)), R: r, BadLoss: 1}, nil
}

// MeanLoss returns the share of datagrams lost in the long run:
//
//	π·BadLoss + (1-π)·GoodLoss    with π = P/(P+R)
func (g GilbertElliott) MeanLoss() float64 {
	if g.P == 0 {
		return 0
	}
	bad := g.P / (g.P + g.R)
	return float64(bad*g.badLoss()) + float64((1-bad)*g.GoodLoss)
}

// MeanBurst returns the mean number of consecutive datagrams lost: the share
// of datagrams lost over the share of those that are lost after one that was
// not. It is 1/R where all is lost in the bad state and nothing in the good
// one, and 0 where nothing is lost.
func (g GilbertElliott) MeanBurst() float64 {
	loss := g.MeanLoss()
	if loss == 0 {
		return 0
	}
	bad := g.P / (g.P + g.R)
	lossAfterGood := float64((1-g.P)*g.GoodLoss) + float64(g.P*g.badLoss())
	lossAfterBad := float64(g.R*g.GoodLoss) + float64((1-g.R)*g.badLoss())
	begins := float64((1-bad)*(1-g.GoodLoss)*lossAfterGood) + float64(bad*(1-g.badLoss())*lossAfterBad)
	return loss / begins
}

func (g GilbertElliott) badLoss() float64 {
	if g.BadLoss == 0 {
		return 1
	}
	return g.BadLoss
}

func (g GilbertElliott) validate() error {
	for _, err := range []error{
		checkProbability("Burst.P", g.P),
		checkProbability("Burst.R", g.R),
		checkProbability("Burst.BadLoss", g.BadLoss),
		checkProbability("Burst.GoodLoss", g.GoodLoss),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case g.P > 0 && g.R == 0:
		return &FieldError{"Burst.R", "0", "more than 0 where Burst.P is set: nothing would leave the bad state"}
	case g.P == 0 && g.GoodLoss > 0:
		return &FieldError{"Burst.GoodLoss", fmt.Sprint(g.GoodLoss), "0 where Burst.P is 0: use Loss"}
	}
	return nil
}

// burstLoss runs the chain of a GilbertElliott.
type burstLoss struct {
	toBad, toGood     chance
	badLoss, goodLoss chance
	bad               bool
}

// set changes the model; the state stays.
func (b *burstLoss) set(g GilbertElliott) {
	b.toBad, b.toGood = chanceOf(g.P), chanceOf(g.R)
	b.badLoss, b.goodLoss = chanceOf(g.badLoss()), chanceOf(g.GoodLoss)
	if g.P == 0 {
		b.bad = false
	}
}

// loses decides about datagram index, then moves the chain.
func (b *burstLoss) loses(random *randomness, index uint64) bool {
	if b.toBad == 0 {
		return false
	}
	loss, move := b.goodLoss, b.toBad
	if b.bad {
		loss, move = b.badLoss, b.toGood
	}
	lost := random.happens(loss, decideBurstLoss, index)
	if random.happens(move, decideBurstMove, index) {
		b.bad = !b.bad
	}
	return lost
}

// BurstShare returns the share of bursts of losses that are exactly length
// datagrams long. Where all is lost in the bad state and nothing in the good
// one they are geometric: R·(1-R)^(length-1).
func (g GilbertElliott) BurstShare(length int) float64 {
	if length < 1 || g.MeanLoss() == 0 {
		return 0
	}
	bad := g.P / (g.P + g.R)
	// How likely the chain is in either state at the first loss of a burst,
	// after a datagram that arrived, and at each further one.
	inGood := (float64((1-bad)*(1-g.GoodLoss)*(1-g.P)) + float64(bad*(1-g.badLoss())*g.R)) * g.GoodLoss
	inBad := (float64((1-bad)*(1-g.GoodLoss)*g.P) + float64(bad*(1-g.badLoss())*(1-g.R))) * g.badLoss()
	begins := float64(inGood) + float64(inBad)
	for range length - 1 {
		inGood, inBad = g.next(inGood, inBad)
	}
	goodNext, badNext := g.next(inGood, inBad)
	return (float64(inGood) + float64(inBad) - (goodNext + badNext)) / begins
}

// next returns how likely another loss in either state follows one. The
// conversions make it the same on every processor (internal/layers).
func (g GilbertElliott) next(inGood, inBad float64) (good, bad float64) {
	good = float64((float64(inGood*(1-g.P)) + float64(inBad*g.R)) * g.GoodLoss)
	bad = float64((float64(inGood*g.P) + float64(inBad*(1-g.R))) * g.badLoss())
	return good, bad
}
