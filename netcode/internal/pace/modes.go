package pace

import "time"

// Delays that decide.
const (
	// slack is the queue that the window aims at, besides a packet. Measured:
	// 4 ms, the least rise that HyStart++ takes for a queue (RFC 9406,
	// MIN_RTT_THRESH), fills the path no better and is a millisecond more.
	slack     = 3 * time.Millisecond
	maxTarget = 50 * time.Millisecond

	// maxRise is the most that startup waits for. RFC 9406, MAX_RTT_THRESH,
	// has 16 ms in the least of eight samples; on a long path that is seen
	// 50 ms later.
	maxRise = 8 * time.Millisecond

	// maxStep is the most that a path which seems to have room is offered more
	// in a round: two rounds pass until a queue shows.
	maxStep = 4 * time.Millisecond

	// maxNoise bounds how much of a queue may be taken for jitter; a quarter
	// of the round trip if that is more.
	maxNoise = 30 * time.Millisecond

	// baseWindow is how long the least round-trip time is believed without
	// having been seen again; at most twice that (BBR: 5 s between probes,
	// 10 s for the filter; draft-ietf-ccwg-bbr, section 4.3.4.1).
	baseWindow        = 5 * time.Second
	firstDrain        = time.Second // after startup, to learn soon what jitter looks like
	baseWindowCompete = 30 * time.Second

	// A queue that stays for five round trips is somebody else's (Copa,
	// section 2.2), if we held back.
	patienceRounds = 5
	minPatience    = 300 * time.Millisecond

	// How often to look whether the other flow is gone: it costs a round trip
	// at three quarters of our share.
	testAfterLoss = 5 * time.Second
	testEvery     = 10 * time.Second
)

// used reports whether the window was at work for most of the round: one that
// was not proves nothing (RFC 9002, section 7.8).
func (c *Controller) used() bool { return 4*c.busy >= 3*c.acks }

// target is the standing queue that steady aims at.
func (c *Controller) target() time.Duration {
	if rate := c.sampler.rate(); rate > 0 {
		return min(slack+lasting(packetBytes, rate), maxTarget)
	}
	return slack + maxRise
}

// tolerance is target with what jitter looks like a queue.
func (c *Controller) tolerance() time.Duration {
	return c.target() + min(2*c.delay.noise, max(c.delay.base()/4, maxNoise))
}

// empty is the queue that counts as none when the question is whose it is
// (Copa, section 2.2: a tenth of the range).
func (c *Controller) empty() time.Duration { return c.tolerance() + c.target() + c.delay.longest/10 }

// rateNow is what the window makes of the time in flight, in bytes a second.
func (c *Controller) rateNow() int64 {
	rate := c.window * int64(time.Second) / int64(max(c.delay.stay, minStay))
	if known := c.sampler.rate(); known > 0 {
		rate = min(rate, known)
	}
	return rate
}

// growth is how much startup adds for each byte acknowledged, in percent:
// everything, so that the window doubles, where a round trip's worth of too
// much is a queue of 100 ms at most; less on longer paths, since the queue is
// seen only when it has grown for a round trip.
func (c *Controller) growth() int64 {
	base := max(c.delay.base(), time.Millisecond)
	return int64(min(max(100*maxOvershoot/base, 35), 100))
}

const maxOvershoot = 100 * time.Millisecond

// startupLimit is the queue at which startup ends (RFC 9406, section 4.2).
func (c *Controller) startupLimit() time.Duration {
	return max(min(max(c.delay.base()/8, slack), maxRise), c.target()) + max(c.delay.spread()-3*maxRise, min(2*c.delay.noise, max(c.delay.base()/4, maxNoise)))
}

// holds is how much of the window the path holds without a queue.
func (c *Controller) holds(queue time.Duration) int64 {
	stay := max(c.delay.stay, queue+minStay)
	return c.window * int64(stay-queue) / int64(stay)
}

// leaveStartup takes back what the last round trip added, and the queue.
func (c *Controller) leaveStartup(t time.Duration) {
	c.mode, c.tested = steady, t
	c.setWindow(c.holds(c.delay.queue()) * 100 / (100 + c.growth()))
	c.full = c.window * 5 / 4
	c.losses.forget() // what overflowed is answered
	c.skip, c.velocity = 1, 1
	c.delay.turned = t - baseWindow + max(firstDrain, 8*c.delay.base())
	c.beginRound(t)
}

// endRound decides about the next round.
func (c *Controller) endRound(t time.Duration) {
	loss, excess, measured := c.losses.rate()
	queue := c.delay.roundQueue()
	switch c.mode {
	case startup:
		if c.marked {
			c.leaveStartup(t)
			return
		}
		c.endStartupRound(t, measured && excess && loss > lossUnit/10)
	case steady:
		c.endSteadyRound(t, queue, measured && excess || c.marked)
	case drain:
		c.endDrainRound(t, queue)
	case compete:
		c.endCompeteRound(t, queue)
	}
}

