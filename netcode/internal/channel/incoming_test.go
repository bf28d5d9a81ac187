package channel

import (
	"bytes"
	"testing"
	"unsafe"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

func segmentFrame(kind wire.FrameKind, number uint64, data []byte) *wire.Frame {
	return &wire.Frame{Kind: kind, Number: number & 0xffff, Data: data}
}

func newIncoming() *Incoming { return &Incoming{MaxMessage: 5000, WindowBytes: 10_000} }

func TestIncomingViolations(t *testing.T) {
	full := make([]byte, MaxSegment)
	for name, f := range map[string]*wire.Frame{
		"unreliable":       {Kind: wire.FrameMessage},
		"fragment":         {Kind: wire.FrameFragment, Last: 1, Data: full},
		"control":          {Kind: wire.FrameControl},
		"large":            segmentFrame(wire.FrameWhole, 0, make([]byte, MaxSegment+1)),
		"short first":      segmentFrame(wire.FrameFirst, 0, full[1:]),
		"short middle":     segmentFrame(wire.FrameMiddle, 0, nil),
		"beyond window":    segmentFrame(wire.FrameWhole, Window, nil),
		"far below":        segmentFrame(wire.FrameWhole, 0xffff, nil), // 65,535 ahead of 0
		"far beyond":       segmentFrame(wire.FrameWhole, 20_000, nil),
		"middle of 2^15":   segmentFrame(wire.FrameWhole, 1<<15, nil),
		"message too long": segmentFrame(wire.FrameMiddle, 5000, full),
	} {
		if err := newIncoming().Check(0, f); err != ErrViolation {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, frames := range map[string][]*wire.Frame{
		"middle outside":      {segmentFrame(wire.FrameMiddle, 0, full)},
		"last outside":        {segmentFrame(wire.FrameLast, 0, full)},
		"whole inside":        {segmentFrame(wire.FrameFirst, 0, full), segmentFrame(wire.FrameWhole, 1, nil)},
		"first inside":        {segmentFrame(wire.FrameFirst, 0, full), segmentFrame(wire.FrameFirst, 1, full)},
		"held and wrong":      {segmentFrame(wire.FrameLast, 1, full), segmentFrame(wire.FrameWhole, 0, nil)},
		"grows too long":      {segmentFrame(wire.FrameFirst, 0, full), segmentFrame(wire.FrameMiddle, 1, full), segmentFrame(wire.FrameMiddle, 2, full), segmentFrame(wire.FrameMiddle, 3, full), segmentFrame(wire.FrameMiddle, 4, full)},
		"whole is larger":     nil,
		"holds beyond window": nil,
	} {
		in, q := newIncoming(), &Queue{}
		switch name {
		case "whole is larger":
			in.MaxMessage = 100
			frames = []*wire.Frame{segmentFrame(wire.FrameWhole, 0, full[:101])}
		case "holds beyond window":
			for n := uint64(1); n < 15; n++ {
				frames = append(frames, segmentFrame(wire.FrameWhole, n, full))
			}
		}
		var err error
		for _, f := range frames {
			if err = in.Check(0, f); err == nil {
				err = in.Add(0, f, q)
			}
			if err != nil {
				break
			}
		}
		if err != ErrViolation {
			t.Errorf("%s: %v", name, err)
		}
		if name != "whole is larger" && q.Bytes() > entryBytes {
			t.Errorf("%s: %d bytes reach the application", name, q.Bytes())
		}
	}
}

func TestIncomingOrder(t *testing.T) {
	in, q := newIncoming(), &Queue{}
	full := message(1, MaxSegment)
	whole := append(append(bytes.Clone(full), full...), 'z')
	for _, f := range []*wire.Frame{
		segmentFrame(wire.FrameLast, 3, []byte("z")),
		segmentFrame(wire.FrameWhole, 4, []byte("after")),
		segmentFrame(wire.FrameLast, 3, []byte("z")), // again
		segmentFrame(wire.FrameMiddle, 2, full),
		segmentFrame(wire.FrameWhole, 0, nil),
		segmentFrame(wire.FrameFirst, 1, full),
		segmentFrame(wire.FrameFirst, 1, full), // again
	} {
		if err := in.Check(0, f); err != nil {
			t.Fatal(err)
		}
		if err := in.Add(0, f, q); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range [][]byte{nil, whole, []byte("after")} {
		if _, m, ok := pop(q); !ok || !bytes.Equal(m, want) {
			t.Fatalf("got %d bytes, %v, want %d", len(m), ok, len(want))
		}
	}
	if in.Duplicates != 2 || in.early.taken != 0 || in.early.bytes != 0 || in.early.capacity != 0 {
		t.Errorf("%d duplicates, %d held with %d bytes", in.Duplicates, in.early.taken, in.early.bytes)
	}
}

// TestIncomingMemory: out of order segments are held within WindowBytes, and
// their memory is given back when the gap closes.
func TestIncomingMemory(t *testing.T) {
	in, q := &Incoming{MaxMessage: 1100, WindowBytes: 200_000}, &Queue{}
	for n := uint64(1); ; n++ {
		f := segmentFrame(wire.FrameWhole, n, make([]byte, MaxSegment))
		if in.Check(0, f) != nil {
			break
		}
		if err := in.Add(0, f, q); err != nil {
			t.Fatal(err)
		}
	}
	if in.early.bytes > in.WindowBytes+MaxSegment {
		t.Errorf("%d bytes are held, want at most %d", in.early.bytes, in.WindowBytes+MaxSegment)
	}
	if err := in.Add(0, segmentFrame(wire.FrameWhole, 0, nil), q); err != nil {
		t.Fatal(err)
	}
	if len(in.early.ring) > 256 || len(in.early.free) > keptBytes/MaxSegment || in.early.taken != 0 || in.early.bytes != 0 {
		t.Errorf("%d slots, %d held with %d bytes after the gap closed", len(in.early.ring), in.early.taken, in.early.bytes)
	}
}

// TestAncientSegments: a packet that was delayed until the two bytes of its
// segments' numbers have come round is not taken for a new one, nor for a
// violation, wherever in the round it comes back.
func TestAncientSegments(t *testing.T) {
	in, q := &Incoming{MaxMessage: 100, WindowBytes: 10_000}, &Queue{}
	data := func(n uint64) []byte { return message(n, 8) }
	next := uint64(0)
	for n := range uint64(3 << 16) {
		packet := n / 100
		if n%100 == 50 { // this one was lost and comes again in the next packet
			continue
		}
		deliver := func(n uint64) {
			t.Helper()
			f := segmentFrame(wire.FrameWhole, n, data(n))
			if err := in.Check(packet, f); err != nil {
				t.Fatalf("segment %d: %v", n, err)
			}
			if err := in.Add(packet, f, q); err != nil {
				t.Fatalf("segment %d: %v", n, err)
			}
		}
		deliver(n)
		if n%100 == 0 && n > 0 {
			deliver(n - 50)
		}
		// Every packet that ever was comes late, now and then.
		if n%1000 == 999 {
			for _, old := range []uint64{n - 900, n - 5000, n - 1<<14, n - 1<<15, n - 40_000, n - 1<<16, n - 1<<16 + 30, n - 1<<16 + 600, n - 1<<17 + 1} {
				if old > n {
					continue
				}
				f := segmentFrame(wire.FrameWhole, old, []byte("ancient"))
				if err := in.Check(old/100, f); err != nil {
					t.Fatalf("at %d, segment %d: %v", n, old, err)
				}
				if err := in.Add(old/100, f, q); err != nil {
					t.Fatalf("at %d, segment %d: %v", n, old, err)
				}
			}
		}
		for _, m, ok := pop(q); ok; _, m, ok = pop(q) {
			if !bytes.Equal(m, data(next)) {
				t.Fatalf("message %d is %q", next, m)
			}
			next++
		}
	}
	if next < 3<<16-200 {
		t.Errorf("%d messages arrived", next)
	}
}

// TestSizes holds the sizes that docs/PROTOCOL.md, section 8, counts with.
func TestSizes(t *testing.T) {
	if got := unsafe.Sizeof(slot{}); got != 32 {
		t.Errorf("a held segment takes %d bytes, the page says 32", got)
	}
	if got := unsafe.Sizeof(value{}); got != 56 {
		t.Errorf("a value takes %d bytes, the page says 56", got)
	}
	if got := unsafe.Sizeof(known{}); got != 16 {
		t.Errorf("a known key takes %d bytes, the page says 16", got)
	}
	if got := unsafe.Sizeof(segment{}); got != 40 {
		t.Errorf("a segment takes %d bytes, the page says 40", got)
	}
}
