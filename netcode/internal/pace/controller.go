// Package pace decides how much may be on its way, and when the next packet
// may leave: congestion avoidance for a connection that carries state beside
// everything else.
//
// docs/adr/0005 explains the algorithm, and where its constants come from.
package pace

import "time"

// Sizes of the window, in bytes of UDP payload.
const (
	packetBytes   = 1200             // a full packet
	initialWindow = 10 * packetBytes // RFC 9002, section 7.2; RFC 6928
	minWindow     = 2 * packetBytes  // RFC 9002, section 7.2
	maxWindow     = 4 << 20          // more than the 4,096 packets that ack.Sender remembers, when they are as small as on average
)

// mode is what the controller is about.
//
//	         queue, or no more to gain              queue stays
//	startup ───────────────────────────→ steady ───────────────┐
//	                                     │ ↑ ↑                  ↓
//	                        base is old  │ │ └──── empty ──── drain
//	                                     └─┼────────────────→   │ ↑
//	                                       │ queue empty   full ↓ │ now and then
//	                                       └──────────────── compete
type mode uint8

const (
	startup mode = iota // the window multiplies each round trip
	steady              // it follows the queue's delay
	drain               // less than the path holds, to see it empty
	compete             // somebody else fills the queue: it follows loss
)

// A Controller is the congestion controller of one connection. It is told
// what is sent, acknowledged and lost, and says how many bytes may be in
// flight and when the next packet of bulk data may leave. Bytes are those of
// datagrams; all that elicit acknowledgements count.
//
// The zero value is ready to use; it stands for a path of which nothing is
// known. It is not safe for concurrent use.
type Controller struct {
	epoch time.Time // times below count from here
	mode  mode

	limited    bool   // the network decides how much leaves, not the application
	acks, busy uint16 // acknowledgements in this round, and those while limited
	skip       uint8  // rounds to wait for the effect of what was done
	drained    uint8  // rounds of drain
	marked     bool   // a router marked packets of this round (RFC 3168)
	contested  bool   // drain began because the queue stays
	flatRounds uint8  // rounds of startup without growth

	window   int64 // bytes that may be in flight
	resume   int64 // window to go back to after drain
	full     int64 // window at which a queue was last seen; 0 = never
	grown    int64 // last step of growth in steady
	velocity int64 // growth in steady, doubling while nothing stands in the way

	sampler sampler
	delay   delay
	losses  losses
	pacer   pacer
	cubic   cubic

	roundStart time.Duration
	tested     time.Duration // when drain last ended
	probed     time.Duration // when the path was last seen empty on purpose
	rival      time.Duration // when a contest last ended without a test; 0 = none did
	recovery   time.Duration // losses of packets sent before are answered
	flatRate   int64         // greatest rate when startup last saw it grow
}

// since returns now as the controller counts it.
func (c *Controller) since(now time.Time) time.Duration {
	if c.window == 0 {
		// Time begins an hour ago, so that the pacer's bucket is full.
		c.epoch, c.window, c.velocity = now.Add(-time.Hour), initialWindow, 1
	}
	return max(0, now.Sub(c.epoch))
}

// Window returns how many bytes may be in flight.
func (c *Controller) Window() int {
	if c.window == 0 {
		return initialWindow
	}
	return int(c.window)
}

// Bandwidth returns the greatest rate at which data arrived in the last
// seconds, in bytes per second; zero before the first sample. While the
// application does not use what there is, the path may carry more.
func (c *Controller) Bandwidth() int { return int(c.sampler.rate()) }

// Queue returns how long packets wait in queues, as the round trip tells: the
// least of the last four less the least of the last seconds.
func (c *Controller) Queue() time.Duration { return c.delay.queue() }

// MinRTT returns the least round-trip time of the last 5 to 10 s; zero before
// the first sample.
func (c *Controller) MinRTT() time.Duration { return c.delay.lowest() }

// Limited reports whether the network decides how much leaves.
func (c *Controller) Limited() bool { return c.limited }

// Competing reports whether somebody else keeps the queue full.
func (c *Controller) Competing() bool { return c.mode == compete || c.mode == drain && c.contested }

// Sent records that a datagram that elicits an acknowledgement leaves, with
// or without bulk data, and flight bytes before it. It returns its mark.
func (c *Controller) Sent(now time.Time, bytes, flight int, bulk bool) Mark {
	t := c.since(now)
	c.pacer.spend(t, int64(bytes), c.pacingRate(), c.burst(), bulk)
	return c.sampler.sent(t, flight, !c.limited)
}

// Begin starts the processing of an acknowledgement. f is what was in
// flight before it, waiting whether bulk data wait to be sent.
func (c *Controller) Begin(now time.Time, f Flight, waiting bool) {
	t := c.since(now)
	// Without bulk data the game decides; what it sends proves something of
	// the window only if it uses most of it.
	c.limited = waiting && !c.may(t, f) || 4*int64(f.Bytes) >= 3*c.window
	if c.acks++; c.limited {
		c.busy++
	}
}

// Acked records that a datagram sent at sentAt arrived.
func (c *Controller) Acked(now, sentAt time.Time, bytes int, m Mark) {
	t, sent := c.since(now), c.since(sentAt)
	c.sampler.acked(t, sent, bytes, m)
	c.losses.acked++
	if c.mode == startup && c.limited {
		c.setWindow(c.window + int64(bytes)*c.growth()/100)
	}
}

// Lost records that a datagram sent at sentAt is given up.
func (c *Controller) Lost(now, sentAt time.Time) {
	t, sent := c.since(now), c.since(sentAt)
	c.losses.lost++
	if c.mode != compete || sent < c.recovery || c.losses.floor > lossUnit/20 {
		return
	}
	// What is lost while the queue is short is not lost for want of room.
	if c.delay.queue() < c.delay.longest/2 {
		return
	}
	c.recovery = t
	origin := c.window
	c.setWindow(c.window * cubicBeta / 10)
	c.cubic.begin(t, c.window, origin)
	if t-c.tested > testAfterLoss {
		c.startDrain(t, true)
	}
}

// Marked records that the peer received packets that a router had marked
// instead of dropping them (RFC 3168).
func (c *Controller) Marked() { c.marked = true }

// Spurious takes back the loss of n packets that came late.
func (c *Controller) Spurious(n uint64) { c.losses.spurious(n) }

// Settle ends the processing of an acknowledgement. sample is the round-trip
// time it measured, without the peer's delay; zero if none.
func (c *Controller) Settle(now time.Time, sample time.Duration) {
	t := c.since(now)
	newest, any := c.sampler.settle(t, c.delay.base(), &c.delay.stay)
	if sample > 0 && any {
		c.delay.observe(sample, newest >= c.roundStart, c.Competing())
		if c.mode == startup && c.standing(min(sample, maxStay)) && c.limited {
			c.leaveStartup(t)
			return
		}
	}
	if !any || newest < c.roundStart {
		return
	}
	// A round is over when a packet sent in it has been acknowledged, and
	// enough of them that jitter does not pass for a queue.
	if c.mode != startup && c.delay.samples < c.enough() && t-c.roundStart < 4*c.delay.stay {
		return
	}
	if c.delay.samples > 0 {
		c.endRound(t)
		c.beginRound(t)
	}
}

func (c *Controller) beginRound(t time.Duration) {
	c.roundStart, c.acks, c.busy, c.marked = t, 0, 0, false
	c.delay.beginRound()
}

func (c *Controller) setWindow(bytes int64) {
	c.window = min(max(bytes, minWindow), maxWindow)
}
