package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Link types (tcpdump.org/linktypes.html).
const (
	linkNull     = 0 // BSD loopback: a protocol family in the host's order
	linkEthernet = 1
	linkRawBSD   = 12 // raw IP on most systems, and on OpenBSD:
	linkRawOpen  = 14
	linkLoop     = 108 // OpenBSD loopback: a protocol family, big-endian
	linkCooked   = 113 // Linux "any", version 1
	linkIPv4     = 228
	linkIPv6     = 229
	linkCooked2  = 276 // Linux "any", version 2
)

func knownLink(kind uint32) bool {
	switch kind {
	case linkNull, linkEthernet, linkRaw, linkRawBSD, linkRawOpen, linkLoop, linkCooked, linkIPv4, linkIPv6, linkCooked2:
		return true
	}
	return false
}

func unknownLink(kind uint32) string {
	return fmt.Sprintf("want Ethernet, raw IP, loopback or Linux cooked packets, got link type %d", kind)
}

// Ether types (IEEE 802 numbers).
const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	etherVLAN   = 0x8100
	etherQinQ   = 0x88a8
	etherHeader = 14
)

// Types of Linux cooked packets: LINUX_SLL_OUTGOING; 0, 1 and 2 are for this
// host, by broadcast or multicast.
const (
	cookedToOther  = 3
	cookedOutgoing = 4
)

var be = binary.BigEndian

// decode finds out what a packet carries. What it does not understand is
// Other: a capture is full of what nobody asked for.
func decode(p *Packet, link uint32, b []byte) {
	switch link {
	case linkEthernet:
		if len(b) >= etherHeader {
			decodeEther(p, be.Uint16(b[12:]), b[etherHeader:])
		}
	case linkCooked:
		if len(b) >= 16 {
			p.cooked(be.Uint16(b))
			decodeEther(p, be.Uint16(b[14:]), b[16:])
		}
	case linkCooked2:
		if len(b) >= 20 {
			p.cooked(uint16(b[10]))
			decodeEther(p, be.Uint16(b), b[20:])
		}
	case linkNull, linkLoop:
		if len(b) >= 4 {
			decodeIP(p, b[4:]) // the version says which family it is
		}
	default:
		decodeIP(p, b)
	}
}

// cooked takes the direction from the type of a cooked packet.
func (p *Packet) cooked(kind uint16) {
	switch {
	case p.Direction != Unknown:
	case kind == cookedOutgoing:
		p.Direction = Outbound
	case kind < cookedToOther:
		p.Direction = Inbound
	}
}

// decodeEther decodes what an ether type announces, behind up to two VLAN
// tags.
func decodeEther(p *Packet, kind uint16, b []byte) {
	for range 2 {
		if (kind == etherVLAN || kind == etherQinQ) && len(b) >= 4 {
			kind, b = be.Uint16(b[2:]), b[4:]
		}
	}
	if kind == etherIPv4 || kind == etherIPv6 {
		decodeIP(p, b)
	}
}

// decodeIP decodes an IP packet of either version.
func decodeIP(p *Packet, b []byte) {
	if len(b) == 0 {
		return
	}
	switch b[0] >> 4 {
	case 4:
		decodeIPv4(p, b)
	case 6:
		decodeIPv6(p, b)
	}
}

// decodeIPv4 decodes RFC 791, section 3.1. Fragments stay Other.
func decodeIPv4(p *Packet, b []byte) {
	header := int(b[0]&15) * 4
	if header < 20 || len(b) < header || be.Uint16(b[6:])&0x3fff != 0 {
		return
	}
	from, to := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	if total := int(be.Uint16(b[2:])); total >= header && total < len(b) {
		b = b[:total] // what follows is padding of short Ethernet frames
	}
	decodeTransport(p, b[9], from, to, b[header:])
}

// Extension headers of IPv6 (RFC 8200, section 4) that say where the next one
// is.
const (
	nextHopByHop     = 0
	nextRouting      = 43
	nextDestinations = 60
)

// decodeIPv6 decodes RFC 8200, section 3. Fragments stay Other.
func decodeIPv6(p *Packet, b []byte) {
	if len(b) < 40 {
		return
	}
	next := b[6]
	from, to := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	if total := 40 + int(be.Uint16(b[4:])); total < len(b) {
		b = b[:total]
	}
	b = b[40:]
	for next == nextHopByHop || next == nextRouting || next == nextDestinations {
		if len(b) < 8 || len(b) < 8+8*int(b[1]) {
			return
		}
		next, b = b[0], b[8+8*int(b[1]):]
	}
	decodeTransport(p, next, from, to, b)
}

// tcp is IP's number for it.
const tcp = 6

// decodeTransport decodes UDP (RFC 768), and recognises TCP.
func decodeTransport(p *Packet, protocol byte, from, to netip.Addr, b []byte) {
	if protocol == tcp {
		p.Protocol = TCP
	}
	if protocol != udp || len(b) < udpLen {
		return
	}
	length := int(be.Uint16(b[4:]))
	if length < udpLen {
		return
	}
	p.Protocol = UDP
	p.From, p.To = netip.AddrPortFrom(from, be.Uint16(b)), netip.AddrPortFrom(to, be.Uint16(b[2:]))
	p.Size = length - udpLen
	p.Payload = b[udpLen:min(length, len(b))]
}
