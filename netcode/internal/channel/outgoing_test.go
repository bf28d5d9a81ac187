package channel

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestRingModel compares the ring's pieces with copies.
func TestRingModel(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		ring := ring{buf: make([]byte, 1+r.IntN(300))}
		var pieces, model [][]byte
		used := 0
		for i := range uint64(2000) {
			if r.IntN(2) == 0 {
				m := message(i, r.IntN(80)*r.IntN(2))
				if !ring.fits(len(m)) {
					if used+2*80+len(m) < len(ring.buf)/2 {
						t.Fatalf("seed %d: %d bytes do not fit beside %d in %d", seed, len(m), used, len(ring.buf))
					}
					continue
				}
				pieces, model, used = append(pieces, ring.push(m)), append(model, m), used+len(m)
			} else if len(pieces) > 0 {
				ring.pop(len(pieces[0]))
				used -= len(pieces[0])
				pieces, model = pieces[1:], model[1:]
			}
			if ring.used != used || ring.count != len(pieces) {
				t.Fatalf("seed %d: %d bytes in %d pieces, want %d in %d", seed, ring.used, ring.count, used, len(pieces))
			}
			for i := range pieces {
				if !bytes.Equal(pieces[i], model[i]) {
					t.Fatalf("seed %d: piece %d of %d was written over", seed, i, len(pieces))
				}
			}
		}
	}
}

// drain takes every segment that may leave now, with packet as its carrier.
func drain(o *Outgoing, packet uint64) (numbers []uint64, frames []wire.Frame) {
	for {
		var f wire.Frame
		n, ok := o.Next(0, wire.MaxDatagram, packet, &f)
		if !ok {
			return numbers, frames
		}
		numbers, frames = append(numbers, n), append(frames, f)
	}
}

func TestOutgoingWindow(t *testing.T) {
	o := Outgoing{Channel: 3, WindowBytes: 1 << 20}
	for range Window + 10 {
		if !o.Push([]byte("x")) {
			t.Fatal("no room")
		}
	}
	numbers, frames := drain(&o, 1)
	if len(numbers) != Window || o.Waiting() || frames[0].Channel != 3 || frames[0].Kind != wire.FrameWhole {
		t.Fatalf("%d segments left, want %d", len(numbers), Window)
	}
	o.Acked(5) // not the oldest: nothing opens
	if numbers, _ = drain(&o, 2); len(numbers) != 0 {
		t.Fatalf("segments %v left though the oldest is in doubt", numbers)
	}
	o.Acked(0)
	if numbers, _ = drain(&o, 3); len(numbers) != 1 || numbers[0] != Window {
		t.Fatalf("segments %v left, want %d", numbers, Window)
	}
	for n := range uint64(6) {
		o.Acked(n)
	}
	if numbers, _ = drain(&o, 4); len(numbers) != 5 {
		t.Fatalf("%d segments left, want 5", len(numbers))
	}
}

func TestOutgoingBounds(t *testing.T) {
	o := Outgoing{WindowBytes: 5000}
	if !o.Push(make([]byte, 5000)) || o.Push([]byte("x")) || !o.Push(nil) {
		t.Error("WindowBytes is not the bound")
	}
	o = Outgoing{WindowBytes: 1 << 20}
	n := 0
	for o.Push(nil) {
		n++
	}
	if n != maxSegments {
		t.Errorf("%d empty messages are held, want %d", n, maxSegments)
	}
}

