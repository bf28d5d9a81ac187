package vnet

import (
	"fmt"
	"net/netip"

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
}

// A Router passes datagrams between its edge and what hangs on it, and takes
// no time for it. It may be a NAT. Create it with Internet.AddRouter.
type Router struct {
	net      *Internet
	name     string
	edge     *Edge // nil at the root
	children int   // edges that hang on it
	routes   map[uint32]*Edge
	realm4   *realm // of what hangs on it
	external []netip.Addr
	guards   [families]*guard // nil where everything passes
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
	if err := r.setGuards(cfg); err != nil {
		return nil, fmt.Errorf("vnet: router %q: %w", name, err)
	}
	edge, err := n.newEdge(name, r, cfg.Attachment)
	if err != nil {
		return nil, fmt.Errorf("vnet: router %q: %w", name, err)
	}
	if r.external, err = r.outside(cfg, edge); err != nil {
		return nil, fmt.Errorf("vnet: router %q: %w", name, err)
	}
	r.edge = edge
	edge.open()
	for _, address := range r.external {
		n.publish(address, edge)
	}
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
	for _, address := range r.external {
		r.net.withdraw(address, r.edge)
	}
	r.edge.close()
	return nil
}

// publish makes the routers above an edge send what is for an address down
// that edge, as far as the address means something.
func (n *Internet) publish(address netip.Addr, edge *Edge) {
	n.realmOf(address, edge.parent).taken[address] = edge
	host := n.book.host(address)
	for r := edge.parent; ; r, edge = r.edge.parent, r.edge {
		r.routes[host] = edge
		if r.edge == nil || r.translates(address) {
			return
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
			return
		}
	}
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
