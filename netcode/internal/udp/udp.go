// Package udp moves datagrams between a UDP socket and preallocated buffers,
// many per system call where the system can (recvmmsg and sendmmsg on Linux),
// one per call elsewhere, behind one API.
//
// It adds what a game protocol wants from a socket and the net package does
// not give: arrival times from the kernel, replies that leave from the address
// the peer asked, a wait that wakes on time, and counters for every datagram
// that was lost on the way.
package udp

import (
	"fmt"
	"net/netip"
	"time"
)

// Options configures a Socket. The zero value is ready to use.
type Options struct {
	// ReceiveBufferBytes and SendBufferBytes are the sizes asked of the
	// kernel (SO_RCVBUF, SO_SNDBUF). If zero, 4 MiB and 1 MiB. The kernel
	// gives what its administrator allows (net.core.rmem_max on Linux);
	// Socket.ReceiveBufferBytes says what it gave.
	ReceiveBufferBytes int
	SendBufferBytes    int

	// ForceBuffers asks for the sizes beyond the administrator's limits
	// (SO_RCVBUFFORCE), which needs CAP_NET_ADMIN. Without the capability it
	// changes nothing. Linux only.
	ForceBuffers bool

	// Batch is how many datagrams one system call moves. If zero, 64. At
	// most 1024, the kernel's own limit (UIO_MAXIOV).
	Batch int

	// MaxDatagram is the largest datagram, in bytes of UDP payload, that is
	// received or sent. Larger ones are counted and dropped. If zero, 2048:
	// what an Ethernet frame carries, rounded up. At most 65,535.
	MaxDatagram int

	// DSCP and ECN mark what is sent: the class of service in the upper six
	// bits of the traffic class (RFC 2474), and ECT(0) in the lower two
	// (RFC 3168). Where the system does not let us, nothing is marked;
	// Socket.Marks tells.
	DSCP uint8
	ECN  bool

	// NoSegmentation sends every datagram as a message of its own. Without
	// it, bursts to one peer go to the kernel in one piece where it and the
	// device can cut them (UDP_SEGMENT; Linux only).
	NoSegmentation bool

	// NoSteering leaves it to the kernel which of several shards receives a
	// datagram, and to the shards to hand it over. It is there to test.
	NoSteering bool

	// Plain makes one system call for each datagram, as on systems without
	// recvmmsg. It is there to compare and to test.
	Plain bool
}

// Defaults and limits of Options.
//
// The receive buffer must hold what arrives while the application does not
// look: a server that stalls for 100 ms with 1,000 clients at 60 datagrams a
// second misses 6,000 of them. Linux charges 832 bytes of buffer for a
// datagram of 64 bytes, 1,280 for one of 200 and 2,304 for one of 1,200 (skb
// truesize; TestReceiveBufferHolds prints what this kernel charges), and
// doubles what SO_RCVBUF asks for, so that 4 MiB hold 10,082, 6,553 or 3,640
// of them. Where net.core.rmem_max is the customary 212,992, it is a
// twentieth of that: such a server needs the limit raised. The send buffer
// holds datagrams until the network card took them: 1 MiB is 8 ms at
// 1 Gbit/s, half a tick.
const (
	defaultReceiveBuffer = 4 << 20
	defaultSendBuffer    = 1 << 20
	defaultBatch         = 64
	limitBatch           = 1024
	defaultMaxDatagram   = 2048
	limitMaxDatagram     = 65535
	limitDSCP            = 63
	ect0                 = 2 // RFC 3168, section 5
)

// A Datagram is one received UDP payload.
type Datagram struct {
	// Remote is who sent it. IPv4 addresses are never IPv6-mapped; the zone
	// of a link-local address is the interface's number.
	Remote netip.AddrPort

	// Local is our address it was sent to; zero if the system does not say.
	Local netip.Addr

	// ECN is the low two bits of its traffic class: 3 says that a router on
	// its way was congested. Zero where the system does not tell; only Linux
	// does here.
	ECN uint8

	// At is when it arrived at this machine, on the monotonic clock.
	At time.Time

	// Data is valid until the next call of Socket.Receive.
	Data []byte
}

// Stats counts what a Socket did since Listen.
type Stats struct {
	DatagramsIn, BytesIn   uint64 // received, of UDP payload
	DatagramsOut, BytesOut uint64 // accepted by the kernel
	ReceiveCalls           uint64 // system calls, empty-handed ones included
	SendCalls              uint64

	Trains        uint64 // bursts to one peer that the kernel took as one
	InTrains      uint64 // datagrams in them; counted in DatagramsOut, too
	TrainsRefused uint64 // bursts it did not take; sent one by one

	Overflowed    uint64 // dropped by the kernel: our receive buffer was full
	Truncated     uint64 // received larger than Options.MaxDatagram; dropped
	ReceiveErrors uint64 // errors of earlier sends that surfaced on receive

	HandedOver   uint64 // received, and given to the shard they belong to
	HandoverFull uint64 // received for another shard; dropped, it had no room

	Unroutable  uint64 // send dropped: no route, or no such family here
	TooLarge    uint64 // send dropped: beyond MaxDatagram or the link's MTU
	Denied      uint64 // send dropped: firewall or missing permission
	SendFull    uint64 // send dropped: send buffer or device queue full
	SendErrors  uint64 // send dropped: anything else
	SourceMoved uint64 // sent, but not from the address asked: it is gone
}

