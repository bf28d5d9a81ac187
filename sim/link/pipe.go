package link

import "time"

// PipeLimits bound what a Pipe holds. The zero value sets no bounds.
type PipeLimits struct {
	Datagrams int // on their way at most; zero or negative means no bound
	Bytes     int // of datagrams on their way at most; zero or negative means no bound
}

// A Pipe is one direction of a link that carries datagrams: a Link, and a
// Queue of copies until they are due. It works in any time, virtual or real:
// the caller says what time it is. Create it with NewPipe. It is not safe for
// concurrent use.
//
// In the steady state it does not allocate.
type Pipe struct {
	link   *Link
	queue  Queue
	limits PipeLimits

	// What waits in an active queue: the link knows the order, not the bytes.
	waiting      ring[waiting]
	waitingBytes int
	onDrop       func(fate Fate, label uint64, datagram []byte)

	order    uint64  // of the latest datagram pushed
	sequence *uint64 // where order numbers come from; &order unless shared
	latest   uint64  // highest index popped
	late     uint64  // datagrams that arrived after a newer one
}

// NewPipe returns an empty pipe. The error is a *FieldError.
func NewPipe(cfg Config, seed uint64, limits PipeLimits) (*Pipe, error) {
	l, err := New(cfg, seed)
	if err != nil {
		return nil, err
	}
	p := &Pipe{link: l, limits: limits}
	p.sequence = &p.order
	return p, nil
}

// ShareSequence makes the pipe number its datagrams from a counter that it
// shares with others, so that datagrams due at the same time in several pipes
// can be delivered in the order they were sent: see Next.
func (p *Pipe) ShareSequence(counter *uint64) { p.sequence = counter }

// SetConfig changes the link for what is pushed from now on, and for what
// waits in an active queue. The error is a *FieldError, and then nothing
// changes. Next may have another answer afterwards.
func (p *Pipe) SetConfig(cfg Config) error {
	if err := p.link.SetConfig(cfg); err != nil {
		return err
	}
	p.collect()
	return nil
}

// SetEpoch makes time-dependent models count from a time: see Link.SetEpoch.
func (p *Pipe) SetEpoch(epoch time.Time) { p.link.SetEpoch(epoch) }

// OnDrop has f called for every datagram whose fate was Pending when it was
// pushed, and that is lost or dropped after all. The bytes are valid during
// the call, which must not use the pipe. Nil, as at first, calls nothing.
func (p *Pipe) OnDrop(f func(fate Fate, label uint64, datagram []byte)) { p.onDrop = f }

// Config returns the present configuration.
func (p *Pipe) Config() Config { return p.link.cfg }

// Len returns how many datagrams are on their way, copies included.
func (p *Pipe) Len() int { return p.queue.Len() + p.waiting.count }

// Backlog returns what waits for the bottleneck at now. A now before that of
// an earlier call counts as that one.
func (p *Pipe) Backlog(now time.Time) Backlog {
	if p.link.started {
		p.settle(p.link.sinceEpoch(now))
	}
	return p.link.Backlog(now)
}

// Counters returns what was counted since NewPipe.
func (p *Pipe) Counters() Counters {
	c := p.link.Counters()
	c.Reordered = p.late
	return c
}

// Push sends a copy of datagram at now and returns its fate. Time must not go
// back: a now before that of an earlier call counts as that one.
func (p *Pipe) Push(now time.Time, datagram []byte) Fate {
	return p.PushLabelled(now, 0, datagram)
}

// PushLabelled is Push with a number of the caller's that goes with the
// datagram, and with its copy, and is no part of its size: whatever the caller
// would write on the envelope. Label hands it back.
func (p *Pipe) PushLabelled(now time.Time, label uint64, datagram []byte) Fate {
	return p.PushAt(p.link.sinceEpoch(now), label, datagram)
}

