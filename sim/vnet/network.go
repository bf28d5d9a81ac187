package vnet

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/internal/agenda"
	"github.com/reckon-engine/reckon/sim/link"
)

// maxAtOnce is how many events may happen at one instant before Run gives up:
// hosts that answer each other over links without delay, or whose deadline
// never moves, would keep it busy for ever.
const maxAtOnce = 1 << 20

// A Config configures a Network. The zero value is a network of perfect links.
type Config struct {
	// Seed decides all chance in the network.
	Seed uint64

	// Link is the configuration of every link, each direction on its own,
	// that SetLink has not given one of its own.
	Link link.Config

	// Start is the time at the beginning. If zero, time.Unix(0, 0).
	Start time.Time

	// Observer, if not nil, is told of every datagram sent and arrived. It
	// must not call the network.
	Observer func(Event)
}

// An EventKind says what an Event is about.
type EventKind uint8

// The kinds of events.
const (
	Sent       EventKind = iota // a host sent a datagram; Event.Fate says what becomes of it
	Arrived                     // a host is about to receive it
	Unroutable                  // a host sent it to an address where nobody is
)

// An Event is something that happened to a datagram.
type Event struct {
	Kind     EventKind
	Time     time.Time
	From, To netip.AddrPort
	Datagram []byte    // valid during the call
	Fate     link.Fate // of Sent only
}

// Stats count what happened in a Network.
type Stats struct {
	Events     uint64 // arrivals and deadlines
	Arrived    uint64 // datagrams received by hosts, duplicates included
	Unroutable uint64 // datagrams to addresses where nobody is
}

// A Network connects hosts in virtual time. Create it with New.
type Network struct {
	cfg       Config
	now       int64     // nanoseconds since cfg.Start
	time      time.Time // the same as a time
	nodes     []*node
	byAddress map[netip.AddrPort]*node // looked up, never ranged over
	flows     []*flow

	agenda   agenda.Agenda // node n is item 2n, flow n is item 2n+1
	sequence uint64        // of whatever was caused last
	digest   digest
	stats    Stats
}

// New returns a network without hosts. The error is a *link.FieldError.
func New(cfg Config) (*Network, error) {
	if err := cfg.Link.Validate(); err != nil {
		return nil, err
	}
	if cfg.Start.IsZero() {
		cfg.Start = time.Unix(0, 0)
	}
	return &Network{cfg: cfg, time: cfg.Start, byAddress: map[netip.AddrPort]*node{}}, nil
}

// Add puts a host at an address. The loop may be nil. Hosts join in the order
// they are added, which is part of what a seed means.
func (n *Network) Add(address netip.AddrPort, host Host, loop Loop) error {
	switch {
	case !address.IsValid():
		return fmt.Errorf("vnet: Add: address is not valid")
	case address.Addr().Is4In6():
		return fmt.Errorf("vnet: Add: %v is IPv4 mapped into IPv6; use the IPv4 address", address)
	case host == nil:
		return fmt.Errorf("vnet: Add: host at %v is nil", address)
	case n.byAddress[address] != nil:
		return fmt.Errorf("vnet: Add: two hosts at %v", address)
	}
	v := &node{network: n, number: len(n.nodes), address: address, host: host, loop: loop}
	n.nodes = append(n.nodes, v)
	n.byAddress[address] = v
	return nil
}

// Now returns the virtual time.
func (n *Network) Now() time.Time { return n.time }

// Digest returns a hash of every datagram that has arrived, with its time and
// addresses, in order of arrival. Two runs with equal digests were the same.
func (n *Network) Digest() uint64 { return uint64(n.digest) }

// Stats returns what was counted since New.
func (n *Network) Stats() Stats { return n.stats }

// Run advances the virtual time to until, and does everything that is due on
// the way, what is due at until included. It returns an error if hosts keep
// each other busy without time passing; the network is of no use after that.
func (n *Network) Run(until time.Time) error {
	for _, v := range n.nodes {
		if !v.begun {
			v.begun = true
			n.advance(v)
			continue
		}
		v.host.Flush(n.time, v)
		n.schedule(v)
	}
	end, atOnce := int64(until.Sub(n.cfg.Start)), 0
	for {
		item, at, ok := n.agenda.First()
		if !ok || at > end {
			break
		}
		if at > n.now {
			n.passTo(at)
			atOnce = 0
		}
		n.stats.Events++
		var v *node
		if item%2 == 0 {
			v = n.nodes[item/2]
			v.scheduled = false
			n.agenda.Remove(item)
		} else {
			v = n.receive(n.flows[item/2])
		}
		n.advance(v)
		if atOnce++; atOnce > maxAtOnce {
			return fmt.Errorf("vnet: more than %d events at %v, the last at %v: time does not pass", maxAtOnce, time.Duration(n.now), v.address)
		}
	}
	n.passTo(max(n.now, end))
	return nil
}

