package vnet

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// A host that stands apart shares nothing with any other. What it sends takes
// at least the delay of its own link to reach anyone, so for that long nobody
// can tell when it had its turn. An Internet with such hosts therefore passes
// time in windows of the least of those delays:
//
//  1. The network and everybody else pass through the window in order. What
//     arrives at hosts apart is kept for them.
//  2. The hosts apart pass through the same window, each on its own, as many
//     at once as there are processors.
//  3. What they sent is put on their links, in order of time, and of sockets.
//
// This is the conservative synchronisation of Chandy and Misra (Distributed
// Simulation, IEEE Transactions on Software Engineering 5, 1979), with the
// lookahead that links give. The result does not depend on how many processors
// there are. It is that of a run without hosts apart, but for the order of what
// happens in the very same nanosecond.
type apart struct {
	edge   *Edge
	inbox  []packet
	outbox []packet
	bytes  []byte // of both
	read   int    // of the inbox
	now    int64  // of the turn under way
	order  uint64 // of the deadline in the agenda that this one has not
	digest digest
	events uint64
	stuck  bool
}

// A packet is a datagram that arrives at a host apart, or that it sends.
type packet struct {
	at         int64
	order      uint64 // arrivals: when it was sent, in terms of order
	path       netcode.Path
	start, end int // in apart.bytes
}

func (p *apart) write(at int64, order uint64, path netcode.Path, datagram []byte) packet {
	start := len(p.bytes)
	p.bytes = append(p.bytes, datagram...)
	return packet{at, order, path, start, len(p.bytes)}
}

// SendDatagram keeps what the host sends until the window is over.
func (p *apart) SendDatagram(path netcode.Path, datagram []byte) {
	p.outbox = append(p.outbox, p.write(p.now, 0, path, datagram))
}

// SetApart promises that the host and its loop share nothing that changes with
// any other host, and do not use the network but to send: Run may then give
// them their turns on another goroutine, while others have theirs, and a little
// before or after what happens elsewhere at other times. It is called before
// the first Run. Digest counts what each host apart sees on its own.
//
// It is of use if everything on the machine stands apart, its one interface
// has a link up with a delay, and a network that is simulated costs less than
// what its hosts compute. An Observer hears of what a host apart sends after
// what happened elsewhere in the same window.
func (s *Socket) SetApart() {
	if s.actor.apart == nil {
		s.actor.apart = &apart{edge: s.machine.interfaces[0].edge}
		n := s.machine.net
		n.aparts = append(n.aparts, s)
		n.run = n.runApart
	}
}

// lookahead returns for how long nobody can tell what hosts apart do.
func (n *Internet) lookahead() int64 {
	least := int64(time.Hour)
	for _, s := range n.aparts {
		if s.closed {
			continue
		}
		cfg := &s.actor.apart.edge.upConfig
		if len(s.machine.interfaces) != 1 || cfg.AQM.Algorithm != 0 || !s.machine.allApart() {
			return 1
		}
		least = min(least, int64(cfg.LeastDelay()))
	}
	return max(1, least)
}

func (m *Machine) allApart() bool {
	for _, s := range m.listening {
		if s.actor.apart == nil {
			return false
		}
	}
	return true
}

// runApart is Run where there are hosts apart, from where everybody has been
// met.
func (n *Internet) runApart(end int64) error {
	for {
		start, ok := n.firstEvent()
		if !ok || start > end {
			return nil
		}
		stop, err := n.passWindow(start, min(start+n.lookahead(), end+1))
		if err != nil {
			return err
		}
		n.work(stop)
		if err := n.deliverOutboxes(); err != nil {
			return err
		}
		n.passTo(stop - 1)
	}
}

// firstEvent returns when something happens next.
func (n *Internet) firstEvent() (at int64, ok bool) {
	_, at, ok = n.agenda.First()
	for _, s := range n.aparts {
		if a := &s.actor; a.scheduled && !s.closed && (!ok || a.wakeAt < at) {
			at, ok = a.wakeAt, true
		}
	}
	return at, ok
}

