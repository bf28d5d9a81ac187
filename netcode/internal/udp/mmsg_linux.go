package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// An mmsg carries datagrams with recvmmsg and sendmmsg.
//
// Everything the kernel reads or writes (headers, vectors, addresses, control
// messages, payloads) is allocated once, here. The system calls run inside
// syscall.RawConn, with functions made once, so that a Close from another
// goroutine cannot pull the file descriptor from under them.
type mmsg struct {
	file   *os.File
	rx     receiver
	tx     sender
	waiter *waiter
	closed atomic.Bool
}

// newCarrier returns the carrier for a bound socket.
func newCarrier(conn *net.UDPConn, bound netip.Addr, opt Options) (carrier, error) {
	if opt.Plain {
		return newPlain(conn, bound, opt), nil
	}
	return newMmsg(conn, bound, opt)
}

func newMmsg(conn *net.UDPConn, bound netip.Addr, opt Options) (*mmsg, error) {
	file, err := unwatched(conn)
	if err != nil {
		return nil, err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	m := &mmsg{file: file}
	var inet6 bool
	err = raw.Control(func(fd uintptr) {
		inet6 = isInet6(fd)
		m.tx.segments = !opt.NoSegmentation && canSegment(fd)
		m.waiter, err = newWaiter(fd)
	})
	if err != nil {
		file.Close()
		return nil, err
	}
	if err := m.waiter.makeWakeable(); err != nil {
		m.waiter.close()
		file.Close()
		return nil, err
	}
	m.rx.init(raw, bound, opt)
	m.tx.init(raw, bound, inet6, opt)
	return m, nil
}

func (m *mmsg) receive() ([]Datagram, bool, error) { return m.rx.receive() }
func (m *mmsg) wait(deadline time.Time, datagrams bool) (bool, error) {
	return m.waiter.wait(deadline, datagrams)
}
func (m *mmsg) queue(to netip.AddrPort, from netip.Addr, data []byte) { m.tx.queue(to, from, data) }
func (m *mmsg) wake()                                                 { m.waiter.wake() }
func (m *mmsg) flush()                                                { m.tx.flush() }

func (m *mmsg) stats() Stats {
	s := m.tx.counts
	s.DatagramsIn, s.BytesIn = m.rx.counts.DatagramsIn, m.rx.counts.BytesIn
	s.ReceiveCalls = m.rx.counts.ReceiveCalls
	s.Overflowed = m.rx.counts.Overflowed
	s.Truncated = m.rx.counts.Truncated
	s.ReceiveErrors = m.rx.counts.ReceiveErrors
	return s
}

func (m *mmsg) close() error {
	if m.closed.Swap(true) {
		return net.ErrClosed
	}
	m.waiter.close()
	return m.file.Close()
}

// unwatched returns the socket of conn, which it closes, as a file that the Go
// runtime's poller does not watch. The poller would be told of each datagram
// that arrives and of each that leaves the send buffer, also while nobody
// waits: twelve wake-ups a tick with 100 players. The file is blocking, which
// is how os.NewFile is told; our calls all say MSG_DONTWAIT.
func unwatched(conn *net.UDPConn) (*os.File, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var dupErr error
	err = raw.Control(func(watched uintptr) {
		if fd, dupErr = unix.FcntlInt(watched, unix.F_DUPFD_CLOEXEC, 0); dupErr == nil {
			dupErr = unix.SetNonblock(fd, false)
		}
	})
	if err = errors.Join(err, os.NewSyscallError("dup", dupErr)); err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "udp")
	if err := conn.Close(); err != nil { // the poller forgets it
		file.Close()
		return nil, err
	}
	return file, nil
}

// newHeaders returns n message headers that point at n names and at n pieces
// of payload and control.
func newHeaders(names []unix.RawSockaddrInet6, payload, control slab) ([]unix.Mmsghdr, []unix.Iovec) {
	headers := make([]unix.Mmsghdr, len(names))
	vectors := make([]unix.Iovec, len(names))
	for i := range headers {
		vectors[i].Base = &payload.piece(i)[0]
		vectors[i].SetLen(payload.size)
		h := &headers[i].Hdr
		h.Name = nameBytes(&names[i])
		h.Namelen = unix.SizeofSockaddrInet6
		h.Iov = &vectors[i]
		h.SetIovlen(1)
		h.Control = &control.piece(i)[0]
		h.SetControllen(control.size)
	}
	return headers, vectors
}
