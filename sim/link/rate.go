package link

// bitNanos is bits per byte times nanoseconds per second: bytes·bitNanos/rate
// is a transmission time in nanoseconds.
const bitNanos = 8 * 1_000_000_000

// A bottleneck is a transmitter of fixed rate behind a drop-tail queue. It
// transmits one datagram at a time, in order.
//
// Transmission times are exact: what a division leaves over is carried to the
// next datagram, so a busy bottleneck never drifts from its rate.
type bottleneck struct {
	rate  int64 // bits per second; 0 = unlimited
	limit int64 // bytes that may wait

	free  int64 // when the transmitter is next idle; nanoseconds of the link
	carry int64 // what free rounds down, in units of 1/rate nanoseconds

	// waiting holds what is not yet in transmission, oldest first: a ring
	// that grows to what the queue can hold and then stays.
	waiting      []transmission
	head, count  int
	waitingBytes int64
}

// A transmission is one datagram that waits.
type transmission struct {
	start int64 // when its transmission begins
	bytes int64
}

// set changes rate and limit. What waits already keeps its times.
func (b *bottleneck) set(rate int64, limit int) {
	if b.rate != rate {
		b.carry = 0
	}
	b.rate, b.limit = rate, int64(limit)
}

// send offers a datagram of so many bytes at now, and returns when its last
// bit has left. It reports false if the queue is full.
func (b *bottleneck) send(now, bytes int64) (done int64, ok bool) {
	b.begin(now)
	if b.rate == 0 && b.free <= now {
		return now, true
	}
	bytes = max(bytes, 1) // an empty datagram takes its place in the queue
	if b.free < now {     // it was idle
		b.free, b.carry = now, 0
	}
	if b.free > now {
		if b.waitingBytes+bytes > b.limit && b.rate != 0 {
			return 0, false
		}
		b.push(transmission{b.free, bytes})
	}
	if b.rate != 0 {
		ticks := bytes*bitNanos + b.carry
		b.free, b.carry = b.free+ticks/b.rate, ticks%b.rate
	}
	return b.free, true
}

// begin takes what is in transmission at now out of the queue.
func (b *bottleneck) begin(now int64) {
	for b.count > 0 && b.waiting[b.head].start <= now {
		b.waitingBytes -= b.waiting[b.head].bytes
		b.head = (b.head + 1) & (len(b.waiting) - 1)
		b.count--
	}
}

// push appends to the ring, whose length is a power of two.
func (b *bottleneck) push(t transmission) {
	if b.count == len(b.waiting) {
		grown := make([]transmission, max(16, 2*len(b.waiting)))
		for i := range b.count {
			grown[i] = b.waiting[(b.head+i)&(len(b.waiting)-1)]
		}
		b.waiting, b.head = grown, 0
	}
	b.waiting[(b.head+b.count)&(len(b.waiting)-1)] = t
	b.count++
	b.waitingBytes += t.bytes
}
