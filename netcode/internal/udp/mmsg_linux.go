package udp

import (
	"net"
	"net/netip"
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
	conn   *net.UDPConn
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
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	m := &mmsg{conn: conn}
	var inet6 bool
	err = raw.Control(func(fd uintptr) {
		inet6 = isInet6(fd)
		m.tx.segments = !opt.NoSegmentation && canSegment(fd)
		m.waiter, err = newWaiter(fd)
	})
	if err != nil {
		return nil, err
	}
	if err := m.waiter.makeWakeable(); err != nil {
		m.waiter.close()
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
	return m.conn.Close()
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
