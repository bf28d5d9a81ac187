package vnet

import (
	"errors"
	"net/netip"

	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// A guard is the NAT or firewall of a router for one family.
type guard struct {
	translates bool
}

// setGuards makes the router's NAT and firewall.
func (r *Router) setGuards(cfg RouterConfig) error {
	if cfg.IPv4.Kind != nat.None || cfg.IPv6.Kind != nat.None {
		return errors.New("NATs do not work yet")
	}
	return nil
}

// outside returns the external addresses of a router.
func (r *Router) outside(cfg RouterConfig, _ *Edge) ([]netip.Addr, error) {
	if len(cfg.Addresses) != 0 {
		return nil, errors.New("it has addresses, but is no NAT")
	}
	return nil, nil
}

// guarded passes a datagram through the router's NAT or firewall.
func (r *Router) guarded(*guard, bool, uint64, []byte) {}
