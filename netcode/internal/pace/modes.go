package pace

import "time"

// Delays that decide.
const (
	// slack is the queue that the window aims at, besides a packet. Measured:
	// 4 ms, the least rise that HyStart++ takes for a queue (RFC 9406,
	// MIN_RTT_THRESH), fills the path no better and is a millisecond more.
	slack     = 3 * time.Millisecond
	maxTarget = 50 * time.Millisecond

	// maxGrain is the most that packets which wait for each other explain of
	// the differences between round trips: full ones at 600 kbit/s.
	maxGrain = 16 * time.Millisecond

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
	baseWindow = 5 * time.Second

	// keptWindows is how many of them it is believed beside another flow that
	// keeps the queue moving: two minutes. Measured: after 30 s the share of
	// the path beside CUBIC with 300 ms of queue falls, from 0.33 to 0.22 on one
	// of three seeds.
	keptWindows = 24
	firstDrain  = time.Second // after startup, to learn soon what jitter looks like

	// A queue that stays for five round trips is somebody else's (Copa,
	// section 2.2), if we held back.
	patienceRounds = 5
	minPatience    = 300 * time.Millisecond

	// How often to look whether the other flow is gone: it costs a round trip
	// at three quarters of our share.
	testAfterLoss = 5 * time.Second
	testEvery     = 10 * time.Second

	// A queue that falls to a third may be one that somebody left.
	testAfterFall = time.Second

	// drainRounds is how long a queue that grows shorter is waited for.
	drainRounds = 5

	// rivalMemory is how long a queue that comes again is the same rival's:
	// CUBIC's K on most paths (RFC 9438, section 4.1).
	rivalMemory = 5 * time.Second
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
	return c.target() + max(c.noise(), c.rough(c.delay.counted))
}

// rough is how late the earliest of n samples is by jitter. Packets that wait
// for each other are none.
func (c *Controller) rough(n uint16) time.Duration {
	return c.delay.rough(n, min(c.target(), maxGrain))
}

// noise is what jitter looked like in the drains.
func (c *Controller) noise() time.Duration {
	return min(2*c.delay.noise, max(c.delay.base()/4, maxNoise))
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
	growth := int64(min(max(100*maxOvershoot/base, 35), 100))
	if c.delay.streak >= max(roundSamples, c.conviction()/2) {
		growth /= 4 // RFC 9406, section 4.2: CSS_GROWTH_DIVISOR
	}
	return growth
}

// sure is the velocity beyond which steps grow with it: the path has had room
// for four rounds.
const sure = 16

const maxOvershoot = 100 * time.Millisecond

// startupLimit is the queue at which startup ends (RFC 9406, section 4.2).
func (c *Controller) startupLimit() time.Duration {
	rise := max(min(max(c.delay.base()/8, slack), maxRise), c.target())
	return rise + max(c.noise(), 2*c.rough(roundSamples))
}

// standing takes a sample in startup and reports whether a queue stands: in
// four samples in a row, or in twelve where jitter may look like one.
func (c *Controller) standing(sample time.Duration) bool {
	d := &c.delay
	if sample-d.base() < c.startupLimit() {
		d.streak = 0
		return false
	}
	d.streak = min(d.streak+1, 8*roundSamples)
	return d.streak >= c.conviction()
}

// conviction is how many samples in a row end startup.
func (c *Controller) conviction() uint16 {
	if c.rough(roundSamples) > 0 {
		return uint16(min(max(c.delay.base()/(32*time.Millisecond), 2*roundSamples), 8*roundSamples))
	}
	return uint16(min(max(c.delay.base()/(64*time.Millisecond), roundSamples), 3*roundSamples))
}

// enough is how many samples a round has.
func (c *Controller) enough() uint16 {
	if !c.Competing() && c.rough(roundSamples) > 0 {
		return 4 * roundSamples
	}
	return roundSamples
}

// holds is how much of the window the path holds without a queue.
func (c *Controller) holds(queue time.Duration) int64 {
	stay := max(c.delay.stay, queue+minStay)
	return c.window * int64(stay-queue) / int64(stay)
}

