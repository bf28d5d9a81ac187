package snapshot

import (
	"math/bits"

	"github.com/reckon-engine/reckon/engine"
)

// DefaultRing is how many snapshots a [Ring] holds unless told otherwise: 2.1
// seconds at 60 Hz. A receiver whose acknowledgements take longer than that
// gets full snapshots.
const DefaultRing = 128

// A Ring holds the last snapshots by their tick. It is not safe for
// concurrent use.
type Ring struct {
	snapshots []*Snapshot
}

// NewRing returns an empty ring of n snapshots, rounded up to a power of two
// so that it goes on when ticks wrap; of [DefaultRing] when n is 0 or less.
// All memory is allocated here.
func NewRing(s *engine.Schema, n int) *Ring {
	return newRing(n, func() *Snapshot { return New(s) })
}

func newRing(n int, place func() *Snapshot) *Ring {
	if n <= 0 {
		n = DefaultRing
	}
	r := &Ring{snapshots: make([]*Snapshot, 1<<bits.Len(uint(n-1)))}
	for i := range r.snapshots {
		r.snapshots[i] = place()
	}
	return r
}

// Len returns how many ticks the ring holds at most. Two ticks share a place
// when they are a multiple of it apart.
func (r *Ring) Len() int { return len(r.snapshots) }

// Slot returns the place for tick t, to capture or decode into. What was
// there is given up, even when it is newer; it is not held again until then.
func (r *Ring) Slot(t engine.Tick) *Snapshot {
	q := r.place(t)
	q.valid = false
	return q
}

// At returns the snapshot of tick t, or nil when the ring does not hold it.
func (r *Ring) At(t engine.Tick) *Snapshot {
	if q := r.place(t); q.valid && q.Tick() == t {
		return q
	}
	return nil
}

// Clear gives all snapshots up.
func (r *Ring) Clear() {
	for _, q := range r.snapshots {
		q.valid = false
	}
}

func (r *Ring) place(t engine.Tick) *Snapshot {
	return r.snapshots[int(t)&(len(r.snapshots)-1)]
}
