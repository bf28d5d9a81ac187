package vnet

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// publish makes the routers above an edge send what is for an address down
// that edge, as far as the address means something; and beyond a one-to-one
// NAT, what is for the address that stands for it.
func (n *Internet) publish(address netip.Addr, edge *Edge) error {
	top := edge.parent
	for top.edge != nil && !top.translates(address) {
		top = top.edge.parent
	}
	if err := top.assign(address); err != nil {
		return err
	}
	n.realmOf(address, edge.parent).taken[address] = edge
	host := n.book.host(address)
	for r := edge.parent; ; r, edge = r.edge.parent, r.edge {
		r.routes[host] = edge
		if r == top {
			return nil
		}
	}
}

// withdraw is the opposite of publish.
func (n *Internet) withdraw(address netip.Addr, edge *Edge) {
	delete(n.realmOf(address, edge.parent).taken, address)
	host := n.book.host(address)
	for r := edge.parent; ; r = r.edge.parent {
		delete(r.routes, host)
		if r.edge == nil || r.translates(address) {
			r.unassign(address)
			return
		}
	}
}

// assign gives an address inside a one-to-one NAT another outside.
func (r *Router) assign(inside netip.Addr) error {
	if !r.isOneToOne(inside) {
		return nil
	}
	var outside netip.Addr
	switch {
	case len(r.pool) > 0:
		outside, r.pool = r.pool[0], r.pool[1:]
	case r.own:
		return errors.New("no external address of the one-to-one NAT is free")
	default:
		var err error
		if outside, err = r.freeOutside(); err != nil {
			return err
		}
	}
	if err := r.net.publish(outside, r.edge); err != nil {
		return err
	}
	return r.guards[family4].nat.Assign(inside, outside)
}

func (r *Router) unassign(inside netip.Addr) {
	if !r.isOneToOne(inside) {
		return
	}
	if outside, ok := r.guards[family4].nat.Unassign(inside); ok {
		r.net.withdraw(outside, r.edge)
		r.pool = append(r.pool, outside)
	}
}

func (r *Router) isOneToOne(inside netip.Addr) bool {
	g := r.guards[family4]
	return inside.Is4() && g != nil && g.nat.Config().Kind == nat.OneToOne
}

// realmOf returns the realm in which an address on an edge of r is unique.
func (n *Internet) realmOf(address netip.Addr, r *Router) *realm {
	if address.Is4() {
		return r.realm4
	}
	return n.realm6
}

// translates reports whether an address means nothing above r.
func (r *Router) translates(address netip.Addr) bool {
	g := r.guards[familyOf(address.Is6())]
	return g != nil && g.translates
}

// isOutside reports whether an address is an external one of the NAT that r
// is or is behind, which would be one too many.
func (r *Router) isOutside(address netip.Addr) bool {
	for ; r.edge != nil; r = r.edge.parent {
		if slices.Contains(r.external, address) {
			return true
		}
		if r.translates(address) {
			return false
		}
	}
	return false
}

// freeOutside returns an address that is free outside of a NAT, and that
// nobody inside has.
func (r *Router) freeOutside() (netip.Addr, error) {
	parent := r.edge.parent
	return parent.realm4.free(func(a netip.Addr) bool { return r.realm4.taken[a] != nil || parent.isOutside(a) })
}