// passWindow is the first step. A call of At may change anything, so the
// window ends before it, unless it is what the window begins with. It returns
// where the window ends.
func (n *Internet) passWindow(start, stop int64) (int64, error) {
	atOnce := 0
	for {
		item, at, ok := n.agenda.First()
		if !ok || at >= stop {
			return stop, nil
		}
		if item%kinds == kindTimer {
			if at > start {
				return at, nil
			}
			stop = start + 1
		}
		if at > n.now {
			n.passTo(at)
			atOnce = 0
		}
		n.stats.Events++
		n.attend(item)
		if atOnce++; atOnce > maxAtOnce {
			return 0, n.stuck(n.nameOf(item))
		}
	}
}

// work is the second step.
func (n *Internet) work(stop int64) {
	n.busy = n.busy[:0]
	for _, s := range n.aparts {
		a := &s.actor
		if !s.closed && (len(a.apart.inbox) > 0 || a.scheduled && a.wakeAt < stop) {
			n.busy = append(n.busy, a)
		}
	}
	workers := min(runtime.GOMAXPROCS(0), len(n.busy))
	if workers < 2 {
		for _, a := range n.busy {
			n.passApart(a, stop)
		}
		return
	}
	var next atomic.Int32
	var group sync.WaitGroup
	take := func() {
		for i := int(next.Add(1)) - 1; i < len(n.busy); i = int(next.Add(1)) - 1 {
			n.passApart(n.busy[i], stop)
		}
	}
	for range workers - 1 {
		group.Go(take)
	}
	take()
	group.Wait()
}

// passApart gives one host its turns until stop. It touches nothing but the
// actor.
func (n *Internet) passApart(a *actor, stop int64) {
	p, atOnce := a.apart, 0
	for {
		at, isLetter := stop, p.read < len(p.inbox)
		if isLetter {
			at = p.inbox[p.read].at
		}
		if a.scheduled && (!isLetter || a.wakeAt < at || a.wakeAt == at && p.order < p.inbox[p.read].order) {
			at, isLetter = a.wakeAt, false
		}
		if at >= stop {
			break
		}
		if at > p.now {
			p.now, atOnce = at, 0
		}
		if atOnce++; atOnce > maxAtOnce {
			p.stuck = true
			return
		}
		p.events++
		now := n.start.Add(time.Duration(p.now))
		if isLetter {
			l := &p.inbox[p.read]
			p.read++
			a.host.Receive(now, l.path, p.bytes[l.start:l.end])
		} else {
			a.scheduled, a.begun = false, true
		}
		if a.loop != nil {
			a.loop.Advance(now)
		}
		a.host.Flush(now, p)
		deadline := a.deadline()
		if a.scheduled = !deadline.IsZero(); a.scheduled {
			a.wakeAt, p.order = max(p.now, int64(deadline.Sub(n.start))), ^uint64(0)
		}
	}
	p.inbox, p.read = p.inbox[:0], 0
}

// deliverOutboxes is the third step.
func (n *Internet) deliverOutboxes() error {
	n.mail = n.mail[:0]
	for _, a := range n.busy {
		p := a.apart
		n.stats.Events += p.events
		p.events, p.order = 0, n.sequence
		if p.stuck {
			return n.stuck(a.name)
		}
		for i := range p.outbox {
			n.mail = append(n.mail, posted{p.outbox[i].at, a, i})
		}
	}
	slices.SortStableFunc(n.mail, func(a, b posted) int { return int(min(max(a.at-b.at, -1), 1)) })
	for _, m := range n.mail {
		n.passTo(m.at)
		l := &m.from.apart.outbox[m.number]
		m.from.out.SendDatagram(l.path, m.from.apart.bytes[l.start:l.end])
	}
	for _, a := range n.busy {
		a.apart.outbox, a.apart.bytes = a.apart.outbox[:0], a.apart.bytes[:0]
	}
	return nil
}

// A posted is an entry of an outbox.
type posted struct {
	at     int64
	from   *actor
	number int
}