// A carrier is how a system moves datagrams.
type carrier interface {
	receive() (batch []Datagram, more bool, err error)
	wait(deadline time.Time, datagrams bool) (readable bool, err error)
	wake()
	queue(remote netip.AddrPort, local netip.Addr, data []byte)
	flush()
	stats() Stats
	close() error
}

// A Socket is one UDP socket. It belongs to one goroutine, except Close and
// Wake, which any goroutine may call. Socket must be made with Listen.
type Socket struct {
	carrier       carrier
	local         netip.AddrPort
	receiveBuffer int
	sendBuffer    int
	marks         bool
	shard         *shard // nil unless others share its address
}

// Receive returns datagrams that wait, at most Options.Batch of them and what
// other shards have handed over, without blocking. More reports that others may wait still. The batch and
// the data in it are valid until the next Receive. After Close the error is
// net.ErrClosed; no other error is returned.
func (s *Socket) Receive() (batch []Datagram, more bool, err error) {
	if s.shard != nil {
		return s.receiveShard()
	}
	return s.carrier.receive()
}

// Wait blocks until a datagram waits (true) or until the deadline (false).
// After Close the error is net.ErrClosed. Zero deadline means none.
func (s *Socket) Wait(deadline time.Time) (readable bool, err error) {
	return s.carrier.wait(deadline, true)
}

// Wake ends a Wait: the one under way, or the next, which then reports that a
// datagram waits although none may. Any goroutine may call it, also after
// Close.
func (s *Socket) Wake() { s.carrier.wake() }

// Rest blocks until the deadline, whatever arrives meanwhile. After Close the
// error is net.ErrClosed. Zero deadline means for ever.
func (s *Socket) Rest(deadline time.Time) error {
	_, err := s.carrier.wait(deadline, false)
	return err
}

// Queue copies data into the send batch, and sends the batch when it is full.
// The datagram leaves from local where that is valid and still ours.
//
// UDP promises nothing, so neither does Queue: a datagram that cannot be sent
// is dropped and counted, and the others go on.
func (s *Socket) Queue(remote netip.AddrPort, local netip.Addr, data []byte) {
	s.carrier.queue(remote, local, data)
}

// Flush sends what was queued. When the send buffer is full it waits up to
// 2 ms for room, once, and then drops: a late snapshot is worth less than the
// next one on time.
func (s *Socket) Flush() { s.carrier.flush() }

// LocalAddr returns the address the socket is bound to.
func (s *Socket) LocalAddr() netip.AddrPort { return s.local }

// ReceiveBufferBytes returns the size the kernel gave the receive buffer, by
// its own accounting: Linux reports twice what was asked, and charges its
// bookkeeping against it.
func (s *Socket) ReceiveBufferBytes() int { return s.receiveBuffer }

// SendBufferBytes returns the size the kernel gave the send buffer.
func (s *Socket) SendBufferBytes() int { return s.sendBuffer }

// Marks reports whether what is sent carries Options.DSCP and Options.ECN in
// every address family of the socket. It is true if nothing was asked.
func (s *Socket) Marks() bool { return s.marks }

// Stats returns the counters.
func (s *Socket) Stats() Stats {
	stats := s.carrier.stats()
	if s.shard != nil {
		stats.HandedOver, stats.HandoverFull = s.shard.handed, s.shard.full
	}
	return stats
}

// Close closes the socket and makes Receive and Wait return net.ErrClosed,
// also those that are under way in another goroutine. Queued datagrams that
// were not flushed are lost. Closing twice returns net.ErrClosed.
func (s *Socket) Close() error {
	if s.shard != nil {
		s.shard.inbox.close()
	}
	return s.carrier.close()
}

// withDefaults returns o with defaults filled in, or an error that names the
// field and the limit.
func (o Options) withDefaults() (Options, error) {
	setDefault(&o.ReceiveBufferBytes, defaultReceiveBuffer)
	setDefault(&o.SendBufferBytes, defaultSendBuffer)
	setDefault(&o.Batch, defaultBatch)
	setDefault(&o.MaxDatagram, defaultMaxDatagram)
	switch {
	case o.ReceiveBufferBytes < 0:
		return o, fmt.Errorf("netcode: ReceiveBufferBytes is %d, want 0 or more", o.ReceiveBufferBytes)
	case o.SendBufferBytes < 0:
		return o, fmt.Errorf("netcode: SendBufferBytes is %d, want 0 or more", o.SendBufferBytes)
	case o.Batch < 1 || o.Batch > limitBatch:
		return o, fmt.Errorf("netcode: Batch is %d, want 1 to %d", o.Batch, limitBatch)
	case o.MaxDatagram < 1 || o.MaxDatagram > limitMaxDatagram:
		return o, fmt.Errorf("netcode: MaxDatagram is %d, want 1 to %d", o.MaxDatagram, limitMaxDatagram)
	case o.DSCP > limitDSCP:
		return o, fmt.Errorf("netcode: DSCP is %d, want 0 to %d", o.DSCP, limitDSCP)
	}
	return o, nil
}

// trafficClass returns the byte that carries both marks.
func (o Options) trafficClass() int {
	class := int(o.DSCP) << 2
	if o.ECN {
		class |= ect0
	}
	return class
}

func setDefault(field *int, value int) {
	if *field == 0 {
		*field = value
	}
}
