package nat

import "net/netip"

// A Mapping is what an internal endpoint looks like from outside.
type Mapping struct {
	Inside, Outside netip.AddrPort

	// Remote is what the mapping is for: the zero AddrPort if for everything,
	// with port 0 if for an address.
	Remote netip.AddrPort

	// Expires is when the mapping dies if it is not used. Zero if never.
	Expires int64

	// Answered reports whether something has come in.
	Answered bool
}

// Mapping returns the mapping that a datagram from an internal endpoint to a
// remote one would use. It makes and prolongs none, and reports false if there
// is none.
func (n *NAT) Mapping(now int64, inside, remote netip.AddrPort) (m Mapping, ok bool) {
	switch n.cfg.Kind {
	case None:
		return Mapping{Inside: inside, Outside: inside}, true
	case Blocked:
		return Mapping{}, false
	case OneToOne:
		outside, v := n.leave(now, inside, remote)
		return Mapping{Inside: inside, Outside: outside}, v == Passed
	}
	n.expire(now)
	slot, ok := n.byInside[insideKey{inside, reduce(n.cfg.Mapping, remote)}]
	if !ok {
		return Mapping{}, false
	}
	return n.show(slot), true
}

// Mappings returns all mappings of Translate and Firewall, in no meaningful
// order, but always in the same.
func (n *NAT) Mappings(now int64) []Mapping {
	n.expire(now)
	all := make([]Mapping, 0, n.ages.count)
	for slot := range n.mappings {
		if n.lives(int32(slot)) {
			all = append(all, n.show(int32(slot)))
		}
	}
	return all
}

func (n *NAT) show(slot int32) Mapping {
	m, life := &n.mappings[slot], &n.ages.slots[slot]
	return Mapping{Inside: m.inside, Outside: m.outside, Remote: m.remote, Expires: life.expires, Answered: life.answered}
}
