package netcode

import (
	"encoding/binary"
	"net/netip"
)

// A Path names where a datagram came from and where replies to it go. The
// Core compares paths, binds cookies to them and hands them back; it never
// looks inside for meaning. The zero Path is not valid.
type Path struct {
	// Remote is the peer's address. IPv4 addresses are never IPv6-mapped.
	Remote netip.AddrPort

	// Local is the address the datagram was sent to, so that a host with
	// several addresses answers from the one it was asked on. Zero if unknown.
	Local netip.Addr

	// Carrier tells apart several sockets or relays that lead to one Core.
	Carrier uint16
}

// pathBytesLen is the length of what appendPath appends.
const pathBytesLen = 16 + 2 + 2

// appendPath appends the part of p that a cookie binds: who asks, through
// which carrier. The local address is left out, so that a client whose route
// to us flips between two of our addresses can still finish its handshake.
func appendPath(b []byte, p Path) []byte {
	address := p.Remote.Addr().As16()
	b = append(b, address[:]...)
	b = binary.LittleEndian.AppendUint16(b, p.Remote.Port())
	return binary.LittleEndian.AppendUint16(b, p.Carrier)
}

// samePeer reports whether a and b lead to the same peer over the same
// carrier, whatever our own address is.
func samePeer(a, b Path) bool {
	return a.Remote == b.Remote && a.Carrier == b.Carrier
}
