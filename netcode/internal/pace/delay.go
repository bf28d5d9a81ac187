package pace

import (
	"math"
	"time"
)

// roundSamples is how many round-trip times a round has at least: the least
// of four leaves out most jitter, and is there after 67 ms at 60 packets a
// second.
const roundSamples = 4

// A delay estimates the queue's delay from round-trip times.
type delay struct {
	bases   [2]time.Duration // least of this window, and of the one before; 0 = none
	recent  [roundSamples]time.Duration
	next    uint8
	count   uint8 // of recent, up to roundSamples
	samples uint16
	least   time.Duration    // of the round's samples
	before  time.Duration    // least of the round before
	noise   time.Duration    // mean standing queue when there is none
	longest time.Duration    // longest queue lately; falls by 1/16 each round
	stay    time.Duration    // mean time from sending to acknowledgement
	turned  time.Duration    // when bases last moved
	last    time.Duration    // the newest sample
	drift   time.Duration    // mean change of least from round to round
	jitter  time.Duration    // mean difference of two samples in a row
	counted uint16           // samples in the round before
	kept    time.Duration    // base before somebody else filled the queue; 0 = nobody does
	highs   [2]time.Duration // greatest of the rounds' leasts, as bases
	streak  uint16           // samples in a row that show a queue
	age     uint8            // windows since kept
	seen    uint8            // differences in jitter, up to 16
}

// base returns the round-trip time of the empty path; zero if not known.
func (d *delay) base() time.Duration {
	if d.kept > 0 {
		return min(d.kept, d.lowest())
	}
	return d.lowest()
}

// lowest returns the least of the last seconds.
func (d *delay) lowest() time.Duration {
	switch {
	case d.bases[1] == 0 || d.bases[0] != 0 && d.bases[0] < d.bases[1]:
		return d.bases[0]
	}
	return d.bases[1]
}

// high returns the longest round trip that a round showed at least, in the
// last seconds.
func (d *delay) high() time.Duration { return max(d.highs[0], d.highs[1]) }

// keep believes the base for longer: a queue stays that may be another's.
func (d *delay) keep(t time.Duration) {
	if d.kept == 0 {
		d.kept, d.age = d.base(), 0
		d.turn(t)
	}
}

// observe takes a sample. inRound says that its packet was sent in the
// present round, contested that what changes may be another's queue.
func (d *delay) observe(rtt time.Duration, inRound, contested bool) {
	rtt = min(rtt, maxStay)
	if d.bases[0] == 0 || rtt < d.bases[0] {
		d.bases[0] = rtt
	}
	if d.last > 0 && !contested {
		// Only what falls: what rises may be a queue that grows.
		fall := min(max(0, d.last-rtt), 4*d.jitter+maxRise)
		d.seen = min(d.seen+1, 16)
		d.jitter += (2*fall - d.jitter) / time.Duration(d.seen)
	}
	d.last = rtt
	queue := rtt - d.base()
	d.longest = max(d.longest, queue)
	d.recent[d.next%roundSamples] = rtt
	d.next = (d.next + 1) % roundSamples
	d.count = min(d.count+1, roundSamples)
	if !inRound {
		return
	}
	if d.samples == 0 || rtt < d.least {
		d.least = rtt
	}
	d.samples = min(d.samples+1, 1<<15)
}

// queue returns the standing queue: the least of the last samples.
func (d *delay) queue() time.Duration {
	if d.count == 0 {
		return 0
	}
	least := d.recent[0]
	for _, rtt := range d.recent[1:d.count] {
		least = min(least, rtt)
	}
	return max(0, least-d.base())
}

// rough is how much later than the base the earliest of n samples is expected
// without any queue, if all differences between samples above grain are
// jitter.
func (d *delay) rough(n uint16, grain time.Duration) time.Duration {
	if d.jitter <= grain {
		return 0
	}
	jitter := float64(d.jitter) - float64(grain)*float64(grain)/float64(d.jitter)
	return time.Duration(2 * jitter * math.Sqrt(roundSamples/float64(max(n, 1))))
}

// roundQueue returns the standing queue of the round.
func (d *delay) roundQueue() time.Duration { return max(0, d.least-d.base()) }

// quiet takes a standing queue that is none of ours for noise.
func (d *delay) quiet(queue time.Duration) {
	if queue > d.noise {
		d.noise += (queue - d.noise) / 2
	} else {
		d.noise -= (d.noise - queue) / 8
	}
}

func (d *delay) beginRound() {
	d.highs[0] = max(d.highs[0], d.least)
	d.drift += ((d.least - d.before).Abs() - d.drift) / 16
	d.before, d.counted, d.samples = d.least, d.samples, 0
	d.longest -= d.longest / 16
}

// turn begins a new window for the base. A queue that belongs to others moves
// by an eighth in two windows, and slowly, since they take theirs back by 30 %
// (RFC 9438) or by half; what does not, or moves from round to round as much
// as ever, is the path, which has become longer. Measured: the range is 10 to
// 20 mean steps beside cubic, and 4 to 5 where only jitter moves it.
func (d *delay) turn(t time.Duration) {
	if d.kept > 0 {
		low := d.lowest()
		still := d.high()-low < max((low-d.kept)/8, 4*d.drift)
		if d.age++; d.age > 2 && still || d.age > keptWindows {
			d.kept = 0
		}
	}
	d.highs[1], d.highs[0] = d.highs[0], 0
	d.bases[1], d.bases[0] = d.bases[0], 0
	d.turned = t
	if d.bases[1] == 0 {
		d.bases[1] = d.before
	}
}
