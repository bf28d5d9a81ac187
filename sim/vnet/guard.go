package vnet

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// A guard is the NAT or firewall of a router for one family.
type guard struct {
	nat        *nat.NAT
	translates bool // addresses behind it mean nothing before it
}

// setGuards makes the router's NAT and firewall, and chooses the NAT's
// addresses.
func (r *Router) setGuards(cfg RouterConfig) error {
	translates := cfg.IPv4.Kind == nat.Translate || cfg.IPv4.Kind == nat.OneToOne
	switch {
	case cfg.IPv6.Kind == nat.Translate || cfg.IPv6.Kind == nat.OneToOne:
		return fmt.Errorf("IPv6 is never translated: the kind is %v", cfg.IPv6.Kind)
	case !translates && len(cfg.Addresses) != 0:
		return errors.New("it has addresses, but is no NAT")
	case cfg.RebindEvery < 0 || cfg.RenumberEvery < 0:
		return errors.New("RebindEvery or RenumberEvery is negative")
	case cfg.RenumberEvery > 0 && !translates:
		return errors.New("it has no addresses to renumber")
	}
	if err := r.checkOutside(cfg.Addresses, nil); err != nil {
		return err
	}
	addresses := slices.Clone(cfg.Addresses)
	if cfg.IPv4.Kind == nat.OneToOne {
		r.pool, r.own = addresses, len(addresses) > 0
		addresses = nil
	} else if translates && len(addresses) == 0 {
		address, err := r.freeOutside()
		if err != nil {
			return err
		}
		addresses = []netip.Addr{address}
	}
	r.external = addresses
	for family, c := range [families]nat.Config{family4: cfg.IPv4, family6: cfg.IPv6} {
		if c.Kind == nat.None {
			continue
		}
		external := addresses
		if family == family6 {
			external = nil
		}
		box, err := nat.New(c, link.SubSeed(r.net.seedOf(r.name), seedOfNAT+uint64(family)), external...)
		if err != nil {
			return err
		}
		r.guards[family] = &guard{nat: box, translates: translates && family == family4}
	}
	if translates {
		// A realm of its own. Those of the first 256 NATs look different,
		// which is kind to whoever reads a log; nothing depends on it.
		r.realm4 = newRealm(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(r.net.nats)}), 16))
		r.net.nats++
	}
	return nil
}

// seedOfNAT is the index of a NAT's seed below its router's. The links of the
// router's edge have 0 and 1.
const seedOfNAT = 2

// guarded passes a datagram through the router's NAT or firewall.
func (r *Router) guarded(g *guard, fromAbove bool, label uint64, datagram []byte) {
	n := r.net
	number, from, to := openLabel(label)
	src, dst := n.book.endpoints[from].address, n.book.endpoints[to].address
	host := n.book.endpoints[to].host
	var verdict nat.Verdict
	down := fromAbove
	switch {
	case fromAbove:
		dst, verdict = g.nat.Inbound(n.now, src, dst)
	case r.routes[host] != nil: // a neighbour: the NAT is not on the way
		r.forward(false, label, datagram)
		return
	case g.translates && r.edge.parent.routes[host] == r.edge: // our own outside
		src, dst, verdict = g.nat.Hairpin(n.now, src, dst)
		down = true
	default:
		src, verdict = g.nat.Outbound(n.now, src, dst)
	}
	if verdict != nat.Passed {
		n.refuse(label, r.name, verdict, datagram)
		return
	}
	if g.translates {
		from, fromOK := n.book.endpoint(src)
		to, toOK := n.book.endpoint(dst)
		if !fromOK || !toOK {
			n.lost(Unroutable, label, r.name, datagram)
			return
		}
		label = labelOf(number, from, to)
		if n.cfg.Observer != nil {
			n.cfg.Observer(n.event(Translated, label, r.name, datagram))
		}
	}
	if down {
		r.forward(true, label, datagram)
	} else {
		r.edge.carry(Up, label, datagram)
	}
}

// refuse counts a datagram that a NAT or firewall did not let pass.
func (n *Internet) refuse(label uint64, where string, verdict nat.Verdict, datagram []byte) {
	n.stats.Refused++
	if n.cfg.Observer != nil {
		event := n.event(Refused, label, where, datagram)
		event.Refusal = verdict
		n.cfg.Observer(event)
	}
}

// External returns the addresses that the router's NAT has outside.
func (r *Router) External() []netip.Addr {
	if g := r.guards[family4]; g != nil {
		return g.nat.External()
	}
	return nil
}

// NATCounters returns what the router's NATs and firewalls have counted, for
// IPv4 and for IPv6.
func (r *Router) NATCounters() (v4, v6 nat.Counters) {
	if g := r.guards[family4]; g != nil {
		v4 = g.nat.Counters()
	}
	if g := r.guards[family6]; g != nil {
		v6 = g.nat.Counters()
	}
	return v4, v6
}

// Mapping returns what an endpoint inside looks like to a remote one outside,
// and false if it has sent it nothing for too long. Mapping.Expires counts
// from the beginning of the run. A router without a NAT shows everyone as they
// are.
func (r *Router) Mapping(inside, remote netip.AddrPort) (nat.Mapping, bool) {
	g := r.guards[familyOf(inside.Addr().Is6())]
	if g == nil {
		return nat.Mapping{Inside: inside, Outside: inside}, true
	}
	return g.nat.Mapping(r.net.now, inside, remote)
}

// Mappings returns all mappings, those of IPv4 first.
func (r *Router) Mappings() []nat.Mapping {
	var all []nat.Mapping
	for _, g := range r.guards {
		if g != nil {
			all = append(all, g.nat.Mappings(r.net.now)...)
		}
	}
	return all
}

// Outside returns what the socket looks like to a remote endpoint, through all
// NATs on the way to it. It reports false where a NAT has no mapping for that,
// or the machine has no interface up.
func (s *Socket) Outside(remote netip.AddrPort) (netip.AddrPort, bool) {
	m := s.machine
	source := m.sourceOf(netcode.Path{Remote: remote})
	if source < 0 || s.closed {
		return netip.AddrPort{}, false
	}
	at := netip.AddrPortFrom(m.locals[source].address, s.port)
	host := m.net.book.host(remote.Addr())
	for r := m.locals[source].on.edge.parent; r.edge != nil && r.routes[host] == nil; r = r.edge.parent {
		mapping, ok := r.Mapping(at, remote)
		if !ok {
			return netip.AddrPort{}, false
		}
		at = mapping.Outside
	}
	return at, true
}
