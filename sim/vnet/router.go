package vnet

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// The families of addresses, as indices.
const (
	family4 = iota
	family6
	families
)

func familyOf(v6 bool) int {
	if v6 {
		return family6
	}
	return family4
}

// A RouterConfig configures a Router. The zero value is one that hangs on the
// root by perfect links and lets everything pass.
type RouterConfig struct {
	Attachment

	// IPv4 is the NAT or firewall between what hangs on the router and its
	// edge, for IPv4.
	IPv4 nat.Config

	// IPv6 is the same for IPv6, which is never translated: its Kind is
	// None, Firewall or Blocked.
	IPv6 nat.Config

	// RebindEvery calls Rebind again and again, and RenumberEvery Renumber,
	// for the first time after that time. Zero means never.
	RebindEvery, RenumberEvery time.Duration
}

// A Router passes datagrams between its edge and what hangs on it, and takes
// no time for it. It may be a NAT. Create it with Internet.AddRouter.
type Router struct {
	net      *Internet
	name     string
	edge     *Edge // nil at the root
	children int   // edges that hang on it
	routes   map[uint32]*Edge
	realm4   *realm           // of what hangs on it
	guards   [families]*guard // nil where everything passes
	external []netip.Addr     // of Translate
	pool     []netip.Addr     // of OneToOne: not in use
	own      bool             // of OneToOne: the pool is all there is
}

// AddRouter adds a router. Names of routers and interfaces are unique.
func (n *Internet) AddRouter(name string, cfg RouterConfig) (*Router, error) {
	if err := n.checkName(name); err != nil {
		return nil, err
	}
	if cfg.Parent == nil {
		cfg.Parent = n.root
	}
	r := &Router{net: n, name: name, routes: map[uint32]*Edge{}, realm4: cfg.Parent.realm4}
	var err error
	if r.edge, err = n.newEdge(name, r, cfg.Attachment); err != nil {
		return nil, fmt.Errorf("vnet: router %q: %w", name, err)
	}
	if err := r.setGuards(cfg); err != nil {
		return nil, fmt.Errorf("vnet: router %q: %w", name, err)
	}
	if err := r.edge.open(r.external); err != nil {
		return nil, fmt.Errorf("vnet: router %q: %w", name, err)
	}
	r.every(cfg.RebindEvery, func() error { r.Rebind(); return nil })
	r.every(cfg.RenumberEvery, func() error { return r.Renumber() })
	return r, nil
}

// Name returns the name that Internet.Router finds it by.
func (r *Router) Name() string { return r.name }

// String returns the name.
func (r *Router) String() string { return r.name }

// Edge returns the edge it hangs on, or nil for the root.
func (r *Router) Edge() *Edge { return r.edge }

// Remove takes the router out of the network, with what is on its way on its
// edge. Nothing may hang on it. Its name is free after that, and whoever takes
// it begins with the same seeds.
func (r *Router) Remove() error {
	switch {
	case r.edge == nil:
		return fmt.Errorf("vnet: the root cannot be removed")
	case r.children > 0:
		return fmt.Errorf("vnet: router %q cannot be removed: %d hang on it", r.name, r.children)
	case r.edge.gone:
		return fmt.Errorf("vnet: router %q was removed before", r.name)
	}
	r.edge.close(r.external)
	return nil
}

// receive sends a datagram on: from below up or to a neighbour, from above
// down.
func (r *Router) receive(w *wire, label uint64, datagram []byte) *actor {
	fromAbove := r.edge != nil && w == &r.edge.wires[Down]
	_, _, to := openLabel(label)
	dst := &r.net.book.endpoints[to]
	if g := r.guards[familyOf(dst.v6)]; g != nil {
		r.guarded(g, fromAbove, label, datagram)
		return nil
	}
	r.forward(fromAbove, label, datagram)
	return nil
}

// forward sends a datagram down to whoever has its address, or up.
func (r *Router) forward(fromAbove bool, label uint64, datagram []byte) {
	_, _, to := openLabel(label)
	if edge := r.routes[r.net.book.endpoints[to].host]; edge != nil {
		edge.carry(Down, label, datagram)
	} else if !fromAbove && r.edge != nil {
		r.edge.carry(Up, label, datagram)
	} else {
		r.net.lost(Unroutable, label, r.name, datagram)
	}
}
