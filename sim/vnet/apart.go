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
// time in windows of half the least of those delays:
//
//  1. The network and everybody else pass through the window in order. What
//     arrives at hosts apart is kept for them.
//  2. The hosts apart pass through the same window, each on its own, as many
//     at once as there are processors. Meanwhile step 1 of the next window
//     goes on: half the delay is still to come.
//  3. What they sent is put on their links, in order of time, and of sockets.
//
// This is the conservative synchronisation of Chandy and Misra (Distributed
// Simulation, IEEE Transactions on Software Engineering 5, 1979), with the
// lookahead that links give. The result does not depend on how many processors
// there are. It is that of a run without hosts apart, but for the order of what
// happens in the very same nanosecond.
type apart struct {
	edge   *Edge
	coming mailbox // step 1 puts there what arrives
	inbox  mailbox // step 2 takes it from here
	outbox mailbox
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
	start, end int // in mailbox.bytes
}

// A mailbox holds packets in order of time.
type mailbox struct {
	packets []packet
	bytes   []byte
}

func (m *mailbox) put(at int64, order uint64, path netcode.Path, datagram []byte) {
	start := len(m.bytes)
	m.bytes = append(m.bytes, datagram...)
	m.packets = append(m.packets, packet{at, order, path, start, len(m.bytes)})
}

func (m *mailbox) empty() { m.packets, m.bytes = m.packets[:0], m.bytes[:0] }

// SendDatagram keeps what the host sends until the window is over.
func (p *apart) SendDatagram(path netcode.Path, datagram []byte) {
	p.outbox.put(p.now, 0, path, datagram)
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

// leastWindow is the least window for which it is worth while to have turns at
// once: there has to be something to do in it.
const leastWindow = int64(200 * time.Microsecond)

// runApart is Run where there are hosts apart, from where everybody has been
// met.
func (n *Internet) runApart(end int64) error {
	defer n.crew.wait() // on the way out with an error too
	for {
		start, ok := n.firstEvent()
		if !ok || start > end {
			return nil
		}
		window := n.lookahead() / 2
		if item, at, ok := n.agenda.First(); ok && at == start && item%kinds == kindTimer {
			window = 1 // it may change anything
		}
		var err error
		if window < leastWindow {
			err = n.passOne(start, min(start+max(window, 1), end+1))
		} else {
			err = n.passMany(start, window, end+1)
		}
		if err != nil {
			return err
		}
	}
}

// passOne passes one window, a step after the other.
func (n *Internet) passOne(start, stop int64) error {
	stop, err := n.passWindow(start, stop)
	if err != nil {
		return err
	}
	n.work(stop)
	return n.deliver(stop)
}

// passMany passes windows until end, or until a call of At is next, or nothing
// is.
func (n *Internet) passMany(start, window, end int64) error {
	for until := int64(0); ; start = until {
		next, idle := min(start+window, end), false
		item, at, ok := n.agenda.First()
		switch {
		case start == end, ok && at == start && item%kinds == kindTimer:
			idle = true
		default:
			var err error
			if next, err = n.passWindow(start, next); err != nil {
				return err
			}
		}
		n.crew.wait() // for step 2 of the window before
		if until != 0 {
			if err := n.deliver(until); err != nil {
				return err
			}
		}
		if idle {
			return nil
		}
		until = next
		n.work(until)
		if !ok && len(n.busy) == 0 {
			return n.deliver(until) // the next event may be far
		}
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

// work begins the second step. Whoever needs what comes of it waits for the
// crew.
func (n *Internet) work(stop int64) {
	n.busy = n.busy[:0]
	for _, s := range n.aparts {
		a := &s.actor
		if p := a.apart; !s.closed && (len(p.coming.packets) > 0 || a.scheduled && a.wakeAt < stop) {
			p.inbox, p.coming = p.coming, p.inbox
			n.busy = append(n.busy, a)
		}
	}
	n.crew.begin(len(n.busy), func(i int) { n.passApart(n.busy[i], stop) })
}

// A crew does pieces of work on all processors. The zero value has none.
type crew struct {
	pieces int
	do     func(piece int)
	next   atomic.Int32
	done   atomic.Int32
	group  sync.WaitGroup
}

// patience is how often a crew looks whether the others are done before it
// sleeps: pieces are short, and going to sleep is not.
const patience = 100

// begin begins with so many pieces, after wait. The caller's processor stays
// free until it waits.
func (c *crew) begin(pieces int, do func(piece int)) {
	c.pieces, c.do = pieces, do
	c.next.Store(0)
	c.done.Store(0)
	for range min(runtime.GOMAXPROCS(0)-1, pieces) {
		c.group.Go(c.work)
	}
}

// wait does what is left, and returns when all is done.
func (c *crew) wait() {
	c.work()
	for i := 0; i < patience && int(c.done.Load()) < c.pieces; i++ {
		runtime.Gosched()
	}
	c.group.Wait()
	c.pieces = 0
}

func (c *crew) work() {
	for i := int(c.next.Add(1)) - 1; i < c.pieces; i = int(c.next.Add(1)) - 1 {
		c.do(i)
		c.done.Add(1)
	}
}

// passApart gives one host its turns until stop. It touches nothing but the
// actor.
func (n *Internet) passApart(a *actor, stop int64) {
	p, atOnce := a.apart, 0
	for {
		at, arrives := stop, p.read < len(p.inbox.packets)
		if arrives {
			at = p.inbox.packets[p.read].at
		}
		if a.scheduled && (!arrives || a.wakeAt < at || a.wakeAt == at && p.order < p.inbox.packets[p.read].order) {
			at, arrives = a.wakeAt, false
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
		if arrives {
			l := &p.inbox.packets[p.read]
			p.read++
			a.host.Receive(now, l.path, p.inbox.bytes[l.start:l.end])
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
	p.inbox.empty()
	p.read = 0
}

// deliver is the third step, at the end of the window.
func (n *Internet) deliver(stop int64) error {
	n.crew.wait()
	n.mail = n.mail[:0]
	for _, a := range n.busy {
		p := a.apart
		n.stats.Events += p.events
		p.events, p.order = 0, n.sequence
		if p.stuck {
			return n.stuck(a.name)
		}
		for i := range p.outbox.packets {
			n.mail = append(n.mail, posted{p.outbox.packets[i].at, a, i})
		}
	}
	slices.SortStableFunc(n.mail, func(a, b posted) int { return int(min(max(a.at-b.at, -1), 1)) })
	for _, m := range n.mail {
		n.passTo(m.at)
		box := &m.from.apart.outbox
		l := &box.packets[m.number]
		m.from.out.SendDatagram(l.path, box.bytes[l.start:l.end])
	}
	for _, a := range n.busy {
		a.apart.outbox.empty()
	}
	n.busy = n.busy[:0]
	n.passTo(stop - 1)
	return nil
}

// A posted is an entry of an outbox.
type posted struct {
	at     int64
	from   *actor
	number int
}
