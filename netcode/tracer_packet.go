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
// acknowledges; ok is false if nothing, or if it is malformed. Of a packet
// that others have overtaken, whose ack is not taken, Newest may be wrong.
func (e *TraceEvent) Ack() (a TraceAck, ok bool) {
	if _, err := wire.ConsumeAck(e.Plain, e.form, &a.ack); err != nil || a.ack.Words == 0 && a.ack.RunCount == 0 {
		return a, false
	}
	if e.Kind == TracePacketSent {
		a.Newest = e.Conn.in.Next() - 1
	} else {
		a.Newest = wire.ExpandNewest(&a.ack, e.Conn.out.Acknowledged())
	}
	a.Delay = a.ack.Delay
	return a, true
}

// Ranges yields the runs of packets that arrived, newest first, each as its
// first and its last number.
func (a *TraceAck) Ranges() iter.Seq2[uint64, uint64] {
	return func(yield func(first, last uint64) bool) {
		first, last := a.Newest, a.Newest
		for n, arrived := range a.runs() {
			switch {
			case arrived:
				first -= min(n, first) // bits below number 0 are set
			case first > last || !yield(first, last):
				return
			default:
				if n >= first {
					return
				}
				last = first - n - 1
				first = last + 1 // nothing yet
			}
		}
		if first <= last {
			yield(first, last)
		}
	}
}

// runs yields the lengths of the runs below Newest, as they are in the ack or
// counted from its bits; those that arrived and those that are missing take
// turns.
func (a *TraceAck) runs() iter.Seq2[uint64, bool] {
	return func(yield func(n uint64, arrived bool) bool) {
		for i, n := range a.ack.Runs[:a.ack.RunCount] {
			if !yield(uint64(n), i%2 == 0) {
				return
			}
		}
		n, arrived := uint64(0), true
		for i := range 32 * a.ack.Words {
			if bit := a.ack.Bits[i/32]>>(i%32)&1 == 1; bit != arrived {
				if !yield(n, arrived) {
					return
				}
				n, arrived = 0, bit
			}
			n++
		}
		if n > 0 {
			yield(n, arrived)
		}
	}
}