func TestOutgoingLoss(t *testing.T) {
	o := Outgoing{WindowBytes: 1 << 20}
	for range 5 {
		o.Push([]byte("x"))
	}
	drain(&o, 10)
	o.Lost(1, 9) // another packet: it was sent again since
	if o.Waiting() {
		t.Error("the loss of an older packet counts")
	}
	o.Lost(3, 10)
	o.Lost(1, 10)
	o.Lost(1, 10)
	if numbers, _ := drain(&o, 11); len(numbers) != 2 || numbers[0] != 1 || numbers[1] != 3 {
		t.Errorf("sent again: %v, want 1 and 3", numbers)
	}
	o.Lost(1, 11)
	o.Acked(1) // the first packet arrived after all
	if o.Waiting() {
		t.Error("what was acknowledged waits to be sent again")
	}
	for _, n := range []uint64{0, 2, 3, 4, 0, 1} {
		o.Acked(n)
	}
	o.Lost(3, 11)
	if !o.Idle() || o.Waiting() || o.Bytes() != 0 || o.Repeated != 2 {
		t.Errorf("idle %v, %d bytes, %d repeated", o.Idle(), o.Bytes(), o.Repeated)
	}
}

// TestOutgoingGivesBack: a burst's memory does not stay.
func TestOutgoingGivesBack(t *testing.T) {
	o := Outgoing{WindowBytes: 2 << 20}
	o.Push(make([]byte, 1<<20))
	numbers, _ := drain(&o, 1)
	for _, n := range numbers {
		o.Acked(n)
	}
	if len(o.memory.buf) > keptBytes {
		t.Errorf("%d bytes stay", len(o.memory.buf))
	}
	o.Push([]byte("again"))
	if _, frames := drain(&o, 2); len(frames) != 1 || string(frames[0].Data) != "again" {
		t.Errorf("after the burst: %+v", frames)
	}
}

// TestReliablePair sends messages through a link that loses, repeats and
// delays packets of segments, and tells of acks and losses late.
func TestReliablePair(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		out := Outgoing{Channel: 1, WindowBytes: 40_000}
		in := Incoming{MaxMessage: 20_000, WindowBytes: 40_000}
		var q Queue
		type packet struct {
			number  uint64
			frames  []wire.Frame
			numbers []uint64
		}
		var flying []packet
		sent, got, next := uint64(0), uint64(0), uint64(0)
		for step := 0; got < 400; step++ {
			if step > 200_000 {
				t.Fatalf("seed %d: %d of %d arrived", seed, got, sent)
			}
			if sent < 400 && out.Push(message(sent, sizeOf(seed, sent))) {
				sent++
			}
			p := packet{number: next}
			for room := wire.MaxDatagram; ; {
				var f wire.Frame
				n, ok := out.Next(0, room, next, &f)
				if !ok {
					break
				}
				room -= wire.FrameLen(&f, false)
				f.Data = bytes.Clone(f.Data)
				f.Number &= 0xffff
				p.frames, p.numbers = append(p.frames, f), append(p.numbers, n)
			}
			if next++; len(p.frames) > 0 {
				flying = append(flying, p)
			}
			for i := 0; i < len(flying); i++ {
				if r.IntN(4) > 0 {
					continue
				}
				p := flying[i]
				flying = append(flying[:i], flying[i+1:]...)
				arrives := r.IntN(5) > 0
				for i := range p.frames {
					if arrives {
						if err := in.Check(p.number, &p.frames[i]); err != nil {
							t.Fatal(err)
						}
						if err := in.Add(p.number, &p.frames[i], &q); err != nil {
							t.Fatal(err)
						}
						if r.IntN(10) > 0 {
							out.Acked(p.numbers[i])
							continue
						}
					}
					out.Lost(p.numbers[i], p.number)
				}
			}
			for ch, m, ok := pop(&q); ok; ch, m, ok = pop(&q) {
				if ch != 1 || !bytes.Equal(m, message(got, sizeOf(seed, got))) {
					t.Fatalf("seed %d: message %d is wrong", seed, got)
				}
				got++
			}
		}
	}
}

func sizeOf(seed, n uint64) int {
	r := rand.New(rand.NewPCG(seed, n))
	switch r.IntN(20) {
	case 0:
		return MaxSegment * r.IntN(4)
	case 1:
		return r.IntN(20_000)
	}
	return r.IntN(100)
}
