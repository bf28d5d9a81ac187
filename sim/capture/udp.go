package capture

import (
	"encoding/binary"
	"net/netip"
)

const (
	udpLen   = 8
	udp      = 17 // IP's number for it
	hopLimit = 64
)

// appendUDP appends the IP packet that carries a datagram. Both addresses are
// of one family.
func appendUDP(b []byte, from, to netip.AddrPort, datagram []byte) []byte {
	size := udpLen + len(datagram)
	var addresses int // where they begin
	if from.Addr().Is4() {
		start := len(b)
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(20+size))
		b = append(b, 0, 0, 0x40, 0, hopLimit, udp, 0, 0) // do not fragment
		addresses = len(b)
		source, target := from.Addr().As4(), to.Addr().As4()
		b = append(append(b, source[:]...), target[:]...)
		binary.BigEndian.PutUint16(b[start+10:], checksum(0, b[start:]))
	} else {
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(size))
		b = append(b, udp, hopLimit)
		addresses = len(b)
		source, target := from.Addr().As16(), to.Addr().As16()
		b = append(append(b, source[:]...), target[:]...)
	}
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = append(b, 0, 0)
	b = append(b, datagram...)
	// With a pseudo header (RFC 768; RFC 8200, section 8.1).
	sum := checksum(uint32(udp)+uint32(size), b[addresses:])
	if sum == 0 {
		sum = 0xffff // zero means that there is none
	}
	binary.BigEndian.PutUint16(b[start+6:], sum)
	return b
}

// checksum is the Internet checksum of RFC 1071 of b, in addition to what was
// summed before.
func checksum(sum uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
