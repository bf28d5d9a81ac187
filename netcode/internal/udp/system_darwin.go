package udp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// beforeBind sets DF. Which of the two options a dual-stack socket takes
// depends on the version; errors are ignored.
func beforeBind(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_DONTFRAG, 1)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_DONTFRAG, 1)
	})
}
