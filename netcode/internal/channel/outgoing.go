package channel

import "github.com/reckon-engine/reckon/netcode/internal/wire"

// Window is how many segments of a channel may be on their way beyond the
// oldest that is not acknowledged. The receiver holds that many back. 1,024
// segments of 1,100 bytes fill 9 Mbit/s for a second.
const Window = 1024

// maxSegments bounds the segments a channel holds, sent or not.
const maxSegments = 8 * Window

type segmentState uint8

const (
	segmentQueued segmentState = iota // to be sent, or sent again
	segmentSent                       // on its way
	segmentAcked
)

type segment struct {
	data    []byte // aliases the ring's memory
	packet  uint64 // that carried it last
	kind    wire.FrameKind
	state   segmentState
	repeats uint16
}

// An Outgoing sends the messages of one reliable channel: it splits them into
// segments, keeps those until they are acknowledged, and hands out again what
// was lost. What is repeated is content, in a new packet; never a packet.
type Outgoing struct {
	Channel     uint8
	WindowBytes int

	Repeated uint64 // segments sent again

	memory   ring
	segments []segment // ring by number; length a power of two
	oldest   uint64    // oldest segment held
	unsent   uint64    // first never sent
	next     uint64    // number of the next segment
	lost     int       // segments queued below unsent
}

// Waiting reports whether there is anything to send.
func (o *Outgoing) Waiting() bool { return o.lost > 0 || o.sendable() }

func (o *Outgoing) sendable() bool { return o.unsent < o.next && o.unsent < o.oldest+Window }

// Idle reports whether everything was acknowledged.
func (o *Outgoing) Idle() bool { return o.oldest == o.next }

// Bytes returns how many bytes are held.
func (o *Outgoing) Bytes() int { return o.memory.used }

func (o *Outgoing) at(number uint64) *segment {
	return &o.segments[number&uint64(len(o.segments)-1)]
}

// Push takes a copy of message. It reports false if there is no room.
func (o *Outgoing) Push(message []byte) bool {
	count := Fragments(len(message))
	held := int(o.next - o.oldest)
	if o.memory.used+len(message) > o.WindowBytes || held+count > maxSegments {
		return false
	}
	for held+count > len(o.segments) {
		o.growSegments()
	}
	for i := range count {
		piece := message[i*MaxSegment : min(len(message), (i+1)*MaxSegment)]
		kind := wire.FrameMiddle
		switch {
		case count == 1:
			kind = wire.FrameWhole
		case i == 0:
			kind = wire.FrameFirst
		case i == count-1:
			kind = wire.FrameLast
		}
		if !o.memory.fits(len(piece)) {
			o.growMemory(len(piece))
		}
		*o.at(o.next) = segment{data: o.memory.push(piece), kind: kind}
		o.next++
	}
	return true
}

func (o *Outgoing) growSegments() {
	grown := make([]segment, max(16, 2*len(o.segments)))
	for n := o.oldest; n < o.next; n++ {
		grown[n&uint64(len(grown)-1)] = *o.at(n)
	}
	o.segments = grown
}

// growMemory moves every segment held into a larger ring.
func (o *Outgoing) growMemory(n int) {
	larger := ring{buf: make([]byte, max(1024, 2*len(o.memory.buf), 2*(o.memory.used+n)))}
	for i := o.oldest; i < o.next; i++ {
		s := o.at(i)
		s.data = larger.push(s.data)
	}
	o.memory = larger
}

// Next fills in the next segment to send if its encoding, length included,
// fits in room bytes: what was lost first, oldest first. packet is the number
// of the packet it will be in. The frame's data stay valid until the next
// Push or Acked.
func (o *Outgoing) Next(room int, packet uint64, f *wire.Frame) (number uint64, ok bool) {
	switch {
	case o.lost > 0:
		for number = o.oldest; o.at(number).state != segmentQueued; number++ {
		}
	case o.sendable():
		number = o.unsent
	default:
		return 0, false
	}
	s := o.at(number)
	*f = wire.Frame{Kind: s.kind, Channel: o.Channel, Number: number, Data: s.data}
	if wire.FrameLen(f, false) > room {
		return 0, false
	}
	if number < o.unsent {
		o.lost--
		o.Repeated++
		s.repeats++
	} else {
		o.unsent++
	}
	s.state, s.packet = segmentSent, packet
	return number, true
}

// Acked records that the packet with segment number arrived.
func (o *Outgoing) Acked(number uint64) {
	if number < o.oldest {
		return // it was in an earlier packet too
	}
	s := o.at(number)
	if s.state == segmentQueued {
		o.lost-- // it was given up too early
	}
	s.state = segmentAcked
	for o.oldest < o.unsent && o.at(o.oldest).state == segmentAcked {
		o.memory.pop(len(o.at(o.oldest).data))
		*o.at(o.oldest) = segment{}
		o.oldest++
	}
	if o.Idle() && len(o.memory.buf) > keptBytes {
		o.memory, o.segments = ring{}, nil
	}
}

// Lost records that packet, which carried segment number, was given up.
func (o *Outgoing) Lost(number, packet uint64) {
	if number < o.oldest {
		return
	}
	if s := o.at(number); s.state == segmentSent && s.packet == packet {
		s.state = segmentQueued
		o.lost++
	}
}

// A ring is a circular buffer whose pieces are contiguous: one that does not
// fit before the end starts at the beginning.
type ring struct {
	buf        []byte
	head, tail int // pieces lie in [head, tail), or [head, end) and [0, tail)
	end        int // where the pieces before the wrap stop; 0 if there is none
	used       int // bytes of pieces
	count      int
}

func (r *ring) fits(n int) bool {
	switch {
	case r.count == 0:
		return n <= len(r.buf)
	case r.end == 0:
		return r.tail+n <= len(r.buf) || n <= r.head
	}
	return r.tail+n <= r.head
}

func (r *ring) push(piece []byte) []byte {
	if r.count == 0 {
		r.head, r.tail, r.end = 0, 0, 0
	} else if r.end == 0 && r.tail+len(piece) > len(r.buf) {
		r.end, r.tail = r.tail, 0
	}
	at := r.buf[r.tail : r.tail+len(piece) : r.tail+len(piece)]
	copy(at, piece)
	r.tail += len(piece)
	r.used += len(piece)
	r.count++
	return at
}

// pop releases the oldest piece, of n bytes.
func (r *ring) pop(n int) {
	r.head += n
	r.used -= n
	r.count--
	if r.end != 0 && r.head >= r.end {
		r.head, r.end = 0, 0
	}
}
