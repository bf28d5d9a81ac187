package udp

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// A plainReader reads one socket, for all the shards that share it.
type plainReader struct {
	conn   *net.UDPConn
	limit  int
	free   chan *plainBuffer
	shards []*plain
	rules  []Rule

	calls, errors, truncated atomic.Uint64

	open  atomic.Int32  // shards that are not closed
	done  chan struct{} // closed with the last of them
	ended chan struct{} // closed when the reading goroutine has ended
}

// newPlainShards returns n carriers for one socket, of which each receives
// what the rules give it. What no rule speaks of goes by the sender's port.
func newPlainShards(conn *net.UDPConn, bound netip.Addr, opt Options, n int, rules []Rule) []carrier {
	r := &plainReader{
		conn: conn, limit: opt.MaxDatagram, rules: rules,
		free:   make(chan *plainBuffer, 4*opt.Batch*n),
		shards: make([]*plain, n),
		done:   make(chan struct{}),
		ended:  make(chan struct{}),
	}
	r.open.Store(int32(n))
	carriers := make([]carrier, n)
	for i := range r.shards {
		p := &plain{
			conn:   conn,
			reader: r,
			limit:  opt.MaxDatagram,
			full:   make(chan *plainBuffer, 4*opt.Batch),
			lent:   make([]*plainBuffer, 0, opt.Batch),
			batch:  make([]Datagram, 0, opt.Batch),
			timer:  time.NewTimer(0),
			done:   make(chan struct{}),
			woken:  make(chan struct{}, 1),
		}
		if !bound.IsUnspecified() {
			p.bound = bound.WithZone("")
		}
		r.shards[i], carriers[i] = p, p
	}
	// One byte more than allowed, to see that a datagram was cut.
	buffers := newSlab(cap(r.free), opt.MaxDatagram+1)
	for i := range cap(r.free) {
		r.free <- &plainBuffer{data: buffers.piece(i)}
	}
	go r.read()
	return carriers
}

// read fills free buffers until the socket is closed.
func (r *plainReader) read() {
	defer close(r.ended)
	for {
		var b *plainBuffer
		select {
		case b = <-r.free:
		case <-r.done:
			return
		}
		for {
			n, remote, err := r.conn.ReadFromUDPAddrPort(b.data)
			r.calls.Add(1)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if n > r.limit || truncated(err) {
				r.truncated.Add(1)
				continue
			}
			if err == nil {
				b.n, b.remote, b.at = n, unmap(remote), time.Now()
				if r.deliver(b) {
					break
				}
				continue
			}
			// The network's answer to something sent earlier, such as
			// WSAECONNRESET, or a passing lack of memory.
			r.errors.Add(1)
			time.Sleep(plainErrorPause)
		}
	}
}

// deliver gives a full buffer to the shard it is for. It reports false if
// that one has as much as it may hold, so that it cannot stop the others. One
// that has the socket for itself may hold all there are.
func (r *plainReader) deliver(b *plainBuffer) bool {
	i := shardOf(r.rules, len(r.shards), b.data[:b.n])
	if i < 0 {
		i = int(b.remote.Port()) % len(r.shards)
	}
	select {
	case r.shards[i].full <- b:
		return true
	default:
		r.shards[i].overflowed.Add(1)
		return false
	}
}
