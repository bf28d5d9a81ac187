package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// plainPatience is how long a Flush waits for room in a full send buffer
	// before it drops: a third of a 60 Hz tick. It also counts the time in
	// which we do not run, so it is longer than sendPatience.
	plainPatience = 5 * time.Millisecond

	// plainErrorPause keeps a socket that only returns errors from spinning.
	plainErrorPause = time.Millisecond
)

// A plain carries datagrams with one system call each, through package net.
//
// Package net cannot ask without waiting, so a goroutine reads ahead into a
// fixed set of buffers, and stamps them; when they are all waiting to be
// collected it stops, and the kernel's buffer fills. Replies leave from the
// address of the route: that one is right unless a socket bound to all
// addresses runs on a host with several in one network.
type plain struct {
	conn   *net.UDPConn
	reader *plainReader
	bound  netip.Addr // the socket's address, when it has only one
	limit  int        // MaxDatagram

	full     chan *plainBuffer
	lent     []*plainBuffer // belong to the batch that the caller has
	pending  *plainBuffer   // taken by wait, not received yet
	batch    []Datagram
	timer    *time.Timer
	flushing bool // the write deadline is set
	progress bool // and something was sent since, or it is the first
	counts   Stats

	overflowed atomic.Uint64 // written by the reading goroutine

	closed atomic.Bool
	done   chan struct{} // closed by close
	woken  chan struct{} // of one; filled by wake
}

// A plainBuffer is owned by the reading goroutine, then by the full channel,
// then by lent, then by the free channel.
type plainBuffer struct {
	remote netip.AddrPort
	at     time.Time
	n      int
	data   []byte
}

func newPlain(conn *net.UDPConn, bound netip.Addr, opt Options) *plain {
	return newPlainShards(conn, bound, opt, 1, nil)[0].(*plain)
}

// receive implements carrier.
func (p *plain) receive() (batch []Datagram, more bool, err error) {
	for _, b := range p.lent {
		p.reader.free <- b
	}
	p.lent, p.batch = p.lent[:0], p.batch[:0]
	if p.closed.Load() {
		return nil, false, net.ErrClosed
	}
	if p.pending != nil {
		p.take(p.pending)
		p.pending = nil
	}
	for len(p.batch) < cap(p.batch) {
		select {
		case b := <-p.full:
			p.take(b)
		default:
			return p.batch, false, nil
		}
	}
	return p.batch, true, nil
}

func (p *plain) take(b *plainBuffer) {
	p.lent = append(p.lent, b)
	p.batch = append(p.batch, Datagram{Remote: b.remote, Local: p.bound, At: b.at, Data: b.data[:b.n:b.n]})
	p.counts.DatagramsIn++
	p.counts.BytesIn += uint64(b.n)
}

// wait implements carrier.
func (p *plain) wait(deadline time.Time, datagrams bool) (readable bool, err error) {
	if p.closed.Load() {
		return false, net.ErrClosed
	}
	if datagrams && (p.pending != nil || len(p.full) > 0) {
		return true, nil
	}
	var full <-chan *plainBuffer
	var woken <-chan struct{}
	if datagrams {
		full, woken = p.full, p.woken
	}
	var expired <-chan time.Time
	if !deadline.IsZero() {
		p.timer.Reset(time.Until(deadline))
		expired = p.timer.C
	}
	select {
	case p.pending = <-full:
		return true, nil
	case <-woken:
		return true, nil
	case <-expired:
		return false, nil
	case <-p.done:
		return false, net.ErrClosed
	}
}

// wake implements carrier.
func (p *plain) wake() {
	select {
	case p.woken <- struct{}{}:
	default: // somebody else did
	}
}

// queue implements carrier. It sends at once: there is nothing to gain from
// gathering.
func (p *plain) queue(remote netip.AddrPort, _ netip.Addr, data []byte) {
	if len(data) > p.limit {
		p.counts.TooLarge++
		return
	}
	if !p.flushing {
		p.flushing = true
		p.extend()
		p.progress = true
	}
	_, err := p.conn.WriteToUDPAddrPort(data, remote)
	if p.progress && errors.Is(err, os.ErrDeadlineExceeded) {
		// Perhaps nothing is full, and the deadline passed between two sends.
		p.extend()
		_, err = p.conn.WriteToUDPAddrPort(data, remote)
	}
	p.counts.SendCalls++
	if err != nil {
		p.countFailed(err)
		return
	}
	p.progress = true
	p.counts.DatagramsOut++
	p.counts.BytesOut += uint64(len(data))
}

// extend sets the write deadline anew. Unless something is sent until then,
// the rest of the Flush is dropped.
func (p *plain) extend() {
	_ = p.conn.SetWriteDeadline(time.Now().Add(plainPatience))
	p.progress = false
}

func (p *plain) countFailed(err error) {
	var errno syscall.Errno
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.counts.SendFull++
	case errors.As(err, &errno):
		p.counts.countFailed(failureOf(errno))
	case !errors.Is(err, net.ErrClosed):
		// Package net itself refuses addresses of the wrong family.
		p.counts.Unroutable++
	}
}

// flush implements carrier.
func (p *plain) flush() { p.flushing = false }

// stats implements carrier. Of shards that share a socket, the first tells
// what is known of it as a whole.
func (p *plain) stats() Stats {
	s := p.counts
	s.Overflowed = p.overflowed.Load()
	if r := p.reader; p == r.shards[0] {
		s.ReceiveCalls = r.calls.Load()
		s.ReceiveErrors = r.errors.Load()
		s.Truncated = r.truncated.Load()
	}
	return s
}

func (p *plain) close() error {
	if p.closed.Swap(true) {
		return net.ErrClosed
	}
	close(p.done)
	r := p.reader
	if r.open.Add(-1) > 0 {
		return nil
	}
	close(r.done)
	err := p.conn.Close()
	<-r.ended
	return err
}
