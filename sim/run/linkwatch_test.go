package run

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Bursts are counted alike whether a loss is known at once or later.
func TestBursts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 3 * window
	lost := make([]bool, n)
	for i := range lost {
		lost[i] = r.IntN(3) == 0
	}
	want := make([]uint64, maxBurst)
	run, longest := 0, 0
	for i := range n + 1 {
		if i < n && lost[i] {
			run++
		} else if run > 0 {
			want[run-1]++
			longest, run = max(longest, run), 0
		}
	}
	var b bursts
	var late []uint64
	for i := range lost {
		if lost[i] && i%2 == 0 {
			b.next(false)
			late = append(late, uint64(i))
		} else {
			b.next(lost[i])
		}
		if len(late) > 100 {
			for _, index := range late {
				b.lose(index)
			}
			late = nil
		}
	}
	for _, index := range late {
		b.lose(index)
	}
	if got := b.counts(); !slices.Equal(got, want[:longest]) {
		t.Errorf("%v, want %v", got, want[:longest])
	}
}
