package trace

import (
	"encoding/binary"
	"net/netip"
)

const (
	ipv4Len  = 20
	ipv6Len  = 40
	udpLen   = 8
	udp      = 17 // IP's number for it
	hopLimit = 64
)

// appendUDP appends the IP packet that carries datagram from one address to
// another. Both are of the family that to and from have in common; an address
// that is not known is all zeros.
func appendUDP(b []byte, from, to netip.AddrPort, datagram []byte) []byte {
	source, target := from.Addr(), to.Addr()
	size := udpLen + len(datagram)
	var ends int // where the addresses begin
	if source.Is4() || target.Is4() {
		ends = len(b) + ipv4Len - 8
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ipv4Len+size))
		b = append(b, 0, 0, 0x40, 0, hopLimit, udp, 0, 0) // do not fragment
		for _, a := range [2]netip.Addr{source, target} {
			var octets [4]byte
			if a.Is4() {
				octets = a.As4()
			}
			b = append(b, octets[:]...)
		}
		header := b[len(b)-ipv4Len:]
		binary.BigEndian.PutUint16(header[10:], checksum(0, header))
	} else {
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(size))
		b = append(b, udp, hopLimit)
		ends = len(b)
		for _, a := range [2]netip.Addr{source, target} {
			var octets [16]byte
			if a.IsValid() {
				octets = a.As16()
			}
			b = append(b, octets[:]...)
		}
	}
	pseudo := uint32(udp) + uint32(size) // and the addresses, RFC 768 and RFC 8200, section 8.1
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = append(b, 0, 0)
	b = append(b, datagram...)
	sum := checksum(pseudo, b[ends:])
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
