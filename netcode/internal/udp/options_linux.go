package udp

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// beforeBind sets what must hold for the first datagram already. A kernel
// that lacks one of these serves nevertheless: without timestamps a datagram
// has arrived when it is read, without packet information replies take the
// address of the route, without counters overflow is not seen. So errors are
// ignored.
//
// Each control message costs the kernel 80 to 130 ns a datagram, where the
// rest of receiving it costs 490, so a socket that has one address does not
// ask which it was (Linux 6.18; recvmmsg of 64: 493 ns with none, 587 with a
// timestamp, 571 with a traffic class, 619 with packet information, 918 with
// all three).
func beforeBind(_, address string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		set := func(level, option, value int) {
			_ = unix.SetsockoptInt(int(fd), level, option, value)
		}
		set(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		set(unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)

		// DF is set and the kernel's idea of the path MTU is ignored: nothing
		// is ever fragmented, and finding the MTU is left to the protocol
		// (RFC 8899), whose probes must be able to exceed that idea.
		set(unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)

		// An IPv6 socket has IPv4 peers, too, and theirs is another message.
		set(unix.IPPROTO_IP, unix.IP_RECVTOS, 1)
		inet6 := isInet6(fd)
		if !hasOneAddress(address) {
			if inet6 {
				// It reports IPv4 peers in the same message, mapped
				// (ip6_datagram_recv_common_ctl).
				set(unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
			} else {
				set(unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
			}
		}
		if !inet6 {
			return
		}
		set(unix.IPPROTO_IPV6, unix.IPV6_RECVTCLASS, 1)
		set(unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE)
	})
}

// hasOneAddress reports whether a socket bound to address, "host:port", is
// bound to a single one.
func hasOneAddress(address string) bool {
	bound, err := netip.ParseAddrPort(address)
	return err == nil && !bound.Addr().IsUnspecified()
}

// isInet6 reports whether fd is an IPv6 socket, and so wants IPv4 addresses
// mapped.
func isInet6(fd uintptr) bool {
	domain, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
	return err == nil && domain == unix.AF_INET6
}

// forceBuffers tries to go beyond net.core.rmem_max and wmem_max. Without
// CAP_NET_ADMIN it fails, and what setBuffers got remains.
func forceBuffers(raw syscall.RawConn, opt Options) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, opt.ReceiveBufferBytes)
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, opt.SendBufferBytes)
	})
}
