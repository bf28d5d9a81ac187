package channel

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// An Outbox holds the unreliable messages of one channel from Send until the
// next flush, split into fragments where they are larger than MaxSegment.
type Outbox struct {
	Channel uint8
	Expired []uint64 // IDs of messages given up unsent, for the caller to take

	data    []byte
	entries []outgoing
	head    int    // entries before it were sent
	sent    int    // bytes of entries[head] already sent
	number  uint16 // of the next fragmented message
}

type outgoing struct {
	id       uint64
	deadline time.Duration // when it is given up; 0 = never
	start    int
	size     uint32
	number   uint16 // of the message, if fragmented
}

// Fragments returns how many frames a message of n bytes takes.
func Fragments(n int) int { return max(1, (n+MaxSegment-1)/MaxSegment) }

// Bytes returns how many bytes wait.
func (o *Outbox) Bytes() int { return len(o.data) }

// Waiting reports whether there is anything to send.
func (o *Outbox) Waiting() bool { return o.head < len(o.entries) }

// Len returns how many messages wait.
func (o *Outbox) Len() int { return len(o.entries) - o.head }

// Push appends a copy of message. It is given up if it has not left by
// deadline; 0 for never.
func (o *Outbox) Push(id uint64, deadline time.Duration, message []byte) {
	e := outgoing{id: id, deadline: deadline, start: len(o.data), size: uint32(len(message))}
	o.data = append(o.data, message...)
	if len(message) > MaxSegment {
		e.number = o.number
		o.number++
	}
	o.entries = append(o.entries, e)
}

// Next fills in the next frame if its encoding, length included, fits in room
// bytes, and returns the ID of its message. The frame's data stay valid until
// Reset.
func (o *Outbox) Next(now time.Duration, room int, f *wire.Frame) (id uint64, ok bool) {
	for ; o.head < len(o.entries); o.head, o.sent = o.head+1, 0 {
		e := &o.entries[o.head]
		if e.deadline == 0 || now < e.deadline {
			return e.id, o.fill(e, room, f)
		}
		o.Expired = append(o.Expired, e.id)
	}
	return 0, false
}

func (o *Outbox) fill(e *outgoing, room int, f *wire.Frame) bool {
	size := int(e.size)
	if size <= MaxSegment {
		*f = wire.Frame{Kind: wire.FrameMessage, Channel: o.Channel, Data: o.data[e.start:][:size]}
		if wire.FrameLen(f, false) > room {
			return false
		}
		o.head++
		return true
	}
	n := min(MaxSegment, size-o.sent)
	*f = wire.Frame{
		Kind: wire.FrameFragment, Channel: o.Channel, Number: uint64(e.number),
		Index: uint8(o.sent / MaxSegment), Last: uint8((size - 1) / MaxSegment),
		Data: o.data[e.start+o.sent:][:n],
	}
	if wire.FrameLen(f, false) > room {
		return false
	}
	if o.sent += n; o.sent == size {
		o.head, o.sent = o.head+1, 0
	}
	return true
}

// Reset gives back the memory of what was sent, if everything was.
func (o *Outbox) Reset() {
	if o.Waiting() {
		return
	}
	if cap(o.data) > keptBytes {
		o.data = nil
	}
	o.data, o.entries, o.head, o.sent = o.data[:0], o.entries[:0], 0, 0
}
