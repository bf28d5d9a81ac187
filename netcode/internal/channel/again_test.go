package channel

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestUrge sends a segment ahead of the queue, and again and again.
func TestUrge(t *testing.T) {
	o := Outgoing{WindowBytes: 1 << 20}
	for range 3 {
		o.Push(make([]byte, 10))
	}
	var f wire.Frame
	if ok, done := o.Urge(0, 1, 1000, 7, &f); !ok || done || f.Number != 1 {
		t.Fatalf("Urge = %v, %v, %+v", ok, done, f)
	}
	if ok, _ := o.Urge(0, 1, 1000, 8, &f); !ok {
		t.Error("not urged again")
	}
	if ok, done := o.Urge(0, 1, 12, 9, &f); ok || done {
		t.Error("urged into a packet without room")
	}
	if got, _ := drain(&o, 9); !slices.Equal(got, []uint64{0, 2}) {
		t.Errorf("%v are left to send, want 0 and 2", got)
	}
	o.Lost(1, 7)
	o.Lost(1, 8)
	if ok, _ := o.Urge(0, 1, 1000, 10, &f); !ok || o.Waiting() {
		t.Error("what waits to be sent again is not urged")
	}
	for n := range uint64(3) {
		o.Acked(n)
	}
	if ok, done := o.Urge(0, 1, 1000, 10, &f); ok || !done || !o.Idle() {
		t.Error("what arrived is urged")
	}
}

// TestListsModel compares the lists with plain ones, over random sends,
// losses, copies and acknowledgements.
func TestListsModel(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		o := Outgoing{WindowBytes: 1 << 20, oldest: 65_500, unsent: 65_500, next: 65_500}
		for packet := uint64(1); packet < 2000; packet++ {
			for range r.IntN(4) {
				o.Push(make([]byte, r.IntN(200)))
			}
			var f wire.Frame
			switch r.IntN(5) {
			case 0:
				o.Next(time.Second, 1000, packet, &f)
			case 2:
				if o.next > o.oldest {
					o.Urge(0, o.oldest+r.Uint64N(o.next-o.oldest), 1000, packet, &f)
				}
			default:
				for range 4 {
					if o.next == o.oldest {
						break
					}
					n := o.oldest + r.Uint64N(min(o.next-o.oldest, 50))
					if s := o.at(n); s.state == segmentSent && r.IntN(2) == 0 {
						o.Lost(n, s.packet)
					} else if s.state != segmentQueued {
						o.Acked(n)
					}
				}
			}
			o.checkLists(t)
		}
	}
}

func (o *Outgoing) checkLists(t *testing.T) {
	t.Helper()
	lost := 0
	for n := o.oldest; n < o.next; n++ {
		s := o.at(n)
		if s.state == segmentLost {
			lost++
		}
		if (n < o.unsent) != (s.state != segmentQueued) && n <= o.unsent {
			t.Fatalf("segment %d of %d unsent is in state %d", n, o.unsent, s.state)
		}
	}
	if lost != int(o.lost.n) {
		t.Fatalf("%d lost, the list has %d", lost, o.lost.n)
	}
	last := uint64(0)
	for i, n := int32(0), o.lost.first; i < o.lost.n; i, n = i+1, o.at(o.expand(n)).after {
		if number := o.expand(n); number <= last || o.at(number).state != segmentLost {
			t.Fatalf("segment %d after %d on the list of the lost", number, last)
		} else {
			last = number
		}
	}
}
