package udp

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Socket options that x/sys/windows does not name (ws2ipdef.h).
const (
	ipDontFragment  = 14 // IP_DONTFRAGMENT
	ip6DontFragment = 14 // IPV6_DONTFRAG
)

// beforeBind turns off Windows' habit of answering a receive with
// WSAECONNRESET or WSAENETRESET because an earlier send met a closed port:
// on a socket with many peers that says nothing about any of them. It sets
// DF, too. What a version of Windows lacks, it does without.
func beforeBind(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		socket := windows.Handle(fd)
		for _, code := range []uint32{windows.SIO_UDP_CONNRESET, windows.SIO_UDP_NETRESET} {
			var off, returned uint32
			_ = windows.WSAIoctl(socket, code, (*byte)(unsafe.Pointer(&off)), uint32(unsafe.Sizeof(off)), nil, 0, &returned, nil, 0)
		}
		_ = windows.SetsockoptInt(socket, windows.IPPROTO_IP, ipDontFragment, 1)
		_ = windows.SetsockoptInt(socket, windows.IPPROTO_IPV6, ip6DontFragment, 1)
	})
}

// failureOf sorts the error of a send.
func failureOf(errno syscall.Errno) failure {
	switch errno {
	case windows.WSAEMSGSIZE:
		return failedTooLarge
	case windows.WSAENOBUFS, windows.WSAEWOULDBLOCK:
		return failedFull
	case windows.WSAEACCES:
		return failedDenied
	case windows.WSAENETUNREACH, windows.WSAEHOSTUNREACH, windows.WSAENETDOWN, windows.WSAEADDRNOTAVAIL, windows.WSAEAFNOSUPPORT:
		return failedUnroutable
	}
	return failedOther
}

// truncated reports whether err says that a datagram exceeded its buffer.
func truncated(err error) bool { return errors.Is(err, windows.WSAEMSGSIZE) }

// setTrafficClass sets nothing: Windows takes IP_TOS and ignores it, and
// leaves marks to its own policies (qWAVE).
func setTrafficClass(syscall.RawConn, int) (set4, set6 bool) { return false, false }

// bufferSizes reads back what the system gave.
func bufferSizes(raw syscall.RawConn) (receive, send int) {
	_ = raw.Control(func(fd uintptr) {
		receive, _ = windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_RCVBUF)
		send, _ = windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_SNDBUF)
	})
	return receive, send
}
