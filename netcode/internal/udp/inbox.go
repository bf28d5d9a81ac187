package udp

import (
	"net/netip"
	"sync"
	"time"
)

// Bounds of an inbox. Where the kernel steers it is all but empty. Where it
// only spreads, it has all but one of n datagrams in it that come while its
// owner is busy: a stall of 60 ms with 1,000 players at 60 a second.
const (
	inboxDatagrams = 4096
	inboxBytes     = 1 << 20
)

// An inbox holds datagrams that another shard received. Any goroutine may
// put, its owner takes all at once. It grows to what it once held.
type inbox struct {
	mu     sync.Mutex
	closed bool
	held   []heldDatagram
	bytes  []byte // their data, end to end

	// The owner's: what was taken last.
	taken      []heldDatagram
	takenBytes []byte
	batch      []Datagram
}

// A heldDatagram is a Datagram whose data are in the inbox.
type heldDatagram struct {
	remote netip.AddrPort
	local  netip.Addr
	at     time.Time
	ecn    uint8
	end    int // of its data in bytes
}

// put copies d in. It reports whether there was room, and whether d is the
// first, for which the owner is to be woken.
func (in *inbox) put(d *Datagram) (taken, first bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed || len(in.held) == inboxDatagrams || len(in.bytes)+len(d.Data) > inboxBytes {
		return false, false
	}
	in.bytes = append(in.bytes, d.Data...)
	in.held = append(in.held, heldDatagram{d.Remote, d.Local, d.At, d.ECN, len(in.bytes)})
	return true, len(in.held) == 1
}

// take returns what is there. It is valid until the next take.
func (in *inbox) take() []Datagram {
	in.mu.Lock()
	in.held, in.taken = in.taken[:0], in.held
	in.bytes, in.takenBytes = in.takenBytes[:0], in.bytes
	in.mu.Unlock()
	in.batch = in.batch[:0]
	start := 0
	for i := range in.taken {
		h := &in.taken[i]
		in.batch = append(in.batch, Datagram{
			Remote: h.remote, Local: h.local, At: h.at, ECN: h.ecn, Data: in.takenBytes[start:h.end:h.end],
		})
		start = h.end
	}
	return in.batch
}

// close makes the inbox refuse everything.
func (in *inbox) close() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
}
