package tcpmodel

import (
	"encoding/binary"
	"time"
)

// Mark is the first byte of every datagram of this package. In front of our
// own protocol it would be a server query (A2S), so that both can share a link
// and be told apart.
const Mark = 0xff

// udpOverhead is what UDP over IPv4 adds to each datagram: 20 bytes of IP
// (RFC 791) and 8 of UDP (RFC 768). Links of package vnet count it, so packets
// here are so much smaller than those of TCP that they stand for.
const udpOverhead = 28

// IP packets of 1500 bytes, and headers of 52: IP 20, TCP 20, timestamps 12.
const (
	fullBytes   = 1500 - udpOverhead
	headerBytes = 52 - udpOverhead
)

// Is reports whether a datagram is of this package.
func Is(datagram []byte) bool { return len(datagram) > 0 && datagram[0] == Mark }

// An End is one end of a flow: a host of package vnet, but for the addresses.
type End interface {
	// Receive takes a packet of the other end.
	Receive(now time.Time, datagram []byte)

	// Flush sends what is due at now.
	Flush(now time.Time, send func([]byte))

	// NextDeadline returns when Flush is needed next; zero means never.
	NextDeadline() time.Time
}

// A Receiver acknowledges every segment of a Sender. The zero value is ready
// to use.
type Receiver struct {
	numbers []uint64 // to acknowledge
	packet  [headerBytes]byte
}

// Receive implements End.
func (r *Receiver) Receive(_ time.Time, datagram []byte) {
	r.numbers = append(r.numbers, binary.LittleEndian.Uint64(datagram[1:]))
}

// Flush implements End.
func (r *Receiver) Flush(_ time.Time, send func([]byte)) {
	for _, number := range r.numbers {
		r.packet[0] = Mark
		binary.LittleEndian.PutUint64(r.packet[1:], number)
		send(r.packet[:])
	}
	r.numbers = r.numbers[:0]
}

// NextDeadline implements End.
func (r *Receiver) NextDeadline() time.Time { return time.Time{} }

// A Sender is the sending end of one TCP flow with selective acknowledgements
// (RFC 2018) that has no end of data to send. It models what a bottleneck
// sees, and no more:
//
//   - every segment is full and has a number of its own; what is sent again
//     is a new number, since content does not matter
//   - every segment is acknowledged, by a packet as large as a bare ACK
//   - a segment is lost when one three later was acknowledged (RFC 6675), or
//     when nothing was for the retransmission timeout (RFC 6298)
//   - slow start ends by loss, or by HyStart's delay increase (the algorithm
//     that RFC 9406 improves, and that Linux uses): RTT of a round above the
//     least by an eighth, from 4 to 16 ms
//   - no pacing: Linux paces TCP only where fq or BBR is set
//
// Create it with NewSender.
type Sender struct {
	control
	startAt time.Time // zero: not yet
	sentAt  []time.Time
	acked   []bool
	oldest  uint64 // number of the oldest segment in flight
	highest uint64 // acknowledged number, +1
	flying  int
	recover uint64 // losses of numbers below are of one event
	lastAck time.Time
	packet  [fullBytes]byte
}

// NewSender returns a Sender that waits for Start.
func NewSender() *Sender { return &Sender{control: newControl()} }

// Start lets it send from now on.
func (s *Sender) Start(now time.Time) { s.startAt, s.lastAck = now, now }

// NextDeadline implements End.
func (s *Sender) NextDeadline() time.Time {
	switch {
	case s.startAt.IsZero():
		return time.Time{}
	case s.flying == 0:
		return s.startAt
	}
	return s.lastAck.Add(s.timeout())
}

// Flush implements End.
func (s *Sender) Flush(now time.Time, send func([]byte)) {
	if s.startAt.IsZero() {
		return
	}
	if s.flying > 0 && !now.Before(s.lastAck.Add(s.timeout())) {
		s.expired()
		s.lastAck = now
		s.oldest, s.flying, s.recover = uint64(len(s.sentAt)), 0, uint64(len(s.sentAt))
	}
	for s.flying < int(s.window) {
		if s.flying == 0 {
			s.lastAck = now // the timer starts with what is sent
		}
		s.packet[0] = Mark
		binary.LittleEndian.PutUint64(s.packet[1:], uint64(len(s.sentAt)))
		s.sentAt, s.acked = append(s.sentAt, now), append(s.acked, false)
		s.flying++
		send(s.packet[:])
	}
}

// Receive takes the acknowledgement of one segment.
func (s *Sender) Receive(now time.Time, datagram []byte) {
	number := binary.LittleEndian.Uint64(datagram[1:])
	if number < s.oldest || s.acked[number] {
		return // given up, or twice
	}
	s.acked[number] = true
	s.flying--
	s.lastAck, s.backoff = now, 0
	s.highest = max(s.highest, number+1)
	s.measure(now.Sub(s.sentAt[number]), number, uint64(len(s.sentAt)))
	for s.oldest < s.highest {
		if !s.acked[s.oldest] {
			if s.oldest+dupThreshold >= s.highest {
				break
			}
			s.flying--
			if s.oldest >= s.recover { // once for each window
				s.recover = uint64(len(s.sentAt))
				s.reduce()
			}
		}
		s.oldest++
	}
	if number >= s.recover {
		s.grow(now)
	}
}
