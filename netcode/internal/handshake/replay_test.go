package handshake

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A replayModel is what a ReplayWindow means: a set, of which all is forgotten
// that lies more than 127 blocks of 64 numbers before the newest.
type replayModel struct {
	seen   map[uint64]bool
	newest uint64
}

func (m *replayModel) check(n uint64) bool {
	return n > m.newest || m.newest/64-n/64 <= 127 && !m.seen[n]
}

func (m *replayModel) mark(n uint64) {
	m.seen[n] = true
	m.newest = max(m.newest, n)
}

// compareReplay holds window and model against each other at n and marks it.
func compareReplay(t *testing.T, w *ReplayWindow, m *replayModel, n uint64) {
	t.Helper()
	if got, want := w.Check(n), m.check(n); got != want {
		t.Fatalf("newest %d: Check(%d) = %t, want %t", m.newest, n, got, want)
	}
	w.Mark(n)
	m.mark(n)
	if w.Check(n) {
		t.Fatalf("newest %d: Check(%d) = true after Mark", m.newest, n)
	}
}

func TestReplayWindowModel(t *testing.T) {
	for _, start := range []uint64{0, 63, 1 << 20, math.MaxUint64 - 100_000} {
		for seed := range uint64(4) {
			random := rand.New(rand.NewPCG(seed, start))
			w, m := &ReplayWindow{}, &replayModel{seen: map[uint64]bool{}}
			base := start
			for range 20_000 {
				switch random.IntN(100) {
				case 0: // a gap
					base += random.Uint64N(20_000)
				case 1, 2, 3, 4: // around the far edge
					base += 1
					edge := m.newest - 8192 + random.Uint64N(200) - 100
					compareReplay(t, w, m, edge)
				default:
					base += random.Uint64N(3)
				}
				if base < start { // past 2⁶⁴−1
					base = math.MaxUint64
				}
				compareReplay(t, w, m, base)
				compareReplay(t, w, m, base-min(base, random.Uint64N(9_000)))
			}
		}
	}
}

func TestReplayWindowZeroValue(t *testing.T) {
	var w ReplayWindow
	for _, n := range []uint64{0, 1, 8191, math.MaxUint64} {
		if !w.Check(n) {
			t.Errorf("Check(%d) = false in the zero value", n)
		}
	}
	w.Mark(0)
	if w.Check(0) {
		t.Error("Check(0) = true after Mark(0)")
	}
}

// TestReplayWindowEdges: at least ReplayWindowLen numbers before the newest are
// told apart, wherever the newest lies in its block.
func TestReplayWindowEdges(t *testing.T) {
	for offset := range uint64(64) {
		newest := 1<<20 + offset
		var w ReplayWindow
		w.Mark(newest)
		if w.Check(newest) {
			t.Errorf("newest %d is accepted twice", newest)
		}
		if !w.Check(newest + 1) {
			t.Errorf("newest %d: the next is refused", newest)
		}
		if n := newest - ReplayWindowLen; !w.Check(n) {
			t.Errorf("newest %d: Check(%d) = false inside the window", newest, n)
		}
		oldest := newest - offset - ReplayWindowLen
		if !w.Check(oldest) {
			t.Errorf("newest %d: Check(%d) = false at the oldest", newest, oldest)
		}
		if w.Check(oldest - 1) {
			t.Errorf("newest %d: Check(%d) = true before the window", newest, oldest-1)
		}
		w.Mark(oldest - 1) // does nothing: its place belongs to a newer number
		for _, n := range []uint64{oldest, oldest - 1 + 8192} {
			if n != newest && !w.Check(n) {
				t.Errorf("newest %d: Mark of an old number marks %d", newest, n)
			}
		}
	}
}

// TestReplayWindowJump: what a jump passes over was never received.
func TestReplayWindowJump(t *testing.T) {
	for _, jump := range []uint64{1, 63, 64, 65, 8127, 8128, 8191, 8192, 8193, 1 << 40} {
		var w ReplayWindow
		for n := range uint64(9000) {
			w.Mark(n)
		}
		newest := 8999 + jump
		w.Mark(newest)
		for n := newest - min(newest, 9000); n < newest; n++ {
			want := n > 8999 && newest/64-n/64 <= 127
			if got := w.Check(n); got != want {
				t.Fatalf("jump of %d: Check(%d) = %t, want %t", jump, n, got, want)
			}
		}
	}
}

func TestReplayWindowLen(t *testing.T) {
	if ReplayWindowLen < 8128 {
		t.Errorf("ReplayWindowLen = %d, want 8128 or more", ReplayWindowLen)
	}
}