// endStartupRound ends startup when the rate has not grown by a quarter in
// three rounds, or in one that lost much (draft-ietf-ccwg-bbr, section 4.3.1).
func (c *Controller) endStartupRound(t time.Duration, lossy bool) {
	c.delay.quiet(c.delay.queue())
	rate := c.sampler.rate()
	if !c.used() {
		return
	}
	if 4*rate >= 5*c.flatRate {
		c.flatRate, c.flatRounds = rate, 0
		return
	}
	if c.flatRounds++; c.flatRounds >= 3 || lossy {
		c.leaveStartup(t)
		c.setWindow(min(c.window, rate*int64(c.delay.stay)/int64(time.Second)*9/8))
	}
}

// endSteadyRound moves the window towards a queue of the target.
func (c *Controller) endSteadyRound(t, queue time.Duration, excess bool) {
	if queue <= c.empty() {
		c.tested = t
	}
	patience := max(minPatience, patienceRounds*(c.delay.base()+queue))
	switch {
	case t-c.tested > patience:
		c.startDrain(t, true)
		return
	case t-c.delay.turned > max(baseWindow, 16*c.delay.stay):
		if c.used() {
			c.startDrain(t, false)
			return
		}
		c.delay.turn(t)
	}
	if c.skip > 0 {
		c.skip--
		return
	}
	goal := c.tolerance()
	switch {
	case excess:
		c.full = min(c.window, max(c.full, c.window*7/8))
		c.setWindow(c.window * markBeta / 100)
		c.velocity, c.skip = 1, 1
	case queue > 2*goal:
		if c.resume == 0 {
			c.resume = c.window // if the queue turns out to be another's
		}
		c.setWindow(max(c.holds(queue-goal/2), c.window*7/10))
		c.velocity, c.skip = 1, 1
		return
	case queue >= goal-c.target()/2:
		c.full, c.velocity = c.window, 1
		c.setWindow(c.window + c.rateNow()*int64(goal-queue)/int64(time.Second)/2)
	case c.used():
		c.grow(goal - queue)
	}
	c.resume = 0
}

// grow opens the window of a path that is not full by less than missing.
func (c *Controller) grow(missing time.Duration) {
	if c.window < c.full*15/16 {
		c.setWindow(c.window + (c.full-c.window)/2)
		return
	}
	// More than what arrives, and a quarter, is not on its way but lost.
	known := c.sampler.rate() * int64(c.delay.stay) / int64(time.Second)
	if c.window*(lossUnit-int64(c.losses.floor))/lossUnit > known*5/4 {
		c.velocity = 1
		return
	}
	step := c.rateNow() * int64(missing) / int64(time.Second) / 4 * c.velocity
	c.setWindow(c.window + min(max(step, packetBytes/4), c.window/4, c.rateNow()*int64(maxStep)/int64(time.Second)))
	c.velocity = min(2*c.velocity, 1024)
}

// startDrain begins to send so little that our own queue goes away.
func (c *Controller) startDrain(t time.Duration, contested bool) {
	back := max(c.window, c.resume)
	c.setWindow(c.holds(c.delay.queue()) * 3 / 4)
	c.resume = back
	c.mode, c.contested, c.drained = drain, contested, 0
	if !contested || t-c.delay.turned > baseWindowCompete {
		c.delay.turn(t)
	}
	c.beginRound(t)
}

// endDrainRound looks whether the queue is gone.
func (c *Controller) endDrainRound(t, queue time.Duration) {
	c.drained++
	limit := c.empty()
	if c.contested {
		limit = c.tolerance() // three quarters of what the path holds leaves nothing
	}
	switch {
	case queue <= limit:
		c.mode, c.skip = steady, 1
		c.delay.quiet(min(queue, c.target()))
		if c.contested {
			c.velocity = 1
			c.setWindow(c.window*4/3 + c.rateNow()*int64(c.target())/int64(time.Second))
		} else {
			c.velocity = max(1, c.velocity/4)
			c.setWindow(c.resume)
		}
	case c.drained < 2:
		return
	default:
		c.mode = compete
		c.setWindow(max(c.resume, c.full/2))
		c.full = 0
		c.cubic.begin(t, c.window, c.window)
		c.recovery = t
	}
	c.tested, c.resume = t, 0
}

// endCompeteRound grows as TCP does.
func (c *Controller) endCompeteRound(t, queue time.Duration) {
	switch {
	case queue <= c.empty():
		c.mode, c.tested, c.velocity = steady, t, 1
	case c.marked:
		c.setWindow(c.window * markBeta / 100)
		c.cubic.begin(t, c.window, c.window)
	case t-c.tested > testEvery:
		c.startDrain(t, true)
	case c.used():
		// No faster than by half in a round (RFC 9438, section 4.4), and no
		// slower than Reno.
		c.setWindow(max(c.window+packetBytes, min(c.cubic.window(t), c.window*3/2)))
	}
}
