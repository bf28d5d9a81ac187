package channel

import (
	"errors"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// ErrViolation means that the peer sent, authenticated, what the protocol
// forbids. The connection cannot go on.
var ErrViolation = errors.New("channel: protocol violation")

// reassemblies is how many unreliable messages of a channel may be incomplete
// at a time: a channel that sends one fragmented message a tick at 60 Hz has
// eight under way if its fragments are spread over 130 ms.
const reassemblies = 8

// An Inbound receives the messages of one unreliable channel.
type Inbound struct {
	Sequenced  bool
	MaxMessage int

	Stale     uint64 // sequenced messages that came after a newer one
	Abandoned uint64 // fragmented messages pushed out before they were whole

	newestPacket uint64 // sequenced: packet in which the newest message began
	newestNumber uint64 // newest number of a fragmented message
	abandoned    uint64 // one more than the newest message given up
	partial      []reassembly
}

// A reassembly is a fragmented message of which a part arrived.
type reassembly struct {
	number  uint64
	packet  uint64 // that carried the first fragment
	missing uint32 // bit n: fragment n has not arrived
	size    int
	last    uint8
	live    bool
	data    []byte // capacity is reused
}

// fragmentNumberBase keeps expanded message numbers positive: the first
// message has number zero on the wire, and this one here.
const fragmentNumberBase = 1 << 16

// Check reports whether f is a frame this channel can have.
func (in *Inbound) Check(f *wire.Frame) error {
	switch f.Kind {
	case wire.FrameMessage:
		if len(f.Data) > min(in.MaxMessage, MaxSegment) {
			return ErrViolation
		}
	case wire.FrameFragment:
		size := int(f.Index)*MaxSegment + len(f.Data)
		full := len(f.Data) == MaxSegment
		switch {
		case int(f.Last)*MaxSegment >= in.MaxMessage || f.Last > 31,
			f.Index < f.Last && !full,
			f.Index == f.Last && (len(f.Data) == 0 || len(f.Data) > MaxSegment || size > in.MaxMessage):
			return ErrViolation
		}
	default:
		return ErrViolation
	}
	return nil
}

// Add takes a checked frame from the packet with the given number and pushes
// the message it completes, if any, on q. It reports false for a piece of a
// message that was given up: to acknowledge it could make the sender believe
// that the whole message arrived.
func (in *Inbound) Add(packet uint64, f *wire.Frame, q *Queue) bool {
	if f.Kind == wire.FrameMessage {
		in.deliver(packet, f.Channel, f.Data, q)
		return true
	}
	r := in.find(f)
	if r == nil || r.last != f.Last {
		return false
	}
	offset := int(f.Index) * MaxSegment
	if need := offset + len(f.Data); cap(r.data) < need {
		grown := make([]byte, need, (int(f.Last)+1)*MaxSegment)
		copy(grown, r.data[:cap(r.data)])
		r.data = grown
	}
	copy(r.data[:cap(r.data)][offset:], f.Data)
	r.missing &^= 1 << f.Index
	if f.Index == 0 {
		r.packet = packet
	}
	if f.Index == f.Last {
		r.size = offset + len(f.Data)
	}
	if r.missing == 0 {
		r.live = false
		in.deliver(r.packet, f.Channel, r.data[:r.size], q)
	}
	return true
}

// deliver pushes a whole message unless it is sequenced and stale. Packet
// numbers are the sequence: messages are never sent twice, so that a message
// is newer if it began in a newer packet.
func (in *Inbound) deliver(packet uint64, channel uint8, message []byte, q *Queue) {
	if in.Sequenced {
		if packet < in.newestPacket {
			in.Stale++
			return
		}
		in.newestPacket = packet
	}
	q.Push(channel, message)
}

// find returns the reassembly of f's message, a new one if need be, or nil if
// the message was given up or is older than all that there is room for.
func (in *Inbound) find(f *wire.Frame) *reassembly {
	number := wire.ExpandNumber(f.Number, 2, max(in.newestNumber, fragmentNumberBase))
	if number < in.abandoned {
		return nil
	}
	in.newestNumber = max(in.newestNumber, number)
	var oldest *reassembly
	for i := range in.partial {
		r := &in.partial[i]
		switch {
		case r.live && r.number == number:
			return r
		case oldest == nil, !r.live && oldest.live, r.live == oldest.live && r.number < oldest.number:
			oldest = r
		}
	}
	if oldest == nil || oldest.live && len(in.partial) < reassemblies {
		in.partial = append(in.partial, reassembly{})
		oldest = &in.partial[len(in.partial)-1]
	}
	if oldest.live {
		in.Abandoned++
		in.abandoned = min(number, oldest.number) + 1
		if number < oldest.number {
			return nil
		}
	}
	*oldest = reassembly{
		number: number, last: f.Last, live: true, data: oldest.data,
		missing: uint32(1<<(uint(f.Last)+1) - 1),
	}
	return oldest
}
