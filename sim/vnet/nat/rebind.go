package nat

import (
	"fmt"
	"net/netip"
	"slices"
)

// Rebind makes the NAT forget every mapping, as one that was restarted or ran
// out of memory. Who sends again gets another port, also where ports are
// preserved (in a range of one port there is no other). OneToOne has nothing
// to forget.
func (n *NAT) Rebind(now int64) {
	n.expire(now)
	n.forget()
	n.ports.shift = (n.ports.shift + shiftPerRebinding) % (1 << 30)
	n.counters.Rebounds++
}

// Renumber is Rebind with other external addresses: as many as before. A NAT
// of kind OneToOne gives them to those inside in the order of Assign.
func (n *NAT) Renumber(now int64, external ...netip.Addr) error {
	switch {
	case n.cfg.Kind == Translate && len(external) == len(n.external):
		n.Rebind(now)
		n.external = slices.Clone(external)
	case n.cfg.Kind == OneToOne && len(external) == len(n.pairs):
		for i := range n.pairs {
			n.pairs[i].outside = external[i]
		}
		n.counters.Rebounds++
	default:
		return fmt.Errorf("nat: Renumber: %d addresses for a NAT of kind %v with %d", len(external), n.cfg.Kind, len(n.External()))
	}
	return nil
}

// forget drops all mappings, those first that would have died first.
func (n *NAT) forget() {
	for n.ages.count > 0 {
		n.dropMapping(n.ages.oldest())
		n.counters.Forgot++
	}
}

// lives reports whether a slot holds a mapping.
func (n *NAT) lives(slot int32) bool {
	m := &n.mappings[slot]
	at, ok := n.byOutside[m.outside]
	return ok && at == slot
}

// A pair is an address inside and the one that stands for it outside.
type pair struct{ inside, outside netip.Addr }

// Assign gives an internal address the external one that stands for it. Of
// OneToOne only.
func (n *NAT) Assign(inside, outside netip.Addr) error {
	if n.cfg.Kind != OneToOne {
		return fmt.Errorf("nat: Assign: the NAT is of kind %v", n.cfg.Kind)
	}
	for _, p := range n.pairs {
		if p.inside == inside || p.outside == outside {
			return fmt.Errorf("nat: Assign: %v is already %v", p.inside, p.outside)
		}
	}
	n.pairs = append(n.pairs, pair{inside, outside})
	return nil
}

// Unassign is the opposite of Assign. It returns the external address.
func (n *NAT) Unassign(inside netip.Addr) (outside netip.Addr, ok bool) {
	for i, p := range n.pairs {
		if p.inside == inside {
			n.pairs = slices.Delete(n.pairs, i, i+1)
			return p.outside, true
		}
	}
	return netip.Addr{}, false
}