// leaveStartup takes back what the last round trip added, and the queue.
func (c *Controller) leaveStartup(t time.Duration) {
	c.mode, c.tested = steady, t
	// What arrived, and an eighth, is more than the path holds.
	known := c.sampler.rate() * int64(c.delay.base()+c.rough(roundSamples)) / int64(time.Second) * lossUnit / (lossUnit - c.losses.now())
	c.setWindow(min(max(c.holds(max(0, c.delay.queue()-c.rough(roundSamples)))*100/(100+c.growth()), known), known*9/8+minWindow))
	c.full = c.window
	c.setWindow(c.window * 7 / 8) // for a round or two, so that the queue goes
	c.losses.forget()             // what overflowed is answered
	c.skip, c.velocity = 1, 1
	if c.rough(roundSamples) > 0 {
		c.velocity = sure // it may have been jitter
	}
	c.probed = t - baseWindow + max(firstDrain, 8*c.delay.base())
	c.beginRound(t)
}

// endRound decides about the next round.
func (c *Controller) endRound(t time.Duration) {
	loss, excess, measured := c.losses.rate()
	queue := c.delay.roundQueue()
	if c.mode != steady && t-c.delay.turned > baseWindow {
		c.delay.turn(t)
	}
	switch c.mode {
	case startup:
		if c.marked {
			c.leaveStartup(t)
			return
		}
		c.endStartupRound(t, loss, measured && excess && loss > lossUnit/10)
	case steady:
		if !excess {
			loss = 0
		}
		c.endSteadyRound(t, queue, loss)
	case drain:
		c.endDrainRound(t, queue)
	case compete:
		if measured && excess && c.losses.floor > lossUnit/20 {
			c.marked = true
		}
		c.endCompeteRound(t, queue)
	}
}

// endStartupRound ends startup when the rate has not grown by a quarter in
// three rounds, or in one that lost much (draft-ietf-ccwg-bbr, section 4.3.1).
func (c *Controller) endStartupRound(t time.Duration, loss uint32, lossy bool) {
	c.delay.quiet(c.delay.queue())
	rate := c.sampler.rate()
	if !c.used() {
		return
	}
	if 4*rate >= 5*c.flatRate {
		c.flatRate, c.flatRounds = rate, 0
		c.losses.learn(loss)
		return
	}
	if c.flatRounds++; c.flatRounds >= 3 || lossy {
		c.leaveStartup(t)
		c.setWindow(min(c.window, rate*int64(c.delay.stay)/int64(time.Second)*9/8))
	}
}

// endSteadyRound moves the window towards a queue of the target.
func (c *Controller) endSteadyRound(t, queue time.Duration, excess uint32) {
	if queue <= c.empty() {
		c.tested = t
	}
	patience := max(minPatience, patienceRounds*(c.delay.base()+queue))
	switch {
	case t-c.tested > patience:
		c.startDrain(t, true)
		return
	case t-c.probed > max(baseWindow, 16*c.delay.stay) && c.used():
		c.startDrain(t, false)
		return
	case t-c.delay.turned > baseWindow:
		c.delay.turn(t)
	}
	if c.skip > 0 {
		if c.skip--; c.losses.answered {
			c.losses.forget()
		}
		if c.flatRate > 0 { // what startup's last round carried is known now
			c.full, c.flatRate = max(c.full, c.known()), 0
		}
		return
	}
	goal := c.tolerance()
	switch {
	case (excess > 0 || c.marked) && queue <= 2*goal:
		c.full = min(c.window, max(c.full, c.window*7/8))
		c.setWindow(c.window * min(markBeta, max(50, 100-100*int64(excess)/lossUnit)) / 100)
		c.velocity, c.skip = 1, 1
	case queue >= goal-c.target()/2 && c.velocity > sure:
		// What the last two rounds added is not in the queue yet.
		c.full, c.velocity, c.skip = c.window-c.grown, 1, 1
		c.setWindow(min(c.holds(queue), c.window-c.grown))
	case queue > goal && c.rival > 0 && t-c.rival < rivalMemory:
		// The other has taken what it lost: no need to ask again.
		c.startCompete(t, max(c.window, c.resume))
		return
	case queue > 2*goal:
		if c.resume == 0 {
			c.resume = c.window // if the queue turns out to be another's
		}
		held := c.holds(queue - goal/2)
		c.full = min(c.full, held)
		c.setWindow(max(held, c.window/2))
		c.velocity, c.skip = 1, 1
		return
	case queue >= goal-c.target()/2:
		c.full, c.velocity = c.window, 1
		c.setWindow(c.window + c.rateNow()*int64(goal-queue)/int64(time.Second)/2)
	case c.used():
		c.grow(goal - queue)
	}
	if c.rival == 0 || t-c.rival >= rivalMemory {
		c.resume, c.rival = 0, 0
	}
}

