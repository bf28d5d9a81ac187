//go:build unix

package udp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// failureOf sorts the error of a send.
func failureOf(errno syscall.Errno) failure {
	switch errno {
	case unix.EMSGSIZE:
		return failedTooLarge
	case unix.ENOBUFS, unix.ENOMEM, unix.EAGAIN:
		return failedFull
	case unix.EPERM, unix.EACCES:
		return failedDenied
	case unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EADDRNOTAVAIL, unix.EAFNOSUPPORT:
		return failedUnroutable
	}
	return failedOther
}

// truncated reports whether err says that a datagram exceeded its buffer;
// unix does not say it with an error.
func truncated(error) bool { return false }

// setTrafficClass sets the traffic class for each family, as far as the
// socket has it.
func setTrafficClass(raw syscall.RawConn, class int) (set4, set6 bool) {
	_ = raw.Control(func(fd uintptr) {
		set4 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS, class) == nil
		set6 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS, class) == nil
	})
	return set4, set6
}

// bufferSizes reads back what the kernel gave.
func bufferSizes(raw syscall.RawConn) (receive, send int) {
	_ = raw.Control(func(fd uintptr) {
		receive, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		send, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
	})
	return receive, send
}
