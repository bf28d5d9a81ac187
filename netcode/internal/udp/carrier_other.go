//go:build !linux

package udp

import (
	"net"
	"net/netip"
	"syscall"
)

// newCarrier returns the carrier for a bound socket.
func newCarrier(conn *net.UDPConn, bound netip.Addr, opt Options) (carrier, error) {
	return newPlain(conn, bound, opt), nil
}

// forceBuffers does nothing: only Linux goes beyond its own limits.
func forceBuffers(syscall.RawConn, Options) {}

// listenGroup leaves it to one socket: only Linux steers.
func listenGroup(string, int, []Rule, Options) ([]*Socket, error) { return nil, nil }
