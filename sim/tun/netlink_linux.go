package tun

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// setQueue sets how many packets our device holds. (The ioctl for it wants
// root of the first user namespace.)
func setQueue(device uint32) error {
	// struct ifinfomsg: family, padding, type, index, flags, mask of flags.
	b := binary.NativeEndian.AppendUint32(make([]byte, 4), device)
	b = append(b, make([]byte, 8)...)
	b = appendAttribute(b, unix.IFLA_TXQLEN, binary.NativeEndian.AppendUint32(nil, deviceQueue))
	if err := netlink(unix.RTM_SETLINK, 0, b); err != nil {
		return fmt.Errorf("device %s, queue: %w", deviceName, err)
	}
	return nil
}

// create are the flags of requests that make something.
const create = unix.NLM_F_CREATE | unix.NLM_F_EXCL

// address6 gives our device its IPv6 address. It can be used at once: there is
// nobody who could have it too (IFA_F_NODAD).
func address6(device uint32, address netip.Addr) error {
	// struct ifaddrmsg: family, prefix length, flags, scope, index.
	b := binary.NativeEndian.AppendUint32([]byte{unix.AF_INET6, 64, unix.IFA_F_NODAD, unix.RT_SCOPE_UNIVERSE}, device)
	b = appendAttribute(b, unix.IFA_LOCAL, address.AsSlice())
	if err := netlink(unix.RTM_NEWADDR, create, b); err != nil {
		return fmt.Errorf("device %s, IPv6 address: %w", deviceName, err)
	}
	return nil
}

// setCongestion chooses the congestion control of connections to a peer, by a
// route with that attribute. (The setting of the namespace,
// tcp_congestion_control, refuses outside the first namespace whatever the
// administrator did not allow everybody, which is often cubic or bbr.)
func setCongestion(device uint32, name string, peer netip.Addr) error {
	family := byte(unix.AF_INET)
	if peer.Is6() {
		family = unix.AF_INET6
	}
	// struct rtmsg: family, destination and source length, service, table,
	// protocol, scope, type, flags.
	b := []byte{
		family, byte(peer.BitLen()), 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_STATIC,
		unix.RT_SCOPE_LINK, unix.RTN_UNICAST, 0, 0, 0, 0,
	}
	b = appendAttribute(b, unix.RTA_DST, peer.AsSlice())
	b = appendAttribute(b, unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, device))
	algorithm := append([]byte(name), 0)
	b = appendAttribute(b, unix.RTA_METRICS, appendAttribute(nil, unix.RTAX_CC_ALGO, algorithm))
	if err := netlink(unix.RTM_NEWROUTE, create, b); err != nil {
		known, _ := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control") // empty where it is hidden
		return fmt.Errorf("congestion control %q, where the kernel has %s: %w", name, strings.TrimSpace(string(known)), err)
	}
	return nil
}

// netlink has the kernel do something in the namespace of the calling thread
// (rtnetlink(7)).
func netlink(kind, flags uint16, body []byte) error {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(socket)
	// struct nlmsghdr: length, type, flags, sequence number, port.
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK|flags)
	b = append(b, make([]byte, 8)...)
	b = append(b, body...)
	if err := unix.Sendto(socket, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	reply := make([]byte, 4096)
	n, _, err := unix.Recvfrom(socket, reply, 0)
	switch {
	case err != nil:
		return os.NewSyscallError("recvfrom", err)
	case n < unix.NLMSG_HDRLEN+4:
		return fmt.Errorf("netlink: the kernel answered %d bytes", n)
	}
	// struct nlmsgerr: 0, or an error number with a minus sign.
	if errno := int32(binary.NativeEndian.Uint32(reply[unix.NLMSG_HDRLEN:])); errno != 0 {
		return fmt.Errorf("netlink: %w", unix.Errno(-errno))
	}
	return nil
}

// appendAttribute appends a struct rtattr with its padding.
func appendAttribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, -len(value)&3)...)
}