// PushAt is PushLabelled for those who count time in nanoseconds from the
// epoch that they have set. Virtual time spends a third of its time on
// converting time, else.
func (p *Pipe) PushAt(at int64, label uint64, datagram []byte) Fate {
	p.settle(at)
	fate := p.link.send(at, len(datagram))
	if fate.Cause != Delivered && fate.Cause != Pending {
		return fate
	}
	if !p.room(len(datagram)) {
		p.link.revoke(&fate, len(datagram))
		return fate
	}
	if fate.Cause == Pending {
		p.await(label, datagram)
		return fate
	}
	p.carry(p.link.now, &fate, label, datagram)
	return fate
}

// carry queues a datagram that was sent at a time and arrives, and its copy.
// There is room for the first.
func (p *Pipe) carry(sent int64, fate *Fate, label uint64, datagram []byte) {
	p.hold(sent+int64(fate.Delay), fate, fate.Index<<1, label, datagram)
	if fate.Duplicated {
		if p.room(len(datagram)) {
			p.hold(sent+int64(fate.CopyDelay), fate, fate.Index<<1|1, label, datagram)
		} else {
			p.link.revokeCopy(fate)
		}
	}
}

// hold queues a datagram that is due at a time. Its tag is twice its index,
// plus one for a copy.
func (p *Pipe) hold(at int64, fate *Fate, tag, label uint64, datagram []byte) {
	*p.sequence++
	copied := p.queue.Push(at, *p.sequence, tag, label, datagram)
	if fate.Corrupted {
		p.link.Corrupt(fate.Index, copied)
	}
}

// room reports whether so many bytes may be held besides what is.
func (p *Pipe) room(bytes int) bool {
	return (p.limits.Datagrams <= 0 || p.Len() < p.limits.Datagrams) &&
		(p.limits.Bytes <= 0 || p.queue.Bytes()+p.waitingBytes+bytes <= p.limits.Bytes)
}

// NextDelivery returns when Pop has something to do next, or the zero time if
// nothing is on its way.
func (p *Pipe) NextDelivery() time.Time {
	due, _, _ := p.Next()
	return due
}

// Next returns when Pop has something to do next, and the order number of the
// datagram concerned. It reports false if nothing is on its way. It may name
// the time at which a datagram leaves an active queue rather than one at which
// it arrives; Pop then yields nothing, and Next has another answer.
func (p *Pipe) Next() (due time.Time, order uint64, ok bool) {
	at, order, ok := p.NextAt()
	if !ok {
		return time.Time{}, 0, false
	}
	return p.link.epoch.Add(time.Duration(at)), order, true
}

// NextAt is Next in nanoseconds from the epoch.
func (p *Pipe) NextAt() (at int64, order uint64, ok bool) {
	at, order, ok = p.queue.Next()
	if p.waiting.count > 0 {
		next, _ := p.link.nextSettle()
		if first := p.waiting.at(0).order; !ok || next < at || next == at && first < order {
			at, order, ok = next, first, true
		}
	}
	return at, order, ok
}

// Pop takes the next datagram out if it is due at now. The bytes are valid
// until the next Pop.
func (p *Pipe) Pop(now time.Time) (datagram []byte, ok bool) {
	if !p.link.started {
		return nil, false // and the epoch is still to come
	}
	return p.PopAt(p.link.sinceEpoch(now))
}

// PopAt is Pop at a time in nanoseconds from the epoch.
func (p *Pipe) PopAt(now int64) (datagram []byte, ok bool) {
	p.settle(now)
	at, _, ok := p.queue.Next()
	if !ok || at > now {
		return nil, false
	}
	datagram, tag, _ := p.queue.Pop()
	index, isCopy := tag>>1, tag&1 != 0
	if index < p.latest && !isCopy {
		p.late++
	}
	p.latest = max(p.latest, index)
	return datagram, true
}

// Label returns the label of the datagram popped last. It is valid until the
// next Push or Pop.
func (p *Pipe) Label() uint64 { return p.queue.Label() }