// passTo sets the time, in nanoseconds since the start.
func (n *Network) passTo(at int64) {
	n.now, n.time = at, n.cfg.Start.Add(time.Duration(at))
}

// advance runs a host's loop, flushes the host, and asks when it is next due.
func (n *Network) advance(v *node) {
	if v.loop != nil {
		v.loop.Advance(n.time)
	}
	v.host.Flush(n.time, v)
	n.schedule(v)
}

// schedule puts a host's next deadline into the agenda.
func (n *Network) schedule(v *node) {
	deadline := v.host.NextDeadline()
	if v.loop != nil {
		if d := v.loop.NextDeadline(); !d.IsZero() && (deadline.IsZero() || d.Before(deadline)) {
			deadline = d
		}
	}
	if deadline.IsZero() {
		if v.scheduled {
			v.scheduled = false
			n.agenda.Remove(2 * v.number)
		}
		return
	}
	at := max(n.now, int64(deadline.Sub(n.cfg.Start)))
	if v.scheduled && v.wakeAt == at {
		return
	}
	v.scheduled, v.wakeAt = true, at
	n.sequence++
	n.agenda.Set(2*v.number, at, n.sequence)
}

// receive hands the datagram that is due on f to its receiver.
func (n *Network) receive(f *flow) *node {
	datagram, ok := f.pipe.Pop(n.time)
	if !ok {
		panic("vnet: BUG: a link was due and had nothing to deliver")
	}
	n.scheduleFlow(f)
	n.stats.Arrived++
	n.digest.word(uint64(n.now))
	n.digest.word(f.mark)
	n.digest.bytes(datagram)
	if n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Arrived, Time: n.time, From: f.from.address, To: f.to.address, Datagram: datagram})
	}
	f.to.host.Receive(n.time, f.path, datagram)
	return f.to
}

// send puts a datagram on a link.
func (n *Network) send(f *flow, datagram []byte) {
	fate := f.pipe.Push(n.time, datagram)
	if n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Sent, Time: n.time, From: f.from.address, To: f.to.address, Datagram: datagram, Fate: fate})
	}
	if fate.Cause == link.Delivered {
		n.scheduleFlow(f)
	}
}

func (n *Network) unroutable(from *node, to netip.AddrPort, datagram []byte) {
	n.stats.Unroutable++
	if n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Unroutable, Time: n.time, From: from.address, To: to, Datagram: datagram})
	}
}

// scheduleFlow puts the next delivery of a link into the agenda.
func (n *Network) scheduleFlow(f *flow) {
	due, order, ok := f.pipe.Next()
	switch {
	case !ok:
		if f.scheduled {
			f.scheduled = false
			n.agenda.Remove(2*f.number + 1)
		}
	case !f.scheduled || f.order != order:
		f.scheduled, f.order = true, order
		n.agenda.Set(2*f.number+1, int64(due.Sub(n.cfg.Start)), order)
	}
}

// flow returns the link from one host to another, which comes into being when
// it is first used or configured. Its seed follows from the numbers of the
// hosts, so it does not matter when that is.
func (n *Network) flow(from, to *node) *flow {
	for len(from.out) <= to.number {
		from.out = append(from.out, nil)
	}
	if f := from.out[to.number]; f != nil {
		return f
	}
	seed := link.SubSeed(link.SubSeed(n.cfg.Seed, uint64(from.number)), uint64(to.number))
	pipe, err := link.NewPipe(n.cfg.Link, seed, link.PipeLimits{})
	if err != nil {
		panic("vnet: BUG: the default link was valid: " + err.Error())
	}
	pipe.ShareSequence(&n.sequence)
	f := &flow{
		number: len(n.flows), from: from, to: to, pipe: pipe,
		path: netcode.Path{Remote: from.address, Local: to.address.Addr()},
	}
	var mark digest
	mark.address(from.address)
	mark.address(to.address)
	f.mark = uint64(mark)
	n.flows = append(n.flows, f)
	from.out[to.number] = f
	return f
}
