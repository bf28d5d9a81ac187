package channel

import "github.com/reckon-engine/reckon/netcode/internal/wire"

// An Outbox holds unreliable messages from Send until the next flush, split
// into fragments where they are larger than MaxSegment. The zero value is
// ready to use.
type Outbox struct {
	data    []byte
	entries []outgoing
	head    int // entries before it were sent
	sent    int // bytes of entries[head] already sent
	numbers [16]uint16
	// numbers are the message numbers of fragmented messages, per channel.
}

type outgoing struct {
	channel    uint8
	number     uint16 // of the message, if fragmented
	id         uint64
	start, end int
}

// Fragments returns how many frames a message of n bytes takes.
func Fragments(n int) int { return max(1, (n+MaxSegment-1)/MaxSegment) }

// Bytes returns how many bytes wait.
func (o *Outbox) Bytes() int { return len(o.data) }

// Waiting reports whether there is anything to send.
func (o *Outbox) Waiting() bool { return o.head < len(o.entries) }

// Push appends a copy of message.
func (o *Outbox) Push(channel uint8, id uint64, message []byte) {
	start := len(o.data)
	o.data = append(o.data, message...)
	e := outgoing{channel: channel, id: id, start: start, end: len(o.data)}
	if len(message) > MaxSegment {
		e.number = o.numbers[channel]
		o.numbers[channel]++
	}
	o.entries = append(o.entries, e)
}

// Next fills in the next frame if its encoding, length included, fits in room
// bytes, and returns the ID of its message. The frame's data stay valid until
// Reset.
func (o *Outbox) Next(room int, f *wire.Frame) (id uint64, ok bool) {
	if o.head == len(o.entries) {
		return 0, false
	}
	e := &o.entries[o.head]
	size := e.end - e.start
	if size <= MaxSegment {
		*f = wire.Frame{Kind: wire.FrameMessage, Channel: e.channel, Data: o.data[e.start:e.end]}
		if wire.FrameLen(f, false) > room {
			return 0, false
		}
		o.head++
		return e.id, true
	}
	n := min(MaxSegment, size-o.sent)
	*f = wire.Frame{
		Kind: wire.FrameFragment, Channel: e.channel, Number: uint64(e.number),
		Index: uint8(o.sent / MaxSegment), Last: uint8((size - 1) / MaxSegment),
		Data: o.data[e.start+o.sent:][:n],
	}
	if wire.FrameLen(f, false) > room {
		return 0, false
	}
	if o.sent += n; o.sent == size {
		o.head, o.sent = o.head+1, 0
	}
	return e.id, true
}

// Reset forgets everything once it is sent.
func (o *Outbox) Reset() {
	if cap(o.data) > keptBytes {
		o.data = nil
	}
	o.data, o.entries, o.head, o.sent = o.data[:0], o.entries[:0], 0, 0
}
