package vnet

import (
	"fmt"
	"net/netip"
)

// A realm is where an address means one thing: everything that is not
// separated by a NAT. There is one for IPv6, and for IPv4 one outside and one
// behind each NAT.
type realm struct {
	prefix netip.Prefix // free addresses are taken from here
	next   netip.Addr
	taken  map[netip.Addr]*Edge // looked up, never ranged over
}

func newRealm(prefix netip.Prefix) *realm {
	return &realm{prefix: prefix, next: prefix.Addr(), taken: map[netip.Addr]*Edge{}}
}

// free returns an address that nobody has: the next one of the prefix, and
// from its beginning again after the last. avoid may be nil.
func (r *realm) free(avoid func(netip.Addr) bool) (netip.Addr, error) {
	for range len(r.taken) + maxAvoided {
		if r.next = r.next.Next(); !r.prefix.Contains(r.next) {
			r.next = r.prefix.Addr().Next()
		}
		if r.taken[r.next] == nil && (avoid == nil || !avoid(r.next)) {
			return r.next, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("vnet: no address of %v is free", r.prefix)
}

// maxAvoided is how many addresses besides those that are taken are tried
// before free gives up.
const maxAvoided = 1024

// check refuses addresses that cannot be an interface's or that are taken.
func (r *realm) check(address netip.Addr) error {
	switch {
	case !address.IsValid():
		return fmt.Errorf("vnet: an address is not valid")
	case address.Is4In6():
		return fmt.Errorf("vnet: %v is IPv4 mapped into IPv6; use the IPv4 address", address)
	case address.Zone() != "" || address.IsUnspecified() || address.IsMulticast() || address.IsLoopback():
		return fmt.Errorf("vnet: %v is no address that can be routed to", address)
	case r.taken[address] != nil:
		return fmt.Errorf("vnet: %v is taken by %q", address, r.taken[address].name)
	}
	return nil
}
