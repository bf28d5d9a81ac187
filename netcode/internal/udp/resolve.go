package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// Resolve turns "host:port" into an address this socket can send to. Names
// are looked up, which may block for seconds; where a name has addresses of
// both families and the socket speaks both, IPv4 is taken. An empty or
// unspecified host is this machine. The zone of a link-local address becomes
// the interface's number, as in what Receive returns.
func (s *Socket) Resolve(address string) (netip.AddrPort, error) {
	network := "udp"
	switch bound := s.local.Addr(); {
	case bound.Is4():
		network = "udp4"
	case !bound.IsUnspecified():
		network = "udp6"
	}
	udpAddr, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		return netip.AddrPort{}, resolveError(network, address, err)
	}
	if udpAddr.Port == 0 {
		return netip.AddrPort{}, fmt.Errorf("netcode: resolve %s: port 0 cannot be sent to", address)
	}
	addr := udpAddr.AddrPort().Addr().Unmap()
	if !addr.IsValid() || addr.IsUnspecified() {
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if network == "udp6" {
			addr = netip.IPv6Loopback()
		}
	}
	if zone := addr.Zone(); zone != "" {
		i, err := net.InterfaceByName(zone)
		if err == nil {
			addr = addr.WithZone(strconv.Itoa(i.Index))
		} else if _, numberErr := strconv.ParseUint(zone, 10, 32); numberErr != nil {
			return netip.AddrPort{}, fmt.Errorf("netcode: resolve %s: no interface %q", address, zone)
		}
	}
	return netip.AddrPortFrom(addr, uint16(udpAddr.Port)), nil
}

// resolveError makes one clear line of the nested errors of package net.
func resolveError(network, address string, err error) error {
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case errors.As(err, &dns):
		return fmt.Errorf("netcode: resolve %s: %s", address, dns.Err)
	case isLiteral(address) && network == "udp4":
		return fmt.Errorf("netcode: resolve %s: this socket speaks IPv4 only", address)
	case isLiteral(address) && network == "udp6":
		return fmt.Errorf("netcode: resolve %s: this socket speaks IPv6 only", address)
	case errors.As(err, &addr):
		return fmt.Errorf("netcode: resolve %s: %s", address, addr.Err)
	}
	return fmt.Errorf("netcode: resolve %s: %w", address, err)
}

// isLiteral reports whether there is nothing to look up in address: then only
// the family can be wrong.
func isLiteral(address string) bool {
	_, err := netip.ParseAddrPort(address)
	return err == nil
}
