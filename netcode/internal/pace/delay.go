package pace

import "time"

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
	least   time.Duration // of the round's samples
	before  time.Duration // least of the round before
	noise   time.Duration // mean standing queue when there is none
	longest time.Duration // longest queue lately; falls by 1/16 each round
	stay    time.Duration // mean time from sending to acknowledgement
	turned  time.Duration // when bases last moved
}

// base returns the round-trip time of the empty path; zero if not known.
func (d *delay) base() time.Duration {
	switch {
	case d.bases[1] == 0 || d.bases[0] != 0 && d.bases[0] < d.bases[1]:
		return d.bases[0]
	}
	return d.bases[1]
}

// observe takes a sample. inRound says that its packet was sent in the
// present round.
func (d *delay) observe(rtt time.Duration, inRound bool) {
	rtt = min(rtt, maxStay)
	if d.bases[0] == 0 || rtt < d.bases[0] {
		d.bases[0] = rtt
	}
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

// spread is how far apart the last samples are.
func (d *delay) spread() time.Duration {
	if d.count == 0 {
		return 0
	}
	least, most := d.recent[0], d.recent[0]
	for _, rtt := range d.recent[1:d.count] {
		least, most = min(least, rtt), max(most, rtt)
	}
	return most - least
}

// standing reports whether all of the last samples show a queue of limit.
func (d *delay) standing(limit time.Duration) bool {
	return d.count == roundSamples && d.queue() >= limit
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
	d.before, d.samples = d.least, 0
	d.longest -= d.longest / 16
}

// turn begins a new window for the base.
func (d *delay) turn(t time.Duration) {
	d.bases[1], d.bases[0] = d.bases[0], 0
	d.turned = t
	if d.bases[1] == 0 {
		d.bases[1] = d.before
	}
}
