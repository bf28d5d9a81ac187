package link

import "fmt"

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
