package compare

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/reckon-engine/reckon/sim/tun"
)

// kernelHas reports whether this kernel has a congestion control.
func kernelHas(congestion string) bool {
	list, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	return err == nil && slices.Contains(strings.Fields(string(list)), congestion)
}

// sendBuffer is what TCP may hold for us, in bytes: more than two seconds of
// stall, so that a Write never waits and no message is made late.
const sendBuffer = 1 << 20

// connectTCP opens a connection with a congestion control.
func connectTCP(ctx context.Context, n *tun.Network, congestion string) (carriage, error) {
	pin := func(_, _ string, c syscall.RawConn) (err error) {
		control := c.Control(func(fd uintptr) {
			err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion)
		})
		return errors.Join(control, os.NewSyscallError("setsockopt TCP_CONGESTION", err))
	}
	var listener net.Listener
	err := n.Inside(tun.Server, func() (err error) {
		config := net.ListenConfig{Control: pin}
		config.SetMultipathTCP(false)
		listener, err = config.Listen(ctx, "tcp4", serverAddress())
		return err
	})
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	var client net.Conn
	err = n.Inside(tun.Client, func() (err error) {
		dialer := net.Dialer{Control: pin}
		client, err = dialer.DialContext(ctx, "tcp4", serverAddress())
		return err
	})
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = listener.(*net.TCPListener).SetDeadline(deadline) // a socket that is open has deadlines
	}
	server, err := listener.Accept()
	if err != nil {
		_ = client.Close() // nothing was said yet
		return nil, err
	}
	s := &sockets{client, server}
	for _, conn := range s {
		if err := prepare(conn.(*net.TCPConn), congestion); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// prepare sets a connection's options, and checks that it is what it should
// be.
func prepare(conn *net.TCPConn, congestion string) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var got string
	control := raw.Control(func(fd uintptr) {
		got, err = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	})
	if err := errors.Join(control, err, conn.SetNoDelay(true), conn.SetWriteBuffer(sendBuffer)); err != nil {
		return err
	}
	if got = strings.TrimRight(got, "\x00"); got != congestion {
		return fmt.Errorf("TCP took %q, want %q", got, congestion)
	}
	return nil
}
