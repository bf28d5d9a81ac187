package nat

import (
	"fmt"
	"net/netip"
)

// permitsPerMapping bounds the permits of a NAT, as a multiple of its
// mappings. Where there would be more, the one that was longest not used is
// forgotten: it is as if its lifetime had been shorter.
const permitsPerMapping = 8

// A NAT is a NAT or a firewall. Create it with New. In the steady state it
// does not allocate. It is not safe for concurrent use. Time must not go back.
type NAT struct {
	cfg      Config
	seed     uint64
	external []netip.Addr
	counters Counters

	mappings  []mapping // by slot of ages
	ages      lives
	byInside  map[insideKey]int32 // the maps are looked up, never ranged over
	byOutside map[netip.AddrPort]int32

	permits    []permit // by slot of permitAges
	permitAges lives
	byPermit   map[permitKey]int32

	ports portPool
	pairs []pair // of OneToOne
}

// A mapping is what an internal endpoint looks like from outside.
type mapping struct {
	inside, outside netip.AddrPort
	remote          netip.AddrPort // what it depends on, and zero what not
	permits         int32          // the first of its permits
}

type insideKey struct{ inside, remote netip.AddrPort }

// A permit lets a remote endpoint in through a mapping.
type permit struct {
	mapping    int32
	remote     netip.AddrPort // what filtering depends on, and zero what not
	prev, next int32          // of the same mapping
}

type permitKey struct {
	mapping int32
	remote  netip.AddrPort
}

// New returns a NAT whose chance follows from seed. External addresses are
// those that Translate shares between everyone inside; it needs one at least,
// and other kinds have none. The error is a *FieldError or says what is wrong
// with the addresses.
func New(cfg Config, seed uint64, external ...netip.Addr) (*NAT, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if (cfg.Kind == Translate) != (len(external) > 0) {
		return nil, fmt.Errorf("nat: %d external addresses for a NAT of kind %v", len(external), cfg.Kind)
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = DefaultLifetime
	}
	if cfg.FirstLifetime == 0 {
		cfg.FirstLifetime = cfg.Lifetime
	}
	if cfg.MaxMappings == 0 {
		cfg.MaxMappings = DefaultMaxMappings
	}
	if cfg.Kind != Translate {
		cfg.Mapping = EndpointIndependent // what is not translated depends on nothing
	}
	n := &NAT{
		cfg: cfg, seed: seed, external: append([]netip.Addr(nil), external...),
		byInside: map[insideKey]int32{}, byOutside: map[netip.AddrPort]int32{}, byPermit: map[permitKey]int32{},
		ages:       newLives(int64(cfg.FirstLifetime), int64(cfg.Lifetime)),
		permitAges: newLives(int64(cfg.FirstLifetime), int64(cfg.Lifetime)),
	}
	n.ports.reset(&n.cfg, len(external))
	return n, nil
}

// Config returns the configuration with its defaults applied.
func (n *NAT) Config() Config { return n.cfg }

// Counters returns what was counted since New.
func (n *NAT) Counters() Counters { return n.counters }

// Len returns how many mappings there were when the NAT was last asked
// something with a time.
func (n *NAT) Len() int { return n.ages.count }

// External returns the addresses that are the NAT's own outside.
func (n *NAT) External() []netip.Addr {
	all := append([]netip.Addr(nil), n.external...)
	for _, p := range n.pairs {
		all = append(all, p.outside)
	}
	return all
}

// Outbound passes a datagram from inside, and returns what it comes from on
// the outside.
func (n *NAT) Outbound(now int64, from, to netip.AddrPort) (outside netip.AddrPort, v Verdict) {
	outside, v = n.leave(now, from, to)
	n.count(v)
	if v == Passed {
		n.counters.Outbound++
	}
	return outside, v
}

// Inbound passes a datagram from outside, and returns whom it is for inside.
func (n *NAT) Inbound(now int64, from, to netip.AddrPort) (inside netip.AddrPort, v Verdict) {
	inside, v = n.enter(now, from, to)
	n.count(v)
	if v == Passed {
		n.counters.Inbound++
	}
	return inside, v
}

// Hairpin turns a datagram round that comes from inside and is for an external
// address of the NAT. It returns what it comes from and whom it is for inside.
// The sender's mapping is made and used as by Outbound, also if the datagram is
// then filtered: that is how two inside punch holes for each other.
func (n *NAT) Hairpin(now int64, from, to netip.AddrPort) (source, inside netip.AddrPort, v Verdict) {
	if n.cfg.Hairpin == HairpinOff && n.cfg.Kind != Blocked {
		n.count(NoHairpin)
		return source, inside, NoHairpin
	}
	source, v = n.leave(now, from, to)
	if v == Passed {
		inside, v = n.enter(now, source, to)
	}
	n.count(v)
	if v != Passed {
		return source, inside, v
	}
	n.counters.Outbound++
	n.counters.Inbound++
	n.counters.Hairpinned++
	if n.cfg.Hairpin == HairpinInternal {
		source = from
	}
	return source, inside, Passed
}

// leave is Outbound without counting.
func (n *NAT) leave(now int64, from, to netip.AddrPort) (outside netip.AddrPort, v Verdict) {
	switch n.cfg.Kind {
	case None:
		return from, Passed
	case Blocked:
		return from, UDPBlocked
	case OneToOne:
		for i := range n.pairs {
			if n.pairs[i].inside == from.Addr() {
				return netip.AddrPortFrom(n.pairs[i].outside, from.Port()), Passed
			}
		}
		return from, NoMapping
	}
	n.expire(now)
	slot, v := n.mappingFor(now, from, to)
	if v != Passed {
		return from, v
	}
	n.ages.renew(slot, now)
	if n.cfg.Filtering != EndpointIndependent {
		n.permit(now, slot, to)
	}
	return n.mappings[slot].outside, Passed
}

