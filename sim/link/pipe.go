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

// SetConfig changes the link for what is pushed from now on. The error is a
// *FieldError, and then nothing changes.
func (p *Pipe) SetConfig(cfg Config) error { return p.link.SetConfig(cfg) }

// Config returns the present configuration.
func (p *Pipe) Config() Config { return p.link.cfg }

// Len returns how many datagrams are on their way, copies included.
func (p *Pipe) Len() int { return p.queue.Len() }

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
	fate := p.link.Send(now, len(datagram))
	if fate.Cause != Delivered {
		return fate
	}
	if !p.room(len(datagram)) {
		p.link.revoke(&fate, len(datagram))
		return fate
	}
	p.hold(fate.Delay, fate.Index<<1, label, datagram)
	if fate.Duplicated {
		if p.room(len(datagram)) {
			p.hold(fate.CopyDelay, fate.Index<<1|1, label, datagram)
		} else {
			p.link.revokeCopy(&fate)
		}
	}
	return fate
}

// hold queues a datagram that is due after delay. Its tag is twice its index,
// plus one for a copy.
func (p *Pipe) hold(delay time.Duration, tag, label uint64, datagram []byte) {
	*p.sequence++
	p.queue.Push(p.link.now+int64(delay), *p.sequence, tag, label, datagram)
}

func (p *Pipe) room(bytes int) bool {
	return (p.limits.Datagrams <= 0 || p.queue.Len() < p.limits.Datagrams) &&
		(p.limits.Bytes <= 0 || p.queue.Bytes()+bytes <= p.limits.Bytes)
}

// NextDelivery returns when the next datagram is due, or the zero time if
// none is on its way.
func (p *Pipe) NextDelivery() time.Time {
	at, _, ok := p.queue.Next()
	if !ok {
		return time.Time{}
	}
	return p.link.epoch.Add(time.Duration(at))
}

// Next is NextDelivery with the order number of the next datagram. It reports
// false if none is on its way.
func (p *Pipe) Next() (due time.Time, order uint64, ok bool) {
	at, order, ok := p.queue.Next()
	if !ok {
		return time.Time{}, 0, false
	}
	return p.link.epoch.Add(time.Duration(at)), order, true
}

// Pop takes the next datagram out if it is due at now. The bytes are valid
// until the next Pop.
func (p *Pipe) Pop(now time.Time) (datagram []byte, ok bool) {
	at, _, ok := p.queue.Next()
	if !ok || at > int64(now.Sub(p.link.epoch)) {
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
