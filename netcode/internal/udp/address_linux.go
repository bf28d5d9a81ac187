package udp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// nameBytes returns the address of name as the kernel wants it.
func nameBytes(name *unix.RawSockaddrInet6) *byte {
	return (*byte)(unsafe.Pointer(name))
}

// portBytes returns the two bytes of a port in network order.
func portBytes(port *uint16) []byte {
	return (*[2]byte)(unsafe.Pointer(port))[:]
}

// addrPortOf reads the address the kernel wrote: of either family, in room
// for the larger. It returns the zero AddrPort for any other family.
func addrPortOf(name *unix.RawSockaddrInet6, zone *zoneCache) netip.AddrPort {
	switch name.Family {
	case unix.AF_INET:
		name4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(name4.Addr), binary.BigEndian.Uint16(portBytes(&name4.Port)))
	case unix.AF_INET6:
		addr := netip.AddrFrom16(name.Addr).Unmap()
		if name.Scope_id != 0 {
			addr = addr.WithZone(zone.name(name.Scope_id))
		}
		return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(portBytes(&name.Port)))
	}
	return netip.AddrPort{}
}

// setName writes remote into name for a socket of the given family and
// returns the length, or zero when the socket cannot reach that family.
func setName(name *unix.RawSockaddrInet6, remote netip.AddrPort, inet6 bool) uint32 {
	addr := remote.Addr()
	switch {
	case !addr.IsValid():
		return 0
	case inet6:
		*name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: addr.As16()}
		binary.BigEndian.PutUint16(portBytes(&name.Port), remote.Port())
		if zone := addr.Zone(); zone != "" {
			name.Scope_id = zoneNumber(zone)
		}
		return unix.SizeofSockaddrInet6
	case addr.Unmap().Is4():
		name4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		*name4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr.Unmap().As4()}
		binary.BigEndian.PutUint16(portBytes(&name4.Port), remote.Port())
		return unix.SizeofSockaddrInet4
	}
	return 0
}

// setSource writes the control message that makes a datagram leave from
// local, and returns its length: zero when local does not fit the socket.
func setSource(control []byte, local netip.Addr, inet6 bool) int {
	header := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	data := unsafe.Pointer(&control[unix.CmsgLen(0)])
	switch {
	case inet6:
		// Carries mapped IPv4 addresses, too (ip_cmsg_send, allow_ipv6).
		header.Level, header.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
		header.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
		*(*unix.Inet6Pktinfo)(data) = unix.Inet6Pktinfo{Addr: local.As16()}
		return unix.CmsgSpace(unix.SizeofInet6Pktinfo)
	case local.Unmap().Is4():
		header.Level, header.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		header.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
		*(*unix.Inet4Pktinfo)(data) = unix.Inet4Pktinfo{Spec_dst: local.Unmap().As4()}
		return unix.CmsgSpace(unix.SizeofInet4Pktinfo)
	}
	return 0
}

// A zoneCache names interface numbers. A host has few links, and a link-local
// game fewer, so the last name is enough to keep strings off the hot path.
type zoneCache struct {
	number uint32
	text   string
}

func (z *zoneCache) name(number uint32) string {
	if z.number != number {
		z.number, z.text = number, strconv.FormatUint(uint64(number), 10)
	}
	return z.text
}

// zoneNumber is the inverse. Resolve has made numbers of interface names, so
// the slow way is for addresses that came from elsewhere.
func zoneNumber(zone string) uint32 {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0
}
