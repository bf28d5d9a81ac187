package link

import (
	"fmt"
	"math"
)

// FourState is netem's "loss state p13 p31 p32 p23 p14": a Markov chain of
// four states that loses in bursts, and single datagrams between them
// (Salsano, Ludovici, Ordine, Giannuzzi: Definition of a General and
// Intuitive Loss Model for Packet Networks and its Implementation in the
// Netem Module in the Linux Kernel, TR v3.1, 2012).
//
//	          P14         P13         P32
//	4 lost ←─────→ 1 gap ────→ 3 lost ───→ 2 received
//	           1         ←────        ←───   in a burst
//	                      P31         P23
//
// As in the kernel (net/sched/sch_netem.c, loss_4state) the chain moves by
// one draw with every datagram sent, and the datagram is lost or not in the
// state the chain has moved to. It begins in state 1.
//
// The zero value loses nothing.
type FourState struct {
	// P13 is the probability of moving from the gap into a burst of losses.
	// From 0 to 1.
	P13 float64

	// P31 is the probability of moving from a loss in a burst back to the
	// gap. From 0 to 1, above 0 where P13 is.
	P31 float64

	// P32 is the probability of moving from a loss in a burst to a datagram
	// received within the burst. From 0 to 1 - P31.
	P32 float64

	// P23 is the probability of moving from a datagram received within a
	// burst back to losses. From 0 to 1, above 0 where P32 is.
	P23 float64

	// P14 is the probability of a single loss in the gap; the chain returns
	// from it at once. From 0 to 1 - P13.
	P14 float64
}

func (f FourState) validate() error {
	if err := firstError(
		checkProbability("Markov.P13", f.P13), checkProbability("Markov.P31", f.P31),
		checkProbability("Markov.P32", f.P32), checkProbability("Markov.P23", f.P23),
		checkProbability("Markov.P14", f.P14),
	); err != nil {
		return err
	}
	switch {
	case f.P13 > 0 && f.P31 == 0:
		return &FieldError{"Markov.P31", "0", "more than 0 where Markov.P13 is set: no burst would end"}
	case f.P32 > 0 && f.P23 == 0:
		return &FieldError{"Markov.P23", "0", "more than 0 where Markov.P32 is set: nothing would leave state 2"}
	case f.P31+f.P32 > 1:
		return &FieldError{"Markov.P32", fmt.Sprint(f.P32), fmt.Sprintf("0 to 1 - Markov.P31, which leaves %g", 1-f.P31)}
	case f.P13+f.P14 > 1:
		return &FieldError{"Markov.P14", fmt.Sprint(f.P14), fmt.Sprintf("0 to 1 - Markov.P13, which leaves %g", 1-f.P13)}
	}
	return nil
}

// MeanLoss returns the share of datagrams lost in the long run, that of states
// 3 and 4 in the stationary distribution:
//
//	(P13·P23 + P14·P23·P31) / (P13·P23 + P23·P31 + P14·P23·P31 + P13·P32)
func (f FourState) MeanLoss() float64 {
	gap, received, burst, single := f.stationary()
	return (burst + single) / (gap + received + burst + single)
}

// MeanBurst returns the mean number of consecutive datagrams lost, or 0 where
// nothing is lost. Single losses count as bursts of one.
func (f FourState) MeanBurst() float64 {
	gap, received, burst, single := f.stationary()
	if burst+single == 0 {
		return 0
	}
	return (burst + single) / (gap*(f.P13+f.P14) + received*f.P23)
}

// BurstShare returns the share of bursts of losses that are exactly length
// datagrams long: a share s of them are single losses of state 4, the others
// end with probability P31 + P32 after each loss.
//
//	P(1) = s + (1-s)·q    P(n) = (1-s)·q·(1-q)^(n-1)    with q = P31 + P32
func (f FourState) BurstShare(length int) float64 {
	gap, received, _, _ := f.stationary()
	begins := gap*(f.P13+f.P14) + received*f.P23
	if length < 1 || begins == 0 {
		return 0
	}
	single := gap * f.P14 / begins
	end := f.P31 + f.P32
	share := (1 - single) * end * math.Pow(1-end, float64(length-1))
	if length == 1 {
		share += single
	}
	return share
}

// stationary returns how often the chain is in states 1 to 4 in the long run,
// for each time it is in state 1.
func (f FourState) stationary() (gap, received, burst, single float64) {
	if f.P13 > 0 {
		burst = f.P13 / f.P31
	}
	if f.P32 > 0 {
		received = burst * f.P32 / f.P23
	}
	return 1, received, burst, f.P14
}

// The states of a fourState chain, numbered as in netem.
const (
	stateGap      = iota // 1: received in a gap; the zero value begins here
	stateReceived        // 2: received within a burst
	stateBurst           // 3: lost in a burst
	stateSingle          // 4: lost in the gap
)

// fourState runs the chain of a FourState.
type fourState struct {
	on bool

	// From each state the draw decides: below first the chain moves to the
	// first of two neighbours, else below second to the other.
	single, singleOrBurst   chance // from the gap: P14, P14 + P13
	toReceived, burstBroken chance // from a burst: P32, P32 + P31
	back                    chance // from received: P23
	state                   uint8
}

// set changes the model; the state stays.
func (f *fourState) set(c FourState) {
	f.on = c != FourState{}
	f.single, f.toReceived, f.back = chanceOf(c.P14), chanceOf(c.P32), chanceOf(c.P23)
	f.singleOrBurst, f.burstBroken = f.single+chanceOf(c.P13), f.toReceived+chanceOf(c.P31)
	if !f.on {
		f.state = stateGap
	}
}

// loses moves the chain, then decides about datagram index.
func (f *fourState) loses(random *randomness, index uint64) bool {
	if !f.on {
		return false
	}
	drawn := chance(random.draw(decideMarkov, index) >> 11)
	switch f.state {
	case stateGap:
		if drawn < f.single {
			f.state = stateSingle
		} else if drawn < f.singleOrBurst {
			f.state = stateBurst
		}
	case stateReceived:
		if drawn < f.back {
			f.state = stateBurst
		}
	case stateBurst:
		if drawn < f.toReceived {
			f.state = stateReceived
		} else if drawn < f.burstBroken {
			f.state = stateGap
		}
	case stateSingle:
		f.state = stateGap
	}
	return f.state >= stateBurst
}
