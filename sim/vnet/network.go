package vnet

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
)

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

// A Network connects hosts in virtual time: every two of them by a link each
// way that nobody else uses. Create it with New.
type Network struct {
	clockwork
	cfg       Config
	nodes     []*node
	byAddress map[netip.AddrPort]*node // looked up, never ranged over
	flows     []*flow
}

// New returns a network without hosts. The error is a *link.FieldError.
func New(cfg Config) (*Network, error) {
	if err := cfg.Link.Validate(); err != nil {
		return nil, err
	}
	return &Network{clockwork: newClockwork(cfg.Start), cfg: cfg, byAddress: map[netip.AddrPort]*node{}}, nil
}

// A node is a host at its address. It is the Sender that the host flushes to.
type node struct {
	actor
	network *Network
	address netip.AddrPort
	out     []*flow // by number of the receiver; nil until used
	last    *flow   // where the latest datagram went: usually where the next goes
}

// A flow is one direction of the link between two hosts.
type flow struct {
	wire
	from, to *node
	path     netcode.Path // as the receiver sees it
	mark     uint64       // of both addresses, for the digest
	own      bool         // configured by SetLink, not by default
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
	v := &node{network: n, address: address}
	v.actor = actor{name: address.String(), host: host, loop: loop, out: v}
	n.addActor(&v.actor)
	n.nodes = append(n.nodes, v)
	n.byAddress[address] = v
	return nil
}

// Digest returns a hash of every datagram that has arrived, with its time and
// addresses, in order of arrival. Two runs with equal digests were the same.
func (n *Network) Digest() uint64 { return uint64(n.digest) }

// SendDatagram puts a datagram on the link to path.Remote. It is called by
// the host during Flush.
func (v *node) SendDatagram(path netcode.Path, datagram []byte) {
	n := v.network
	n.stats.Sent++
	f := v.last
	if f == nil || f.to.address != path.Remote {
		to := n.byAddress[path.Remote]
		if to == nil {
			n.unroutable(v, path.Remote, datagram)
			return
		}
		f = n.flow(v, to)
		v.last = f
	}
	n.send(f, datagram)
}

// send puts a datagram on a link.
func (n *Network) send(f *flow, datagram []byte) {
	fate := f.wire.pipe.PushAt(n.now, 0, datagram)
	if n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Sent, Time: n.time, From: f.from.address, To: f.to.address, Datagram: datagram, Fate: fate})
	}
	n.scheduleWire(&f.wire)
}

func (n *Network) unroutable(from *node, to netip.AddrPort, datagram []byte) {
	n.stats.Unroutable++
	if n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Unroutable, Time: n.time, From: from.address, To: to, Datagram: datagram})
	}
}

// receive hands a datagram that was due on f to its receiver.
func (f *flow) receive(_ *wire, _ uint64, datagram []byte) *actor {
	n := f.to.network
	n.stats.Arrived++
	n.digest.word(uint64(n.now))
	n.digest.word(f.mark)
	n.digest.bytes(datagram)
	if n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Arrived, Time: n.time, From: f.from.address, To: f.to.address, Datagram: datagram})
	}
	f.to.host.Receive(n.time, f.path, datagram)
	return &f.to.actor
}

// dropped tells the observer of a datagram that was Pending.
func (f *flow) dropped(fate link.Fate, _ uint64, datagram []byte) {
	if n := f.to.network; n.cfg.Observer != nil {
		n.cfg.Observer(Event{Kind: Dropped, Time: n.time, From: f.from.address, To: f.to.address, Datagram: datagram, Fate: fate})
	}
}

// String names the link for an error.
func (f *flow) String() string {
	return fmt.Sprintf("the link from %v to %v", f.from.address, f.to.address)
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
	f := &flow{
		from: from, to: to,
		path: netcode.Path{Remote: from.address, Local: to.address.Addr()},
	}
	f.wire = wire{pipe: pipe, end: f}
	pipe.OnDrop(f.dropped)
	n.addWire(&f.wire)
	var mark digest
	mark.address(from.address)
	mark.address(to.address)
	f.mark = uint64(mark)
	n.flows = append(n.flows, f)
	from.out[to.number] = f
	return f
}