// enter is Inbound without counting.
func (n *NAT) enter(now int64, from, to netip.AddrPort) (inside netip.AddrPort, v Verdict) {
	switch n.cfg.Kind {
	case None:
		return to, Passed
	case Blocked:
		return to, UDPBlocked
	case OneToOne:
		for i := range n.pairs {
			if n.pairs[i].outside == to.Addr() {
				return netip.AddrPortFrom(n.pairs[i].inside, to.Port()), Passed
			}
		}
		return to, NoMapping
	}
	n.expire(now)
	slot, ok := n.byOutside[to]
	if !ok {
		return to, NoMapping
	}
	if n.cfg.Filtering != EndpointIndependent {
		p, ok := n.byPermit[permitKey{slot, reduce(n.cfg.Filtering, from)}]
		if !ok {
			return to, Filtered
		}
		n.permitAges.answer(p)
		if n.cfg.RefreshInbound {
			n.permitAges.renew(p, now)
		}
	}
	n.ages.answer(slot)
	if n.cfg.RefreshInbound {
		n.ages.renew(slot, now)
	}
	return n.mappings[slot].inside, Passed
}

// reduce returns of a remote endpoint what something depends on.
func reduce(d Dependence, remote netip.AddrPort) netip.AddrPort {
	switch d {
	case EndpointIndependent:
		return netip.AddrPort{}
	case AddressDependent:
		return netip.AddrPortFrom(remote.Addr(), 0)
	}
	return remote
}

// mappingFor returns the mapping of an internal endpoint towards a remote one,
// and makes it if there is none.
func (n *NAT) mappingFor(now int64, inside, remote netip.AddrPort) (slot int32, v Verdict) {
	key := insideKey{inside, reduce(n.cfg.Mapping, remote)}
	if slot, ok := n.byInside[key]; ok {
		return slot, Passed
	}
	if n.ages.count >= n.cfg.MaxMappings {
		return 0, TableFull
	}
	outside := inside
	if n.cfg.Kind == Translate {
		var ok bool
		if outside, ok = n.allocate(inside); !ok {
			return 0, NoPort
		}
	}
	slot = n.ages.add(now)
	for int(slot) >= len(n.mappings) {
		n.mappings = append(n.mappings, mapping{})
	}
	n.mappings[slot] = mapping{inside: inside, outside: outside, remote: key.remote, permits: nobody}
	n.byInside[key] = slot
	n.byOutside[outside] = slot
	n.counters.Created++
	return slot, Passed
}

// permit lets a remote endpoint in through a mapping for another lifetime.
func (n *NAT) permit(now int64, slot int32, remote netip.AddrPort) {
	key := permitKey{slot, reduce(n.cfg.Filtering, remote)}
	if p, ok := n.byPermit[key]; ok {
		n.permitAges.renew(p, now)
		return
	}
	if n.permitAges.count >= permitsPerMapping*n.cfg.MaxMappings {
		n.dropPermit(n.permitAges.oldest())
	}
	p := n.permitAges.add(now)
	for int(p) >= len(n.permits) {
		n.permits = append(n.permits, permit{})
	}
	m := &n.mappings[slot]
	n.permits[p] = permit{mapping: slot, remote: key.remote, prev: nobody, next: m.permits}
	if m.permits != nobody {
		n.permits[m.permits].prev = p
	}
	m.permits = p
	n.byPermit[key] = p
}

func (n *NAT) dropPermit(p int32) {
	dead := n.permits[p]
	if dead.prev != nobody {
		n.permits[dead.prev].next = dead.next
	} else {
		n.mappings[dead.mapping].permits = dead.next
	}
	if dead.next != nobody {
		n.permits[dead.next].prev = dead.prev
	}
	delete(n.byPermit, permitKey{dead.mapping, dead.remote})
	n.permitAges.remove(p)
}

func (n *NAT) dropMapping(slot int32) {
	m := &n.mappings[slot]
	for m.permits != nobody {
		n.dropPermit(m.permits)
	}
	delete(n.byInside, insideKey{m.inside, m.remote})
	delete(n.byOutside, m.outside)
	if n.cfg.Kind == Translate {
		n.ports.release(n.external, m.outside)
	}
	n.ages.remove(slot)
}

// expire forgets everything whose lifetime is over, so that whatever is in the
// tables is alive.
func (n *NAT) expire(now int64) {
	for p, ok := n.permitAges.dead(now); ok; p, ok = n.permitAges.dead(now) {
		n.dropPermit(p)
	}
	for slot, ok := n.ages.dead(now); ok; slot, ok = n.ages.dead(now) {
		n.dropMapping(slot)
		n.counters.Expired++
	}
}

// count counts a datagram that was dropped.
func (n *NAT) count(v Verdict) {
	switch v {
	case NoMapping:
		n.counters.NoMapping++
	case Filtered:
		n.counters.Filtered++
	case TableFull:
		n.counters.TableFull++
	case NoPort:
		n.counters.NoPort++
	case NoHairpin:
		n.counters.NoHairpin++
	case UDPBlocked:
		n.counters.UDPBlocked++
	}
}
