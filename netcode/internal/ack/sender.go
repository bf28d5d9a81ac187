package ack

import (
	"math/bits"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/cache"
	"github.com/reckon-engine/reckon/netcode/internal/pace"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

type packetState uint8

const (
	stateInFlight packetState = iota
	stateAcked
	stateLost
	stateSkipped // a number that no packet has
)

// A Packet is the memory of one sent packet: 64 bytes, which a processor
// fetches at once.
type Packet struct {
	at        time.Duration // since Sender.epoch; see Sender.SentAt
	AckNext   uint64        // one more than the newest packet it acknowledged; 0 = none
	Mark      pace.Mark     // what congestion control remembers of it
	items     items         // what it carried
	Bytes     uint16        // of the datagram, for Sender.Flight
	Reliable  uint16        // bytes of reliable data in it
	state     packetState
	Carries   uint8 // what else it carries; the caller's own bits
	Eliciting bool  // it asks for an acknowledgement
	Aside     bool  // a probe: no matter of loss, congestion or the round trip
}

// Capacity of the ring of sent packets. It grows from the first to the second
// as packets in doubt ask for it. 4,096 packets are 32 seconds at 128 a
// second, so that a packet leaves undecided only when nothing was heard for
// far longer than a timeout.
const (
	minRing = 32
	maxRing = 4096
)

// A Sender remembers sent packets until they are acknowledged or given up.
// The zero value is ready to use.
type Sender struct {
	RTT    RTT
	Losses Losses

	epoch    time.Time // packets' times count from here
	ring     []Packet
	recent   recent // which of the newest are acknowledged
	oldest   uint64 // oldest number remembered
	next     uint64 // number of the next packet
	undone   uint64 // oldest number still in flight, or next
	acked    uint64 // one more than the newest number acknowledged
	taken    uint64 // one more than the peer's newest packet whose ack was taken
	loss     float64
	probes   int       // probes sent since the last acknowledgement
	lastSent time.Time // of an eliciting packet
	lastAck  time.Time // when an ack was taken
	lied     bool      // the last Ack told of a number that was skipped

	// Since is the number of the first packet on the path in use: those before
	// it give no round trips. The caller sets it.
	Since uint64

	InFlightBytes int    // reliable data in packets neither acknowledged nor lost
	Flight        int    // bytes of eliciting datagrams neither acknowledged nor lost
	LostPackets   uint64 // given up, ever
	LateAcks      uint64 // acknowledged after having been given up

	*Fates
}

// Fates are what became of packets, in the last call of a Sender that finds
// out. Many Senders may share them, if each is read before the next is asked;
// a Sender that is given none makes its own.
type Fates struct {
	Acked []uint64 // result of the last Ack: numbers newly acknowledged
	Lost  []uint64 // result of the last Ack or DetectLoss: numbers given up
}

// clear forgets the last results.
func (s *Sender) clear() {
	if s.Fates == nil {
		s.Fates = new(Fates)
	}
	s.Acked, s.Lost = s.Acked[:0], s.Lost[:0]
}

// Next returns the number of the next packet.
func (s *Sender) Next() uint64 { return s.next }

// Acknowledged returns one more than the newest number acknowledged.
func (s *Sender) Acknowledged() uint64 { return s.acked }

// Stuck reports whether so many packets followed the newest acknowledged one
// that acknowledgements could not name them any more.
func (s *Sender) Stuck() bool { return s.next-s.acked >= wire.MaxDoubt }

// Loss returns the estimated share of packets that do not arrive, 0 to 1.
func (s *Sender) Loss() float64 { return s.loss }

// At returns the packet with the given number, or nil if it is forgotten.
func (s *Sender) At(number uint64) *Packet {
	if number < s.oldest || number >= s.next {
		return nil
	}
	return &s.ring[number&uint64(len(s.ring)-1)]
}

// Touch brings what an Ack will most likely need near the processor, and
// TouchNext what Add will; see package cache.
func (s *Sender) Touch() (sum byte) { return s.touch(s.undone) }

// TouchNext is described at Touch.
func (s *Sender) TouchNext() (sum byte) { return s.touch(s.next) }

func (s *Sender) touch(number uint64) (sum byte) {
	if len(s.ring) == 0 {
		return 0
	}
	return cache.Of(&s.ring[number&uint64(len(s.ring)-1)])
}

// Forget gives the memory of packets back when the connection is over.
// Estimates and counters stay, and nothing else may be asked for.
func (s *Sender) Forget() {
	s.ring = nil
	s.oldest, s.undone = s.next, s.next
}

// LastAck returns when the newest acknowledgement came.
func (s *Sender) LastAck() time.Time { return s.lastAck }

// OldestInFlight returns the oldest packet of more than bytes of which nothing
// is known, or nil.
func (s *Sender) OldestInFlight(bytes int) *Packet {
	s.advanceUndone()
	for n := s.undone; n < s.next; n++ {
		if p := s.At(n); p.state == stateInFlight && int(p.Bytes) > bytes && !p.Aside {
			return p
		}
	}
	return nil
}

// MakeRoom must precede Add. A packet that must be given up for want of room
// is in Lost afterwards.
func (s *Sender) MakeRoom() {
	s.clear()
	if s.next-s.oldest < uint64(len(s.ring)) {
		return
	}
	if size := uint64(len(s.ring)); size > minRing && s.next%size == 0 && s.next-s.undone < size/8 {
		s.shrink()
	}
	switch {
	case len(s.ring) > 0 && s.undone > s.oldest:
		// The oldest is decided: Add forgets it.
	case len(s.ring) < maxRing:
		s.grow()
	default:
		s.lose(s.oldest)
		s.advanceUndone()
	}
}

func (s *Sender) grow() { s.resize(max(minRing, 2*len(s.ring))) }

// shrink gives back half of what an outage made the ring grow to. It is
// asked once a round of the ring, and wants it seven eighths idle, so that
// bursts do not make it breathe.
func (s *Sender) shrink() {
	s.oldest = s.next - uint64(len(s.ring)/2)
	s.resize(len(s.ring) / 2)
}

func (s *Sender) resize(size int) {
	ring := make([]Packet, size)
	for n := s.oldest; n < s.next; n++ {
		ring[n&uint64(size-1)] = s.ring[n&uint64(len(s.ring)-1)]
	}
	s.ring = ring
}

// Add returns a record for the next packet, to be filled in before Commit.
func (s *Sender) Add(now time.Time) *Packet {
	if s.next-s.oldest == uint64(len(s.ring)) {
		s.oldest++
	}
	p := &s.ring[s.next&uint64(len(s.ring)-1)]
	if s.epoch.IsZero() {
		s.epoch = now
	}
	p.Forget()
	*p = Packet{at: now.Sub(s.epoch), items: p.items}
	return p
}

// SentAt returns when p was sent.
func (s *Sender) SentAt(p *Packet) time.Time { return s.epoch.Add(p.at) }

// Commit counts the packet from the last Add as sent.
func (s *Sender) Commit(p *Packet) (number uint64) {
	s.InFlightBytes += int(p.Reliable)
	if p.Eliciting && !p.Aside {
		s.lastSent = s.SentAt(p)
		s.Flight += int(p.Bytes)
	}
	number = s.next
	s.next++
	s.recent.send()
	return number
}

// Skip leaves out a number, with room made for it as for Add. Whoever
// acknowledges it acknowledges what it did not receive (RFC 9000, section
// 21.4).
func (s *Sender) Skip(now time.Time) {
	s.Add(now).state = stateSkipped
	s.next++
	s.recent.send()
}

// Ack processes an acknowledgement received at now in the peer's packet from.
// It reports false if the peer acknowledges what was never sent. Acked and
// Lost hold the result.
//
// An ack in a packet older than one from which an ack was taken is ignored: it
// says nothing that the newer one did not, and its truncated number could mean
// another (docs/PROTOCOL.md, section 4.2).
func (s *Sender) Ack(now time.Time, from uint64, a *wire.Ack) bool {
	s.clear()
	if a.Form() == wire.AckWide && a.Words == 0 && a.RunCount == 0 || from < s.taken {
		return true
	}
	newest := wire.ExpandNewest(a, s.acked)
	if newest >= s.next {
		return false
	}
	s.taken, s.lastAck, s.lied = from+1, now, false
	// The round trip is measured on the newest packet, when it is news, and
	// the delay is known: an ack that was lost is repeated by a packet that
	// may leave much later than the wire can say.
	if p := s.At(newest); p != nil && p.state != stateAcked && p.Eliciting && !p.Aside && newest >= s.Since && a.Delay < wire.MaxAckDelay {
		s.RTT.Add(now.Sub(s.epoch)-p.at, a.Delay)
	}
	s.ackOne(newest)
	if a.RunCount > 0 {
		s.ackRuns(newest, a)
	} else {
		s.ackBits(newest, a)
	}
	s.acked = max(s.acked, newest+1)
	if len(s.Acked) > 0 {
		s.probes = 0
	}
	s.DetectLoss(now)
	return !s.lied
}

func (s *Sender) ackBits(newest uint64, a *wire.Ack) {
	for w, word := range a.Bits[:a.Words] {
		below := newest - min(newest, 32*uint64(w)) // bit n is of number below-1-n
		if below < 32 {
			word &= 1<<below - 1
		}
		for word &^= s.recent.word(s.next - below); word != 0; word &= word - 1 {
			s.ackOne(below - 1 - uint64(bits.TrailingZeros32(word)))
		}
	}
}

func (s *Sender) ackRuns(newest uint64, a *wire.Ack) {
	n := newest // all from here on is told
	for i, run := range a.Runs[:a.RunCount] {
		end := n - min(n, uint64(run))
		for n > end && n > s.oldest {
			if n--; i%2 == 0 {
				s.ackOne(n)
			}
		}
		n = end
	}
}

func (s *Sender) ackOne(number uint64) {
	if s.recent.ack(s.next - 1 - number) {
		return
	}
	p := s.At(number)
	if p == nil || p.state == stateAcked {
		return
	}
	switch {
	case p.state == stateSkipped:
		s.lied = true
		return
	case p.Aside:
	case p.state == stateLost:
		s.LateAcks++
		s.loss = max(0, s.loss-lossGain) // it was not lost after all
		s.Losses.mistaken()
	default:
		s.loss -= float64(s.loss * lossGain)
		s.land(p)
	}
	p.state = stateAcked
	s.Acked = append(s.Acked, number)
}

// land takes a packet out of the bytes in flight.
func (s *Sender) land(p *Packet) {
	s.InFlightBytes -= int(p.Reliable)
	if p.Eliciting && !p.Aside {
		s.Flight -= int(p.Bytes)
	}
}

// lose gives up a packet that is in flight.
func (s *Sender) lose(number uint64) {
	p := s.At(number)
	if p.state != stateInFlight {
		return
	}
	p.state = stateLost
	if !p.Aside {
		s.LostPackets++
		s.loss += float64((1 - s.loss) * lossGain)
		s.land(p)
	}
	s.Lost = append(s.Lost, number)
}

func (s *Sender) advanceUndone() {
	s.undone = max(s.undone, s.oldest)
	for s.undone < s.next && s.At(s.undone).state != stateInFlight {
		if p := s.At(s.undone); !p.Aside && p.state != stateSkipped {
			s.Losses.add(p.state == stateLost)
		}
		s.undone++
	}
}

// DetectLoss appends to Lost the packets that were sent before one that was
// acknowledged and have been in flight for longer than the loss delay
// (RFC 9002, section 6.1.2; RFC 8985 calls it RACK).
func (s *Sender) DetectLoss(now time.Time) {
	s.advanceUndone()
	if s.undone >= s.acked {
		return
	}
	sentBy := now.Sub(s.epoch) - s.RTT.LossDelay()
	for n := s.undone; n < s.acked && s.At(n).at <= sentBy; n++ { // in order of sending
		s.lose(n)
	}
	s.advanceUndone()
}

// GiveUpLate is DetectLoss with nothing else in Lost.
func (s *Sender) GiveUpLate(now time.Time) {
	s.clear()
	s.DetectLoss(now)
}

// GiveUp puts in Lost what is in flight since a time: it went to where nobody
// is any more. Packets aside of the traffic go on.
func (s *Sender) GiveUp(since time.Time) {
	s.clear()
	for n := s.undone; n < s.next; n++ {
		if p := s.At(n); !p.Aside && !s.SentAt(p).Before(since) {
			s.lose(n)
		}
	}
	s.advanceUndone()
}

// LossDeadline returns when DetectLoss will next give up a packet; zero if
// no packet is suspect.
func (s *Sender) LossDeadline() time.Time {
	if s.undone >= s.acked {
		return time.Time{}
	}
	return s.epoch.Add(s.At(s.undone).at + s.RTT.LossDelay())
}

// ProbeDeadline returns when silence calls for a probe; zero if nothing
// reliable is in flight. The delay doubles with every probe (RFC 9002,
// section 6.2).
func (s *Sender) ProbeDeadline(maxAckDelay time.Duration) time.Time {
	if s.InFlightBytes == 0 {
		return time.Time{}
	}
	return s.lastSent.Add(s.RTT.ProbeDelay(maxAckDelay) << min(s.probes, maxProbeShift))
}

// maxProbeShift bounds the doubling: 64 times the probe delay is longer than
// any timeout.
const maxProbeShift = 6

// Probe gives up the oldest packet with reliable items, so that what it
// carried is sent again, and backs off.
func (s *Sender) Probe() {
	s.clear()
	s.probes++
	for n := s.undone; n < s.next; n++ {
		if p := s.At(n); p.state == stateInFlight && p.Reliable > 0 {
			s.lose(n)
			break
		}
	}
	s.advanceUndone()
}
