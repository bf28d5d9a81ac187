package main

import (
	"encoding/binary"
	"math"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// The competitor is a model of one TCP flow with CUBIC (RFC 9438) and
// selective acknowledgements (RFC 2018) that has no end of data to send. It
// models what a bottleneck sees, sizes and times of packets, and no more:
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
const (
	competitorMark = 0xff // first byte of its datagrams: A2S to our wire

	// As the link adds 28 bytes to every datagram, these make IP packets of
	// 1500 bytes, and ACKs of 52: IP 20, TCP 20, timestamps 12.
	segmentBytes = 1500 - udpOverhead
	ackBytes     = 52 - udpOverhead

	cubicC    = 0.4 // RFC 9438, section 5
	cubicBeta = 0.7 // section 4.6

	initialSegments = 10 // RFC 6928
	dupThreshold    = 3  // RFC 6675
	minTimeout      = 200 * time.Millisecond
)

// isCompetitor tells the flows apart at the bottleneck.
func isCompetitor(datagram []byte) bool {
	return len(datagram) > 0 && datagram[0] == competitorMark
}

// A flow is one end of the competitor.
type flow interface {
	receive(now time.Time, datagram []byte)
	flush(now time.Time, send func([]byte))
	deadline() time.Time
}

// A shared host is a core and an end of the competitor behind one address, so
// that they share the link.
type shared struct {
	*netcode.Core
	flow flow
	peer netip.AddrPort
}

func newShared(core *netcode.Core, f flow) *shared {
	peer := serverAddress
	if _, ok := f.(*cubicReceiver); ok {
		peer = clientAddress
	}
	return &shared{core, f, peer}
}

// Receive gives a datagram to whom it is for.
func (s *shared) Receive(now time.Time, path netcode.Path, datagram []byte) {
	if isCompetitor(datagram) {
		s.flow.receive(now, datagram)
		return
	}
	s.Core.Receive(now, path, datagram)
}

// Flush lets both send.
func (s *shared) Flush(now time.Time, out netcode.Sender) {
	s.Core.Flush(now, out)
	s.flow.flush(now, func(datagram []byte) { out.SendDatagram(netcode.Path{Remote: s.peer}, datagram) })
}

// NextDeadline returns the earlier one.
func (s *shared) NextDeadline() time.Time {
	a, b := s.Core.NextDeadline(), s.flow.deadline()
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// A cubicReceiver acknowledges every segment.
type cubicReceiver struct {
	numbers []uint64 // to acknowledge
	packet  [ackBytes]byte
}

func newCubicReceiver() *cubicReceiver { return &cubicReceiver{} }

func (r *cubicReceiver) receive(_ time.Time, datagram []byte) {
	r.numbers = append(r.numbers, binary.LittleEndian.Uint64(datagram[1:]))
}

func (r *cubicReceiver) flush(_ time.Time, send func([]byte)) {
	for _, number := range r.numbers {
		r.packet[0] = competitorMark
		binary.LittleEndian.PutUint64(r.packet[1:], number)
		send(r.packet[:])
	}
	r.numbers = r.numbers[:0]
}

func (r *cubicReceiver) deadline() time.Time { return time.Time{} }

// A cubicSender is the sending end. Windows are in segments.
type cubicSender struct {
	startAt time.Time // zero: not yet
	sentAt  []time.Time
	acked   []bool
	oldest  uint64 // number of the oldest segment in flight
	highest uint64 // acknowledged number, +1
	flying  int

	window, threshold float64
	before            float64   // window before the last reduction: W_max
	epoch             time.Time // of the cubic function; zero in slow start
	k                 float64   // seconds until it is back at W_max
	friendly          float64   // what Reno would have: W_est
	recover           uint64    // losses of numbers below are of one event

	smoothed, variance, least time.Duration
	round                     uint64 // HyStart's round ends when this number is acknowledged
	roundLeast                time.Duration
	lastAck                   time.Time
	backoff                   int
	packet                    [segmentBytes]byte
}

func newCubicSender() *cubicSender {
	return &cubicSender{window: initialSegments, threshold: math.Inf(1)}
}

// start lets it send from now on.
func (s *cubicSender) start(now time.Time) { s.startAt, s.lastAck = now, now }

// timeout is the retransmission timeout (RFC 6298).
func (s *cubicSender) timeout() time.Duration {
	rto := time.Second
	if s.smoothed > 0 {
		rto = max(minTimeout, s.smoothed+4*s.variance)
	}
	return rto << min(s.backoff, 6)
}

func (s *cubicSender) deadline() time.Time {
	switch {
	case s.startAt.IsZero():
		return time.Time{}
	case s.flying == 0:
		return s.startAt
	}
	return s.lastAck.Add(s.timeout())
}

func (s *cubicSender) flush(now time.Time, send func([]byte)) {
	if s.startAt.IsZero() {
		return
	}
	if s.flying > 0 && !now.Before(s.lastAck.Add(s.timeout())) {
		s.backoff++
		s.threshold, s.before = max(2, s.window*cubicBeta), s.window
		s.window, s.epoch, s.lastAck = 1, time.Time{}, now
		s.oldest, s.flying, s.recover = uint64(len(s.sentAt)), 0, uint64(len(s.sentAt))
	}
	for s.flying < int(s.window) {
		if s.flying == 0 {
			s.lastAck = now // the timer starts with what is sent
		}
		s.packet[0] = competitorMark
		binary.LittleEndian.PutUint64(s.packet[1:], uint64(len(s.sentAt)))
		s.sentAt, s.acked = append(s.sentAt, now), append(s.acked, false)
		s.flying++
		send(s.packet[:])
	}
}

// receive handles the acknowledgement of one segment.
func (s *cubicSender) receive(now time.Time, datagram []byte) {
	number := binary.LittleEndian.Uint64(datagram[1:])
	if number < s.oldest || s.acked[number] {
		return // given up, or twice
	}
	s.acked[number] = true
	s.flying--
	s.lastAck, s.backoff = now, 0
	s.highest = max(s.highest, number+1)
	s.measure(now.Sub(s.sentAt[number]), number)
	for s.oldest < s.highest {
		if !s.acked[s.oldest] {
			if s.oldest+dupThreshold >= s.highest {
				break
			}
			s.flying--
			s.reduce(s.oldest)
		}
		s.oldest++
	}
	if number >= s.recover {
		s.grow(now)
	}
}

// measure takes a round-trip time, and leaves slow start when a round's least
// shows that a queue builds up.
func (s *cubicSender) measure(rtt time.Duration, number uint64) {
	if s.smoothed == 0 {
		s.smoothed, s.variance, s.least = rtt, rtt/2, rtt
	}
	s.variance += ((s.smoothed - rtt).Abs() - s.variance) / 4
	s.smoothed += (rtt - s.smoothed) / 8
	s.least = min(s.least, rtt)
	if s.window >= s.threshold {
		return
	}
	if number >= s.round {
		s.round, s.roundLeast = uint64(len(s.sentAt)), rtt
	}
	s.roundLeast = min(s.roundLeast, rtt)
	rise := min(max(s.least/8, 4*time.Millisecond), 16*time.Millisecond)
	if s.window >= 16 && s.roundLeast >= s.least+rise {
		s.threshold = s.window
	}
}

// reduce answers the loss of a segment, once for each window.
func (s *cubicSender) reduce(number uint64) {
	if number < s.recover {
		return
	}
	s.recover = uint64(len(s.sentAt))
	if s.window < s.before { // fast convergence, section 4.7
		s.before = s.window * (1 + cubicBeta) / 2
	} else {
		s.before = s.window
	}
	s.window = max(2, s.window*cubicBeta)
	s.threshold, s.epoch = s.window, time.Time{}
}

// grow opens the window for one acknowledged segment.
func (s *cubicSender) grow(now time.Time) {
	if s.window < s.threshold {
		s.window++
		return
	}
	if s.epoch.IsZero() {
		s.epoch, s.friendly = now, s.window
		s.before = max(s.before, s.window)
		s.k = math.Cbrt((s.before - s.window) / cubicC)
	}
	at := func(t float64) float64 { return cubicC*math.Pow(t-s.k, 3) + s.before }
	t := now.Sub(s.epoch).Seconds()
	alpha := 3 * (1 - cubicBeta) / (1 + cubicBeta) // section 4.3
	if s.friendly >= s.before {
		alpha = 1
	}
	s.friendly += alpha / s.window
	if at(t) < s.friendly {
		s.window = max(s.window, s.friendly)
		return
	}
	target := min(max(at(t+s.smoothed.Seconds()), s.window), 1.5*s.window)
	s.window += (target - s.window) / s.window
}
