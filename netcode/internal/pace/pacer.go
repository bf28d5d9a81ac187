package pace

import "time"

// quantum is what leaves at once where the rate is high: as in Linux's TSO
// autosizing and BBR (draft-ietf-ccwg-bbr, section 4.6.3), a millisecond's
// worth, but no more than one GSO call takes.
const (
	quantum      = time.Millisecond
	quantumBytes = 64 << 10
)

// maxDebt bounds how far state traffic can push bulk data back.
const maxDebt = 100 * time.Millisecond

// A pacer spreads bulk data over time. It is a token bucket that holds time:
// free is when all that left would have left at the pacing rate.
type pacer struct {
	free time.Duration
	gate time.Duration // bulk data may leave from here on
}

// spend takes bytes at rate out of a bucket that holds burst bytes. Only bulk
// data move the gate: state that leaves faster than the rate makes them wait
// for maxDebt, not for ever.
func (p *pacer) spend(t time.Duration, bytes, rate, burst int64, bulk bool) {
	p.free = max(p.free, t-lasting(burst, rate))
	cost := lasting(bytes, rate)
	p.free = min(p.free+cost, t+maxDebt)
	switch {
	case !bulk:
		return
	case p.free <= t:
		p.gate = 0
		return
	}
	// Wait until there is credit for more than one packet.
	credit := min(quantum, lasting(quantumBytes, rate))
	p.gate = p.free + max(0, credit-cost)
}

// lasting returns how long bytes take at rate.
func lasting(bytes, rate int64) time.Duration {
	return time.Duration(bytes * int64(time.Second) / max(1, rate))
}

// burst is how much may leave at once. On a quiet connection it is what RFC
// 9002, section 7.7, allows, the initial window, so that pacing never delays
// a few messages; else two packets or what leaves in two milliseconds.
func (c *Controller) burst() int64 {
	if !c.limited {
		return initialWindow
	}
	return max(2*packetBytes, c.pacingRate()/500)
}

// pacingRate is the window over the time that a packet stays in flight, and a
// quarter more (RFC 9002, section 7.7), so that the window decides how much
// and the pacer only when. In startup it is twice as much, as in Linux: a
// window that doubles needs it.
func (c *Controller) pacingRate() int64 {
	stay := c.delay.stay
	if stay == 0 {
		stay = initialStay
	}
	gain := int64(106)
	if c.mode == startup {
		gain = 105 + c.growth()
	}
	rate := max(c.window, minWindow) * gain / 100 * int64(time.Second) / int64(max(stay, minStay))
	if known := c.sampler.rate(); c.mode == steady && known > 0 {
		// After a drain the time in flight is short, and the window not used.
		rate = min(rate, known*(131+c.velocity)/128)
	}
	return min(rate, maxRate)
}

// initialStay is the round trip assumed before the first sample.
const initialStay = 100 * time.Millisecond

// PacingRate returns the rate at which bulk data leave, in bytes per second.
func (c *Controller) PacingRate() int { return int(c.pacingRate()) }

// A Flight is what is on its way.
type Flight struct {
	Bytes int // of all datagrams that elicit acknowledgements
	Bulk  int // of bulk data in them
}

// open reports whether the window has room for bulk data. State that fills
// it, and more, leaves them an eighth.
func (c *Controller) open(f Flight) bool {
	window := c.Window()
	return f.Bytes < window || f.Bulk < max(minWindow, window/8)
}

// may reports whether bulk data may leave.
func (c *Controller) may(t time.Duration, f Flight) bool {
	return c.open(f) && t >= c.pacer.gate
}

// May reports whether bulk data may leave at now.
func (c *Controller) May(now time.Time, f Flight) bool { return c.may(c.since(now), f) }

// Next returns when the pacer lets bulk data leave. ok is false if the window
// must open first, which an acknowledgement does.
func (c *Controller) Next(f Flight) (at time.Time, ok bool) {
	if !c.open(f) {
		return time.Time{}, false
	}
	return c.epoch.Add(c.pacer.gate), true
}

// Budget returns how many bytes the packets of the next interval may have
// without building a queue, with flight bytes in flight.
func (c *Controller) Budget(interval time.Duration, flight int) int {
	stay := max(c.delay.stay, minStay)
	if c.delay.stay == 0 {
		stay = initialStay
	}
	interval = min(max(interval, 0), time.Second)
	// What arrives meanwhile makes room; what is beyond the window must go
	// first.
	share := min(int64(c.Window())*int64(interval)/int64(stay), maxRate)
	room := int64(c.Window()-flight) + share
	return int(max(0, min(share, room)))
}
