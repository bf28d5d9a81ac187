package channel

import (
	"bytes"
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// FuzzInbound feeds a receiver of unreliable messages scripts of fragments of
// any number, place and size: nothing panics, memory stays bounded, and what
// comes out is made of fragments of one message. Each is filled with its
// message's number.
func FuzzInbound(f *testing.F) {
	f.Add(false, []byte{1, 2, 0, 1, 2, 1, 1, 2, 0x92})
	f.Add(true, []byte{1, 0x21, 0, 3, 0x10, 5, 1, 0x21, 1, 9, 0x43, 3, 2, 0x10, 200})
	f.Fuzz(func(t *testing.T, sequenced bool, script []byte) {
		in, q := &Inbound{Sequenced: sequenced, MaxMessage: 5 * MaxSegment}, &Queue{}
		newest := uint64(0)
		for packet := uint64(0); len(script) >= 3; packet, script = packet+1, script[3:] {
			number := uint64(script[0]) << (script[1] >> 7 * 8)
			frame := &wire.Frame{Kind: wire.FrameFragment, Number: number, Index: script[1] & 7, Last: script[1] >> 4 & 7}
			size := MaxSegment
			if frame.Index == frame.Last {
				size = int(script[2]) * 5
			}
			if script[2] == 255 {
				frame.Kind, size = wire.FrameMessage, int(script[1])
			}
			frame.Data = bytes.Repeat([]byte{byte(number) ^ byte(number>>8)}, size)
			if frame.Kind == wire.FrameFragment && (frame.Last == 0 || frame.Index > frame.Last) {
				continue // wire.ConsumeFrame refuses it
			}
			if in.Check(frame) != nil {
				continue
			}
			in.Add(packet, frame, q)
			for m, ok := q.Pop(); ok; m, ok = q.Pop() {
				if len(m.Data) > in.MaxMessage || len(m.Data) > 0 && bytes.Count(m.Data, m.Data[:1]) != len(m.Data) {
					t.Fatalf("packet %d: a message of %d bytes, mixed", packet, len(m.Data))
				}
			}
			if sequenced && in.newestPacket < newest {
				t.Fatalf("the newest went back from packet %d to %d", newest, in.newestPacket)
			}
			newest = in.newestPacket
			if len(in.partial) > reassemblies {
				t.Fatalf("%d messages in progress", len(in.partial))
			}
		}
	})
}
