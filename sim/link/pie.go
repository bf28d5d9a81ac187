package link

import "time"

const (
	pieTarget   = 15 * time.Millisecond  // QDELAY_REF, RFC 8033, section 4.2
	pieInterval = 15 * time.Millisecond  // T_UPDATE, section 4.2
	pieMaxBurst = 150 * time.Millisecond // MAX_BURST, section 4.4

	// pieGain and a thousandth of pieGainRest turn alpha·d1 + beta·d2, with
	// the RFC's alpha = 1/8 and beta = 10/8 per second (section 4.2) and times
	// in nanoseconds, into a chance: (d1 + 10·d2)·2^53/8/10^9.
	pieGain     = 1 << 53 / 8 / 1_000_000_000
	pieGainRest = 1<<53/8/1_000_000 - 1000*pieGain

	// pieMostDelay bounds delays in the sum above, so that it does not
	// overflow. It makes the probability 1 in one step as it is.
	pieMostDelay = int64(16 * time.Second)

	pieOne = chance(1 << 53)
)

// A pie steers a probability to drop by the delay of the queue (RFC 8033,
// section 4). The delay is known exactly, not estimated: it is how long a
// datagram sent now would wait. Section 5 (optional) is not used: no ECN, no
// derandomization, always active.
//
// Names in capitals and with a trailing underscore are the RFC's.
type pie struct {
	target, interval, maxBurst int64 // QDELAY_REF, T_UPDATE, MAX_BURST
	safe                       int64 // bytes below which nothing is dropped: 2·MEAN_PKTSIZE

	probability chance // drop_prob_
	old         int64  // qdelay_old_
	burst       int64  // burst_allowance_
	next        int64  // time of the next update
}

func (p *pie) set(c *Config, now int64, afresh bool) {
	p.target, p.interval, p.maxBurst = int64(c.AQM.Target), int64(c.AQM.Interval), max(0, int64(c.AQM.MaxBurst))
	if p.target == 0 {
		p.target = int64(pieTarget)
	}
	if p.interval == 0 {
		p.interval = int64(pieInterval)
	}
	if c.AQM.MaxBurst == 0 {
		p.maxBurst = int64(pieMaxBurst)
	}
	p.safe = 2 * c.fullPacket()
	if afresh {
		p.probability, p.old, p.burst = 0, 0, p.maxBurst
		p.next = now + p.interval
	}
}

// advance makes the updates that are due until now.
func (p *pie) advance(now int64, neck *bottleneck) {
	for p.next <= now {
		delay := neck.wait(p.next)
		if p.probability == 0 && p.old == 0 && delay == 0 && p.burst == p.maxBurst {
			p.next += (now - p.next) / p.interval * p.interval // nothing would change
		} else {
			p.update(delay)
		}
		p.next += p.interval
	}
}

// update is section 4.2 and, for bursts, section 4.4.
func (p *pie) update(delay int64) {
	delay = min(delay, pieMostDelay)
	off := (delay - p.target) + 10*(delay-p.old)
	change := off*pieGain + off*pieGainRest/1000
	change /= pieScale(p.probability)
	if p.probability >= pieOne/10 {
		change = min(change, int64(pieOne/50)) // cap drop adjustment: 0.02
	}
	next := int64(p.probability) + change
	quiet := delay < p.target/2 && p.old < p.target/2
	if quiet {
		next -= next / 50 // exponential decay: 0.98
	}
	p.probability = chance(min(max(next, 0), int64(pieOne)))
	p.old = delay

	p.burst = max(0, p.burst-p.interval)
	if p.probability == 0 && quiet {
		p.burst = p.maxBurst
	}
}

// pieScale is the auto-tuning of section 4.2: the smaller the probability, the
// smaller the steps.
func pieScale(probability chance) int64 {
	switch {
	case probability < pieOne/1_000_000:
		return 2048
	case probability < pieOne/100_000:
		return 512
	case probability < pieOne/10_000:
		return 128
	case probability < pieOne/1_000:
		return 32
	case probability < pieOne/100:
		return 8
	case probability < pieOne/10:
		return 2
	}
	return 1
}

// drops decides about datagram index (section 4.1), with so many bytes
// waiting.
func (p *pie) drops(random *randomness, index uint64, waitingBytes int64) bool {
	switch {
	case p.burst > 0:
		return false
	case p.old < p.target/2 && p.probability < pieOne/5, waitingBytes <= p.safe:
		return false // safeguard: never idle because of drops
	}
	return random.happens(p.probability, decidePIE, index)
}
