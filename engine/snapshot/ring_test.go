package snapshot

import (
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

func TestRing(t *testing.T) {
	g := newShooter(t)
	for n, want := range map[int]int{-1: 128, 0: 128, 1: 1, 2: 2, 3: 4, 100: 128} {
		if got := NewRing(g.schema, n).Len(); got != want {
			t.Errorf("NewRing(%d).Len() = %d, want %d", n, got, want)
		}
	}
	r, w := NewRing(g.schema, 4), g.schema.NewWorld()
	last := ^engine.Tick(0)
	for _, tick := range []engine.Tick{last - 1, last, 0, 1, 2} { // across the wrap
		w.SetTick(tick)
		r.Slot(tick).Capture(w)
	}
	for tick, held := range map[engine.Tick]bool{last - 2: false, last - 1: false, last: true, 0: true, 1: true, 2: true, 3: false, 6: false} {
		if q := r.At(tick); (q != nil) != held || held && q.Tick() != tick {
			t.Errorf("At(%d) = %v, want held %v", tick, q, held)
		}
	}
	if q := r.Slot(6); q.Valid() || r.At(2) != nil || r.At(6) != nil {
		t.Error("a claimed slot is held before anything was captured")
	}
	w.SetTick(10) // not the tick that was claimed
	r.Slot(14).Capture(w)
	if r.At(14) != nil || r.At(10) == nil {
		t.Error("a ring goes by the tick that was captured")
	}
	if r.Clear(); r.At(0) != nil || r.At(1) != nil {
		t.Error("Clear left some")
	}
}

func TestCaptureAndRestore(t *testing.T) {
	g := newShooter(t)
	w := g.schema.NewWorld()
	g.fill(w, rand.New(rand.NewPCG(1, 1)), 5)
	_, p := g.players.Slot(w, 3)
	p.Health, p.path[2] = 200, 77 // neither quantised nor known to clients
	q := New(g.schema)
	if q.Valid() {
		t.Error("a new snapshot is valid")
	}
	q.Capture(w)
	if p.Health != 200 || p.path[2] != 77 {
		t.Error("Capture changed the world")
	}
	o := g.schema.NewWorld()
	q.Restore(o)
	w.Quantise()
	if diff := o.Diff(w); diff != "" || q.Hash() != w.Hash() || q.Hash() != o.Hash() {
		t.Errorf("restored world differs from the quantised one: %s", diff)
	}
	if _, p := g.players.Slot(o, 3); p.path[2] != 0 {
		t.Error("a server-only field was restored")
	}
}
