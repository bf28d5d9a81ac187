package netcode

import (
	"iter"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A TraceFrame is a frame of a packet (docs/PROTOCOL.md, section 5).
type TraceFrame struct {
	Kind    uint8  // 0–7
	Channel uint8  // or the control code, or the type of an extension
	Number  uint16 // of the segment, or of the fragmented message
	Index   uint8  // of a fragment
	Last    uint8  // index of the last fragment of its message
	Reason  CloseReason
	Data    []byte // valid during the call of Trace
}

// Frames yields the frames of the packet of a TracePacketReceived or
// TracePacketSent, and ends early if one is malformed.
func (e *TraceEvent) Frames() iter.Seq[TraceFrame] {
	return func(yield func(TraceFrame) bool) {
		var ack wire.Ack
		b, err := wire.ConsumeAck(e.Plain, e.form, &ack)
		var f wire.Frame
		for err == nil && len(b) > 0 {
			if b, err = wire.ConsumeFrame(b, &f); err != nil {
				return
			}
			if !yield(TraceFrame{
				Kind: uint8(f.Kind), Channel: f.Channel, Number: uint16(f.Number),
				Index: f.Index, Last: f.Last, Reason: CloseReason(f.Reason), Data: f.Data,
			}) {
				return
			}
		}
	}
}

// A TraceAck is what a packet acknowledges.
type TraceAck struct {
	Newest uint64        // newest packet that arrived, in full
	Delay  time.Duration // in whole units of the wire; the longest may mean longer
	ack    wire.Ack
}

// Ack returns what the packet of a TracePacketReceived or TracePacketSent
// acknowledges; ok is false if nothing, or if it is malformed.
func (e *TraceEvent) Ack() (a TraceAck, ok bool) {
	if _, err := wire.ConsumeAck(e.Plain, e.form, &a.ack); err != nil || e.form == wire.AckNone {
		return a, false
	}
	next := e.Conn.out.Next()
	if e.Kind == TracePacketSent {
		next = e.Conn.in.Next()
	}
	a.Newest, a.Delay = wire.ExpandNumber(a.ack.Newest, 2, next), a.ack.Delay
	return a, true
}

// Ranges yields the runs of packets that arrived, newest first, each as its
// first and its last number.
func (a *TraceAck) Ranges() iter.Seq2[uint64, uint64] {
	return func(yield func(first, last uint64) bool) {
		first, last := a.Newest, a.Newest
		for i := range min(32*uint64(a.ack.Words), a.Newest) {
			number := a.Newest - 1 - i
			switch {
			case a.ack.Bits[i/32]>>(i%32)&1 == 0:
				if first <= last && !yield(first, last) {
					return
				}
				first, last = number, number-1 // none
			case first > last:
				first, last = number, number
			default:
				first = number
			}
		}
		if first <= last {
			yield(first, last)
		}
	}
}
