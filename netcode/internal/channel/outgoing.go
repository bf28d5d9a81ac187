package channel

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Window is how many segments of a channel may be on their way beyond the
// oldest that is not acknowledged. The receiver holds that many back. 4,096
// segments of 1,100 bytes fill 36 Mbit/s for a second, or 100 Mbit/s for a
// round trip of 360 ms.
const Window = 4096

// maxSegments bounds the segments a channel holds, sent or not: what the
// largest WindowBytes, 16 MiB, takes in segments that are full. It is less
// than 2^16, so that the low 16 bits name a segment that is held.
const maxSegments = 4 * Window

type segmentState uint8

const (
	segmentQueued segmentState = iota // never sent
	segmentSent                       // on its way
	segmentLost                       // to be sent again; in Outgoing.lost
	segmentAcked
)

// What else is known of a segment.
const (
	segmentWatched  = 1 << iota // its message is in Outgoing.watches
	segmentSkipped              // it was sent without its data
	segmentRepeated             // it was sent before
)

type segment struct {
	data          []byte // aliases the ring's memory
	packet        uint64 // that carried it last
	before, after uint16 // neighbours in the list it is in
	kind          wire.FrameKind
	state         segmentState
	flags         uint8
}

// An Outgoing sends the messages of one reliable channel: it splits them into
// segments, keeps those until they are acknowledged, and hands out again what
// was lost. What is repeated is content, in a new packet; never a packet.
//
// A segment may be in several packets at a time, and the one that carried it
// last is remembered: packets are given up in the order of sending, so that
// the loss of that one means that all copies are lost, and the loss of any
// other means nothing.
type Outgoing struct {
	Channel     uint8
	WindowBytes int

	Repeated  uint64 // segments sent again because they were lost
	Copies    uint64 // segments that rode again while on their way
	Delivered uint64 // messages acknowledged, and all before them
	Expired   uint64 // messages given up because their lifetime ended
	AckedData uint64 // bytes of messages acknowledged
	Fates     []Fate // of watched messages, for the caller to take

	memory   ring
	segments []segment // ring by number; length a power of two
	oldest   uint64    // oldest segment held
	unsent   uint64    // first never sent
	next     uint64    // number of the next segment
	lost     list      // to be sent again, by number
	watches  watchlist
}

// Waiting reports whether there is anything to send.
func (o *Outgoing) Waiting() bool { return o.lost.n > 0 || o.sendable() }

func (o *Outgoing) sendable() bool { return o.unsent < o.next && o.unsent < o.oldest+Window }

// Idle reports whether everything was acknowledged.
func (o *Outgoing) Idle() bool { return o.oldest == o.next }

// Bytes returns how many bytes are held.
func (o *Outgoing) Bytes() int { return o.memory.used }

// Segments returns how many segments are held.
func (o *Outgoing) Segments() int { return int(o.next - o.oldest) }

// Room returns the size of the largest message that Push takes now, or -1 if
// it takes none.
func (o *Outgoing) Room() int {
	free := maxSegments - o.Segments()
	if free <= 0 || o.memory.used > o.WindowBytes {
		return -1
	}
	return min(o.WindowBytes-o.memory.used, free*MaxSegment)
}

func (o *Outgoing) at(number uint64) *segment {
	return &o.segments[number&uint64(len(o.segments)-1)]
}

// Push takes a copy of message. It reports false if there is no room.
func (o *Outgoing) Push(message []byte) bool { return o.PushWith(message, Terms{}) }

// PushWith is Push for a message with terms.
func (o *Outgoing) PushWith(message []byte, terms Terms) bool {
	if len(message) > o.Room() {
		return false
	}
	count := Fragments(len(message))
	for o.Segments()+count > len(o.segments) {
		o.growSegments()
	}
	flags := uint8(0)
	if terms != (Terms{}) {
		flags = segmentWatched
		o.watches.push(watch{Terms: terms, first: o.next, left: uint16(count)})
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
		*o.at(o.next) = segment{data: o.memory.push(piece), kind: kind, flags: flags}
		o.next++
	}
	return true
}

// LastPushed returns the number of the newest segment.
func (o *Outgoing) LastPushed() uint64 { return o.next - 1 }

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
// fits in room bytes: what was lost first, lowest number first. packet is the
// number of the packet it will be in. The frame's data stay valid until the
// next Push or Acked.
func (o *Outgoing) Next(now time.Duration, room int, packet uint64, f *wire.Frame) (number uint64, ok bool) {
	switch {
	case o.lost.n > 0:
		number = o.expand(o.lost.first)
	case o.sendable():
		number = o.unsent
	default:
		return 0, false
	}
	if !o.fill(now, number, room, f) {
		return 0, false
	}
	o.sentIn(number, packet)
	return number, true
}

// fill makes the frame of a segment, without its data if the lifetime of its
// message has ended.
func (o *Outgoing) fill(now time.Duration, number uint64, room int, f *wire.Frame) bool {
	s := o.at(number)
	*f = wire.Frame{Kind: s.kind, Channel: o.Channel, Number: number, Data: s.data}
	if s.flags&segmentWatched != 0 {
		if w := o.watches.of(number); w.over(now) {
			f.Kind, f.Data = wire.FrameMiddle, nil
			if wire.FrameLen(f, false) > room {
				return false
			}
			w.skipped = true
			s.flags |= segmentSkipped
			o.settle(w, false)
			return true
		}
	}
	return wire.FrameLen(f, false) <= room
}

// sentIn records that packet carries a segment that was waiting.
func (o *Outgoing) sentIn(number, packet uint64) {
	s := o.at(number)
	if s.state == segmentLost {
		o.remove(&o.lost, number)
	}
	if s.flags&segmentRepeated != 0 {
		o.Repeated++
	}
	s.state, s.packet = segmentSent, packet
	s.flags |= segmentRepeated
	for o.unsent < o.next && o.at(o.unsent).state != segmentQueued {
		o.unsent++
	}
}

// Acked records that the packet with segment number arrived.
func (o *Outgoing) Acked(number uint64) {
	if number < o.oldest {
		return // it was in an earlier packet too
	}
	s := o.at(number)
	if s.state == segmentAcked {
		return
	}
	if s.state == segmentLost {
		o.remove(&o.lost, number)
	}
	s.state = segmentAcked
	if s.flags&segmentSkipped == 0 {
		o.AckedData += uint64(len(s.data))
	}
	if s.flags&segmentWatched != 0 {
		if w := o.watches.of(number); w.left > 1 {
			w.left--
		} else {
			w.left = 0
			o.settle(w, !w.skipped)
		}
	}
	for o.oldest < o.unsent && o.at(o.oldest).state == segmentAcked {
		o.release()
	}
	if o.Idle() && len(o.memory.buf) > keptBytes {
		o.memory, o.segments = ring{}, nil
	}
}

// release forgets the oldest segment, which was acknowledged.
func (o *Outgoing) release() {
	s := o.at(o.oldest)
	if s.kind == wire.FrameWhole || s.kind == wire.FrameLast {
		if s.flags&segmentWatched != 0 && o.watches.pop() {
			o.Expired++
		} else {
			o.Delivered++
		}
	}
	o.memory.pop(len(s.data))
	*s = segment{}
	o.oldest++
}

// Lost records that packet, which carried segment number, was given up. It
// counts only if that packet carried the segment last.
func (o *Outgoing) Lost(number, packet uint64) {
	if number < o.oldest {
		return
	}
	if s := o.at(number); s.state == segmentSent && s.packet == packet {
		s.state = segmentLost
		o.insert(&o.lost, number)
	}
}
