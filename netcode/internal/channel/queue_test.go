package channel

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// message returns n bytes that only message number seed has.
func message(seed uint64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(seed*31 + uint64(i)*7 + uint64(i)>>8)
	}
	return b
}

func pop(q *Queue) (channel uint8, data []byte, ok bool) {
	t, ok := q.Pop()
	return t.Channel, t.Data, ok
}

func TestQueueModel(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		var q Queue
		var model [][]byte
		size := 0
		for i := range uint64(3000) {
			if r.IntN(100) < 52 {
				m := message(i, r.IntN(1200)*r.IntN(2))
				q.Push(uint8(i%16), m)
				m = append([]byte{byte(i % 16)}, m...)
				model, size = append(model, m), size+len(m)-1
			} else if ch, m, ok := pop(&q); ok != (len(model) > 0) {
				t.Fatalf("Pop = %v with %d waiting", ok, len(model))
			} else if ok {
				if ch != model[0][0] || !bytes.Equal(m, model[0][1:]) {
					t.Fatalf("seed %d: wrong message", seed)
				}
				model, size = model[1:], size-len(m)
			}
			if got, want := q.Bytes(), size+entryBytes*len(model); got != want {
				t.Fatalf("seed %d: Bytes() = %d, want %d", seed, got, want)
			}
		}
		for range model {
			q.Pop()
		}
		if _, _, ok := pop(&q); ok || q.Bytes() != 0 {
			t.Error("an empty queue gives")
		}
	}
}

// TestQueueMemory: a reader that is always a little behind does not make the
// queue grow, and a burst does not stay.
func TestQueueMemory(t *testing.T) {
	var q Queue
	for i := range 200_000 {
		q.Push(0, message(0, 100))
		if i >= 10 {
			q.Pop()
		}
	}
	if c, n := cap(q.data), cap(q.entries); c > 64<<10 || n > 1024 {
		t.Errorf("%d bytes and %d entries for eleven messages", c, n)
	}
	for range 100 {
		q.Push(0, make([]byte, 10_000))
	}
	for _, _, ok := pop(&q); ok; _, _, ok = pop(&q) {
	}
	q.Push(0, []byte("small"))
	if c := cap(q.data); c > keptBytes {
		t.Errorf("%d bytes stay after a burst", c)
	}
}

// TestQueueLargeMessages: a reader that leaves one large message waiting does
// not make the queue keep all those before it.
func TestQueueLargeMessages(t *testing.T) {
	var q Queue
	for i := range 60 {
		q.Push(0, make([]byte, 1<<20))
		if i > 0 {
			q.Pop()
		}
	}
	if c := cap(q.data); c > 5<<20 {
		t.Errorf("%d bytes are kept for one message of %d", c, 1<<20)
	}
}

// TestQueueCountsEmpty: messages without data are bounded, too.
func TestQueueCountsEmpty(t *testing.T) {
	var q Queue
	for range 1000 {
		q.Push(0, nil)
	}
	if got := q.Bytes(); got < 1000*24 {
		t.Errorf("Bytes() = %d for a thousand empty messages", got)
	}
}

func TestOutbox(t *testing.T) {
	var o Outbox
	sizes := []int{0, 1, 1100, 1101, 2200, 2201, 30000}
	for i, n := range sizes {
		o.Push(uint64(i+1), 0, message(uint64(i), n))
	}
	total := 0
	for i, n := range sizes {
		var got []byte
		for piece := range Fragments(n) {
			var f wire.Frame
			ahead := o
			ahead.Next(0, wire.MaxDatagram, &f)
			size := wire.FrameLen(&f, false)
			if _, ok := o.Next(0, size-1, &f); ok {
				t.Fatalf("message %d: a frame of %d bytes in %d", i, size, size-1)
			}
			if id, ok := o.Next(0, size, &f); !ok || id != uint64(i+1) {
				t.Fatalf("message %d: Next = %d, %v", i, id, ok)
			}
			last := piece == Fragments(n)-1
			if n <= MaxSegment && f.Kind != wire.FrameMessage || n > MaxSegment &&
				(f.Kind != wire.FrameFragment || int(f.Index) != piece || int(f.Last) != Fragments(n)-1 || !last && len(f.Data) != MaxSegment) {
				t.Fatalf("message %d of %d bytes, piece %d: %+v", i, n, piece, f)
			}
			got = append(got, f.Data...)
		}
		if !bytes.Equal(got, message(uint64(i), n)) {
			t.Fatalf("message %d is not what was pushed", i)
		}
		total += n
	}
	if o.Waiting() || o.Bytes() != total {
		t.Errorf("waiting %v, %d bytes", o.Waiting(), o.Bytes())
	}
	o.Reset()
	if o.Waiting() || o.Bytes() != 0 {
		t.Error("Reset forgets nothing")
	}
}