// known is the window at which the greatest rate of the last seconds arrives.
func (c *Controller) known() int64 {
	loss := c.losses.floor
	if c.losses.before > lossUnit/20 {
		loss = max(loss, c.losses.before)
	}
	sent := c.sampler.rate() * lossUnit / (lossUnit - int64(min(loss, lossUnit/2)))
	return sent * int64(c.delay.stay) / int64(time.Second)
}

// grow opens the window of a path that is not full by less than missing.
func (c *Controller) grow(missing time.Duration) {
	if c.window < c.full*15/16 {
		c.setWindow(c.window + (c.full-c.window)/2)
		return
	}
	// More than what arrives, and a quarter, is not on its way but lost.
	known := c.known()
	if c.window > known*5/4 {
		return
	}
	step := c.rateNow() * int64(missing) / int64(time.Second) / 4 * c.velocity
	most := c.rateNow() * int64(max(maxStep, c.delay.base()/64)) / int64(time.Second)
	if c.window <= known*17/16 {
		accelerated := most * max(1, c.velocity/sure)
		if c.velocity < 8*sure {
			accelerated = min(accelerated, known*9/8-c.window)
		}
		most = max(most, accelerated)
	}
	c.grown = min(max(min(step, most), packetBytes/4), c.window*c.growth()/100)
	c.setWindow(c.window + c.grown)
	c.velocity = min(2*c.velocity, 1024)
	if c.rough(roundSamples) > 0 {
		c.velocity = min(2*c.velocity, 1024) // rounds are longer
	}
}

// startDrain begins to send so little that our own queue goes away.
func (c *Controller) startDrain(t time.Duration, contested bool) {
	back := c.window
	if contested {
		back = max(back, c.resume)
	}
	c.setWindow(c.holds(c.delay.queue()) * 3 / 4)
	c.resume = back
	c.mode, c.contested, c.drained = drain, contested, 0
	if !contested {
		c.probed = t
	}
	if contested {
		c.delay.keep(t)
	} else {
		c.delay.turn(t)
	}
	c.beginRound(t)
}

// endDrainRound looks whether the queue is gone.
func (c *Controller) endDrainRound(t, queue time.Duration) {
	c.drained++
	limit := c.empty()
	if c.contested {
		// Three quarters of what the path holds leave nothing but a packet, on
		// a path that may have become slow.
		limit = max(c.tolerance(), min(slack+lasting(packetBytes, c.rateNow()), c.delay.longest/16))
	}
	switch {
	case queue <= limit:
		c.mode, c.skip = steady, 1
		c.rival = 0
		if !c.contested {
			c.delay.quiet(min(queue, c.target()))
		}
		if c.contested {
			c.velocity = 1
			c.setWindow(c.window*4/3 + c.rateNow()*int64(c.target())/int64(time.Second))
		} else {
			c.velocity = max(1, c.velocity/4)
			c.setWindow(c.resume)
		}
	case c.drained < 2 || c.drained < drainRounds && 4*queue < 3*(c.delay.before-c.delay.base()):
		// It goes, so it is ours.
		c.setWindow(c.window * 3 / 4)
		return
	default:
		c.startCompete(t, max(c.resume, c.full/2))
	}
	c.tested, c.resume = t, 0
}

// startCompete begins to grow as TCP does.
func (c *Controller) startCompete(t time.Duration, window int64) {
	c.mode = compete
	c.setWindow(window)
	c.full, c.resume = 0, 0
	c.cubic.begin(t, c.window, c.window)
	c.recovery, c.tested = t, t
	c.delay.keep(t)
}

// endCompeteRound grows as TCP does.
func (c *Controller) endCompeteRound(t, queue time.Duration) {
	switch {
	case queue <= c.tolerance():
		c.mode, c.tested, c.velocity = steady, t, 1
		c.rival, c.resume = t, c.window
	case c.marked:
		c.setWindow(c.window * markBeta / 100)
		c.cubic.begin(t, c.window, c.window)
	case t-c.tested > testEvery || t-c.tested > testAfterFall && 3*queue < c.delay.high()-c.delay.base():
		c.startDrain(t, true)
	case c.used():
		// No faster than by half in a round (RFC 9438, section 4.4), and no
		// slower than Reno.
		c.setWindow(max(c.window+packetBytes, min(c.cubic.window(t), c.window*3/2)))
	}
}
