package link

// bitNanos is bits per byte times nanoseconds per second: bytes·bitNanos/rate
// is a transmission time in nanoseconds.
const bitNanos = 8 * 1_000_000_000

// A bottleneck is a transmitter behind a drop-tail queue: of a fixed rate, of
// the opportunities of a trace, or unlimited. It transmits one datagram at a
// time, in order. An outage that holds keeps it from beginning.
//
// Transmission times are exact: what a division leaves over is carried to the
// next datagram, so a busy bottleneck never drifts from its rate.
type bottleneck struct {
	rate    int64 // bits per second; 0 = not of a fixed rate
	trace   tracePosition
	outage  outageClock // of an outage that holds
	bounded bool        // the limits hold

	limitBytes   int64 // that may wait
	limitPackets int

	free  int64 // when the transmitter is next idle; nanoseconds of the link
	carry int64 // what free rounds down, in units of 1/rate nanoseconds

	waiting      ring[transmission] // what is not yet in transmission, oldest first
	waitingBytes int64
}

// A transmission is one datagram that waits.
type transmission struct {
	start int64 // when its transmission begins
	bytes int64
}

// set changes capacity and limits. What waits already keeps its times.
func (b *bottleneck) set(c *Config) {
	if b.rate != c.Rate {
		b.carry = 0
	}
	b.rate = c.Rate
	b.trace.set(c.Trace, b.free)
	b.outage.set(c.Outage, c.Outage.Hold)
	b.bounded = c.limited() || c.QueueBytes != 0 || c.QueuePackets != 0
	b.limitBytes, b.limitPackets = int64(c.queueLimit()), c.QueuePackets
	if b.limitPackets == 0 {
		b.limitPackets = MaxQueueBytes // as good as none
	}
}

// idle reports whether a datagram at now passes without any queue: there is
// no bottleneck, and nothing waits from the time when there was one.
func (b *bottleneck) idle(now int64) bool {
	return b.rate == 0 && b.trace.trace == nil && b.free <= now && !b.outage.on
}

// start returns when the transmission of a datagram begins that came at now,
// at the head of the queue.
func (b *bottleneck) start(now int64) int64 {
	if b.trace.trace != nil {
		return b.trace.start(now, b.free, &b.outage)
	}
	return b.outage.end(max(b.free, now))
}

// full reports whether so many bytes must not wait besides what does.
func (b *bottleneck) full(waitingBytes int64, waiting int, bytes int64) bool {
	return b.bounded && (waitingBytes+bytes > b.limitBytes || waiting >= b.limitPackets)
}

// send offers a datagram of so many bytes at now, and returns when its last
// bit has left. It reports false if the queue is full.
func (b *bottleneck) send(now, bytes int64) (done int64, ok bool) {
	if b.waiting.count > 0 {
		b.begin(now)
	}
	if b.idle(now) {
		return now, true
	}
	bytes = max(bytes, 1) // an empty datagram takes its place in the queue
	start := b.start(now)
	if start > now {
		if b.full(b.waitingBytes, b.waiting.count, bytes) {
			return 0, false
		}
		b.await(start, bytes)
	}
	return b.transmit(start, bytes), true
}

// await counts so many bytes as waiting until their transmission starts.
func (b *bottleneck) await(start, bytes int64) {
	b.waiting.push(transmission{start, bytes})
	b.waitingBytes += bytes
}

// transmit carries so many bytes from start on, which the function of that
// name returned, and returns when the last bit has left.
func (b *bottleneck) transmit(start, bytes int64) (done int64) {
	if b.trace.trace != nil {
		b.free = b.trace.transmit(start, bytes, &b.outage)
		return b.free
	}
	if start > b.free { // it was idle
		b.free, b.carry = start, 0
	}
	if b.rate != 0 {
		ticks := bytes*bitNanos + b.carry
		b.free, b.carry = b.free+ticks/b.rate, ticks%b.rate
	}
	return b.free
}

// begin takes what is in transmission at now out of the queue.
func (b *bottleneck) begin(now int64) {
	for b.waiting.count > 0 && b.waiting.at(0).start <= now {
		b.waitingBytes -= b.waiting.pop().bytes
	}
}
