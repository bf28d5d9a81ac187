package netcode

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/pace"
)

// Congestion avoidance (internal/pace) holds back what can wait, reliable
// content, and never what cannot, state: the game asks for a Budget instead.

// Budget returns how many bytes the packets of the next interval may have
// without building a queue on the path: UDP payload, what the protocol adds
// included (about 25 bytes a packet). A game asks once a tick, with the time
// until the next one, and sends state for at most as many bytes:
//
//	budget := conn.Budget(tick) - 30
//	snapshot := encode(world, min(budget, 1100))
//	conn.Send(now, chState, snapshot)
//
// Reliable content takes what state leaves over. The answer is zero while
// more is in flight than the path holds; a game that must send something then
// sends as little as it can. On a connection that never used its budget, the
// answer is a guess that grows as it is used, from ten full packets a round
// trip (RFC 9002, section 7.2).
//
// interval counts from 0 to 1 second. Before the connection is open the
// answer is zero.
func (c *Conn) Budget(interval time.Duration) int {
	if c.state != StateOpen {
		return 0
	}
	return c.control.Budget(interval, c.out.Flight)
}

// flight is what congestion avoidance must know of what is on its way.
func (c *Conn) flight() pace.Flight {
	return pace.Flight{Bytes: c.out.Flight, Bulk: c.out.InFlightBytes}
}

// paceStats fills in what congestion avoidance knows.
func (c *Conn) paceStats(s *ConnStats) {
	if least := c.control.MinRTT(); least > 0 {
		s.MinRTT = least
	}
	s.QueueDelay, s.Bandwidth = c.control.Queue(), c.control.Bandwidth()
	s.InFlight, s.SendWindow, s.PacingRate = c.out.Flight, c.control.Window(), c.control.PacingRate()
	s.AppLimited, s.Competing = !c.control.Limited(), c.control.Competing()
}

// settlePace ends the processing of an acknowledgement. samples is how many
// round trips had been measured before it, late how many acknowledgements of
// packets that had been given up.
func (c *Conn) settlePace(now time.Time, samples int, late uint64) {
	c.control.Spurious(c.out.LateAcks - late)
	var sample time.Duration
	if c.out.RTT.Samples != samples {
		sample = c.out.RTT.Latest
	}
	c.control.Settle(now, sample)
}

// bulkDeadline returns when the pacer lets content leave that waits; zero if
// none waits, or if an acknowledgement must open the window first.
func (c *Conn) bulkDeadline() time.Time {
	at, ok := c.control.Next(c.flight())
	switch {
	case !ok || !c.bulkWaiting():
		return time.Time{}
	case at.Before(c.lastReceived):
		return c.lastReceived // now; never the zero time, which is never
	}
	return at
}
