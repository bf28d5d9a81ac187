package vnet

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// every calls something again and again, until it fails or the router is gone.
func (r *Router) every(interval time.Duration, call func() error) {
	if interval <= 0 {
		return
	}
	var again func(now time.Time)
	again = func(now time.Time) {
		if r.edge.gone || call() != nil {
			return
		}
		r.net.At(now.Add(interval), again)
	}
	r.net.At(r.net.time.Add(interval), again)
}

// Rebind makes the router's NAT and firewalls forget everything, as if it had
// been restarted: see nat.NAT.Rebind.
func (r *Router) Rebind() {
	for _, g := range r.guards {
		if g != nil {
			g.nat.Rebind(r.net.now)
		}
	}
}

// Renumber is Rebind with other external addresses: as many as before, or, if
// none are given, free ones. What is on its way to the old ones finds nobody.
func (r *Router) Renumber(addresses ...netip.Addr) error {
	g := r.guards[family4]
	if g == nil || !g.translates {
		return fmt.Errorf("vnet: router %q has no addresses to renumber", r.name)
	}
	old := g.nat.External()
	if len(addresses) == 0 {
		for range old {
			address, err := r.freeOutside()
			if err != nil {
				return err
			}
			addresses = append(addresses, address)
		}
	}
	if len(addresses) != len(old) {
		return fmt.Errorf("vnet: router %q has %d addresses, not %d", r.name, len(old), len(addresses))
	}
	if err := r.checkOutside(addresses, old); err != nil {
		return fmt.Errorf("vnet: router %q: %w", r.name, err)
	}
	if err := g.nat.Renumber(r.net.now, addresses...); err != nil {
		return err
	}
	for _, address := range old {
		r.net.withdraw(address, r.edge)
	}
	if len(r.external) > 0 {
		r.external = slices.Clone(addresses)
	}
	for _, address := range addresses {
		if err := r.net.publish(address, r.edge); err != nil {
			return err
		}
	}
	if v6 := r.guards[family6]; v6 != nil {
		v6.nat.Rebind(r.net.now)
	}
	return nil
}

// checkOutside refuses addresses that cannot be the external ones of the
// router's NAT. Those in own it has already.
func (r *Router) checkOutside(addresses, own []netip.Addr) error {
	for i, address := range addresses {
		switch {
		case slices.Contains(own, address) && !slices.Contains(addresses[:i], address):
			continue
		case address.Is6() || slices.Contains(addresses[:i], address) || r.isInside(address) || r.edge.parent.isOutside(address):
			return fmt.Errorf("%v cannot be an external address here", address)
		}
		if err := r.edge.parent.realm4.check(address); err != nil {
			return err
		}
	}
	return nil
}

// isInside reports whether an address is taken behind the router's NAT.
func (r *Router) isInside(address netip.Addr) bool {
	return r.realm4 != r.edge.parent.realm4 && r.realm4.taken[address] != nil
}
