package channel

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// pieces returns the frames of message number n.
func pieces(n uint64, m []byte) []*wire.Frame {
	o := Outbox{Channel: 2, number: uint16(n)}
	o.Push(1, 0, m)
	var frames []*wire.Frame
	for o.Waiting() {
		f := &wire.Frame{}
		o.Next(0, wire.MaxDatagram, f)
		frames = append(frames, f)
	}
	return frames
}

func TestInboundViolations(t *testing.T) {
	full := make([]byte, MaxSegment)
	for name, f := range map[string]*wire.Frame{
		"reliable":        {Kind: wire.FrameWhole},
		"control":         {Kind: wire.FrameControl},
		"large":           {Kind: wire.FrameMessage, Data: make([]byte, MaxSegment+1)},
		"too many":        {Kind: wire.FrameFragment, Index: 0, Last: 5, Data: full},
		"far too many":    {Kind: wire.FrameFragment, Index: 0, Last: 255, Data: full},
		"short middle":    {Kind: wire.FrameFragment, Index: 1, Last: 2, Data: full[1:]},
		"long middle":     {Kind: wire.FrameFragment, Index: 1, Last: 2, Data: make([]byte, MaxSegment+1)},
		"empty last":      {Kind: wire.FrameFragment, Index: 2, Last: 2},
		"long last":       {Kind: wire.FrameFragment, Index: 2, Last: 2, Data: make([]byte, MaxSegment+1)},
		"message too big": {Kind: wire.FrameFragment, Index: 4, Last: 4, Data: full[:601]},
	} {
		in := &Inbound{MaxMessage: 5000}
		if err := in.Check(f); err != ErrViolation {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := &Inbound{MaxMessage: 500}
	if in.Check(&wire.Frame{Kind: wire.FrameMessage, Data: full[:501]}) == nil {
		t.Error("a message beyond MaxMessage is taken")
	}
}

// TestReassembly takes fragments in every order, repeated and interleaved.
func TestReassembly(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		in, q := &Inbound{MaxMessage: 32 << 10}, &Queue{}
		start := uint64(r.IntN(3)) * 0x7ffe // around the wrap, too
		in.newestNumber = fragmentNumberBase + start
		var frames []*wire.Frame
		want := map[string]bool{}
		for i := range uint64(reassemblies) {
			m := message(seed*100+i, MaxSegment+1+r.IntN(30_000))
			want[string(m)] = true
			frames = append(frames, pieces(start+i, m)...)
		}
		r.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		for i, f := range frames {
			if err := in.Check(f); err != nil {
				t.Fatal(err)
			}
			if !in.Add(uint64(i), f, q) {
				t.Fatalf("seed %d: fragment %d of message %d is refused", seed, f.Index, f.Number)
			}
		}
		for _, m, ok := pop(q); ok; _, m, ok = pop(q) {
			if !want[string(m)] {
				t.Fatalf("seed %d: a message of %d bytes that nobody sent", seed, len(m))
			}
			delete(want, string(m))
		}
		if len(want) > 0 || in.Abandoned > 0 {
			t.Fatalf("seed %d: %d messages are missing, %d abandoned", seed, len(want), in.Abandoned)
		}
	}
}

// TestAbandoned: a fragment of a message that was given up is refused, now
// and when there is room again. If it were acknowledged, all fragments of a
// message that nobody can read would be.
func TestAbandoned(t *testing.T) {
	in, q := &Inbound{MaxMessage: 32 << 10}, &Queue{}
	var late []*wire.Frame
	for n := range uint64(reassemblies + 3) {
		f := pieces(n, message(n, 2000))
		if !in.Add(n, f[0], q) {
			t.Fatalf("the first fragment of message %d is refused", n)
		}
		late = append(late, f[1])
	}
	for n, f := range late {
		if got, want := in.Add(100, f, q), n >= 3; got != want {
			t.Errorf("second fragment of message %d: taken %v, want %v", n, got, want)
		}
	}
	for n := range 3 {
		if in.Add(101, late[n], q) {
			t.Errorf("message %d was given up, and is taken when there is room", n)
		}
	}
	if in.Abandoned != 3 || q.Bytes() != reassemblies*(2000+entryBytes) {
		t.Errorf("%d abandoned, %d bytes delivered", in.Abandoned, q.Bytes())
	}
	// Older than all there is room for.
	old := &Inbound{MaxMessage: 32 << 10}
	for n := uint64(10); n < 10+reassemblies; n++ {
		old.Add(n, pieces(n, message(n, 2000))[0], q)
	}
	if old.Add(99, pieces(9, message(9, 2000))[0], q) || old.Abandoned != 1 {
		t.Error("a message older than all that there is room for is begun")
	}
}

func TestDisagreeingFragments(t *testing.T) {
	in, q := &Inbound{MaxMessage: 32 << 10}, &Queue{}
	in.Add(1, pieces(0, message(0, 2000))[0], q)
	if in.Add(2, pieces(0, message(0, 3000))[1], q) || q.Bytes() > 0 {
		t.Error("fragments that disagree on their number make a message")
	}
}

func TestSequencedByPacket(t *testing.T) {
	in, q := &Inbound{Sequenced: true, MaxMessage: 32 << 10}, &Queue{}
	whole := func(s string) *wire.Frame { return &wire.Frame{Kind: wire.FrameMessage, Data: []byte(s)} }
	big := message(1, 2000)
	f := pieces(0, big)
	in.Add(5, f[0], q)
	in.Add(4, whole("before"), q)
	in.Add(6, f[1], q)
	in.Add(6, whole("with its end"), q)
	in.Add(5, whole("stale"), q)
	for _, want := range []string{"before", string(big), "with its end"} {
		if _, m, ok := pop(q); !ok || !bytes.Equal(m, []byte(want)) {
			t.Fatalf("got %.20q, want %.20q", m, want)
		}
	}
	if _, _, ok := pop(q); ok || in.Stale != 1 {
		t.Errorf("%d stale", in.Stale)
	}
}

// TestReassemblyMemory: whatever a peer begins, eight messages are held.
func TestReassemblyMemory(t *testing.T) {
	in, q := &Inbound{MaxMessage: 32 << 10}, &Queue{}
	for n := range uint64(100_000) {
		f := &wire.Frame{Kind: wire.FrameFragment, Number: n * 7919 & 0xffff, Last: 29, Index: 29, Data: []byte("x")}
		if n%2 == 0 {
			f.Index, f.Data = uint8(n%29), make([]byte, MaxSegment)
		}
		if err := in.Check(f); err != nil {
			t.Fatal(err)
		}
		in.Add(n, f, q)
	}
	total := 0
	for i := range in.partial {
		total += cap(in.partial[i].data)
	}
	if len(in.partial) > reassemblies || total > reassemblies*30*MaxSegment {
		t.Errorf("%d reassemblies hold %d bytes", len(in.partial), total)
	}
}
