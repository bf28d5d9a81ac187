package netcode

import (
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestTraceAckRanges compares the ranges with a set of numbers, in all forms
// of acks.
func TestTraceAckRanges(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		newest := r.Uint64N(600)
		arrived := map[uint64]bool{newest: true}
		a := TraceAck{Newest: newest}
		if r.IntN(2) == 0 {
			a.ack.Words = 1 + r.IntN(wire.AckWords)
			for i := range 32 * a.ack.Words {
				n := newest - 1 - uint64(i)
				below := uint64(i) >= newest
				if below || r.IntN(5) > 0 {
					a.ack.Bits[i/32] |= 1 << (i % 32)
					arrived[n] = !below
				}
			}
		} else {
			at := newest // one more than the next to tell of
			for i := 0; i < 9 && (at > 40 || i%2 == 1); i++ {
				run := 1 + r.Uint64N(min(at, 20))
				if i == 0 && r.IntN(2) == 0 {
					run = 0
				}
				for range run {
					at--
					arrived[at] = i%2 == 0
				}
				a.ack.Runs[i] = uint16(run)
				a.ack.RunCount = i + 1
			}
		}
		seen, before := 0, newest+2
		for first, last := range a.Ranges() {
			if first > last || last+1 >= before {
				t.Fatalf("range %d to %d after %d", first, last, before)
			}
			before = first
			for n := first; n <= last; n++ {
				if seen++; !arrived[n] {
					t.Fatalf("number %d of %d did not arrive: %+v", n, newest, a.ack)
				}
			}
		}
		for n, ok := range arrived {
			if ok && n <= newest {
				seen--
			}
		}
		if seen != 0 {
			t.Fatalf("%d numbers too many in the ranges: newest %d, %+v", seen, newest, a.ack)
		}
	}
}
