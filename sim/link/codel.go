package link

import (
	"math/bits"
	"time"
)

const (
	codelTarget   = 5 * time.Millisecond   // RFC 8289, section 4.3
	codelInterval = 100 * time.Millisecond // RFC 8289, section 4.3

	// fullPacket is the largest packet of a link without an MTU, in bytes:
	// an Ethernet frame's payload. CoDel never drops the last of them, PIE
	// never one of the last two.
	fullPacket = 1500
)

// A codel is a queue managed by CoDel (RFC 8289, section 5). It decides when
// a datagram leaves the queue, so it holds the flights of those that wait.
//
// Names in capitals and with a trailing underscore are the RFC's.
type codel struct {
	target, interval int64 // TARGET, INTERVAL
	maxPacket        int64 // maxpacket_

	queue ring[flight]
	bytes int64 // waiting

	firstAbove int64  // first_above_time_; 0 = not above
	dropNext   int64  // drop_next_
	count      uint64 // count_: drops since dropping began
	lastCount  uint64 // lastcount_
	dropping   bool   // dropping_
}

func (q *codel) set(c *Config) {
	q.target, q.interval = int64(c.AQM.Target), int64(c.AQM.Interval)
	if q.target == 0 {
		q.target = int64(codelTarget)
	}
	if q.interval == 0 {
		q.interval = int64(codelInterval)
	}
	q.maxPacket = c.fullPacket()
}

// fullPacket is the size of the largest packet.
func (c *Config) fullPacket() int64 {
	if c.MTU > 0 {
		return int64(c.MTU)
	}
	return fullPacket
}

// reset forgets the drops, not what waits.
func (q *codel) reset() {
	q.firstAbove, q.dropNext, q.count, q.lastCount, q.dropping = 0, 0, 0, 0, false
}

func (q *codel) push(f *flight) {
	q.queue.push(*f)
	q.bytes += f.bytes
}

// forgetLatest removes what was pushed last.
func (q *codel) forgetLatest() {
	q.bytes -= q.queue.at(q.queue.count - 1).bytes
	q.queue.count--
}

// take is the RFC's dodequeue: it takes out the head and says whether it may
// be dropped. It reports false if there is none.
func (q *codel) take(now int64) (f flight, ok, mayDrop bool) {
	if q.queue.count == 0 {
		q.firstAbove = 0
		return flight{}, false, false
	}
	f = *q.queue.pop()
	q.bytes -= f.bytes
	switch {
	case now-f.sent < q.target || q.bytes <= q.maxPacket:
		q.firstAbove = 0
	case q.firstAbove == 0:
		q.firstAbove = now + q.interval
	case now >= q.firstAbove:
		mayDrop = true
	}
	return f, true, mayDrop
}

// controlLaw returns when to drop next: t + INTERVAL/√count.
func (q *codel) controlLaw(t int64) int64 {
	shift := (64 - bits.Len64(q.count)) / 2 // so many bits more for the root
	root := squareRoot(q.count << (2 * shift))
	high, low := bits.Mul64(uint64(q.interval), 1<<shift)
	step, _ := bits.Div64(high, low, root)
	return t + int64(step)
}

// dequeue is the RFC's dequeue at now: it drops what is to be dropped, and
// transmits the next.
func (l *Link) dequeue(now int64) {
	q := &l.codel
	f, ok, mayDrop := q.take(now)
	if q.dropping {
		q.dropping = mayDrop
		for q.dropping && now >= q.dropNext {
			l.settled.push(l.lose(&f, DroppedAQM))
			q.count++
			if f, ok, q.dropping = q.take(now); q.dropping {
				q.dropNext = q.controlLaw(q.dropNext)
			}
		}
	} else if mayDrop {
		l.settled.push(l.lose(&f, DroppedAQM))
		f, ok, _ = q.take(now)
		q.dropping = true
		// If it dropped a short while ago, go on at that rate.
		delta := q.count - q.lastCount
		q.count = 1
		if delta > 1 && now-q.dropNext < 16*q.interval {
			q.count = delta
		}
		q.dropNext = q.controlLaw(now)
		q.lastCount = q.count
	}
	if ok {
		l.settled.push(l.leave(&f, l.neck.transmit(now, max(f.bytes, 1))))
	}
}

// advance lets leave the active queue whatever does so until now.
func (l *Link) advance(now int64) {
	for l.codel.queue.count > 0 {
		start := l.neck.start(l.codel.queue.at(0).sent)
		if start > now {
			return
		}
		l.dequeue(start)
	}
}

// enqueue puts a datagram into the active queue. If it leaves at once, its
// fate is settled.
func (l *Link) enqueue(f *flight) Fate {
	q, b := &l.codel, &l.neck
	b.begin(f.sent)
	if (q.queue.count > 0 || b.start(f.sent) > f.sent) &&
		b.full(b.waitingBytes+q.bytes, b.waiting.count+q.queue.count, f.bytes) {
		return l.lose(f, DroppedQueue)
	}
	q.push(f)
	l.advance(f.sent)
	if n := l.settled.count; n > 0 && l.settled.at(n-1).Index == f.index {
		l.settled.count--
		return *l.settled.at(n - 1)
	}
	return Fate{Index: f.index, Cause: Pending}
}

// setAQM follows a change of Config.AQM from another algorithm. What an active
// queue holds leaves it: it waits for its turn, but is not dropped any more.
func (l *Link) setAQM(before Algorithm) {
	switch l.cfg.AQM.Algorithm {
	case CoDel:
		l.codel.set(&l.cfg)
	case PIE:
		l.pie.set(&l.cfg, l.now, before != PIE)
	}
	if before != CoDel || l.cfg.AQM.Algorithm == CoDel {
		return
	}
	for l.codel.queue.count > 0 {
		f := l.codel.queue.pop()
		l.codel.bytes -= f.bytes
		start := l.neck.start(f.sent)
		l.neck.await(start, max(f.bytes, 1))
		l.settled.push(l.leave(f, l.neck.transmit(start, max(f.bytes, 1))))
	}
	l.codel.reset()
}

// Settle returns the fate of a datagram that was Pending when it was sent and
// was settled until now, and what Fate.Delay counts from is still its Send.
// Fates come in the order the datagrams were sent. It reports false if there
// is none. A now before that of an earlier call counts as that one.
func (l *Link) Settle(now time.Time) (fate Fate, ok bool) {
	if l.codel.queue.count > 0 {
		l.advance(l.at(now))
	}
	if l.settled.count == 0 {
		return Fate{}, false
	}
	return *l.settled.pop(), true
}

// NextSettle returns when Settle has something next. It reports false if
// nothing is Pending.
func (l *Link) NextSettle() (at time.Time, ok bool) {
	next, ok := l.nextSettle()
	if !ok {
		return time.Time{}, false
	}
	return l.epoch.Add(time.Duration(next)), true
}

func (l *Link) nextSettle() (at int64, ok bool) {
	switch {
	case l.settled.count > 0:
		return l.now, true
	case l.codel.queue.count > 0:
		return max(l.now, l.neck.start(l.codel.queue.at(0).sent)), true
	}
	return 0, false
}

// squareRoot returns the square root, rounded down.
func squareRoot(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	root := uint64(1) << ((bits.Len64(n) + 1) / 2) // not below
	for {
		next := (root + n/root) / 2
		if next >= root {
			return root
		}
		root = next
	}
}
