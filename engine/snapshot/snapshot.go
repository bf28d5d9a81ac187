package snapshot

import "github.com/reckon-engine/reckon/engine"

// A Snapshot is what a receiver can know of a world at one tick: rows,
// generations and quantised values, without server-only fields.
//
// Snapshots are made with [New] or by a [Ring]. They are empty at first, and
// not valid until something was captured or decoded into them. They are not
// safe for concurrent use, except that any number of goroutines may read one
// that nobody changes.
type Snapshot struct {
	world *engine.World // quantised, hidden fields and padding zero
	valid bool
	body  *body // what world shows, if it is that of a Pool
}

// New returns an empty snapshot.
func New(s *engine.Schema) *Snapshot {
	return &Snapshot{world: s.NewWorld()}
}

// Capture makes q the snapshot of w. The copy is quantised once more, which
// changes nothing when w is quantised, as it should be.
func (q *Snapshot) Capture(w *engine.World) {
	if q.body != nil {
		panic("snapshot: BUG: capturing into what others show as well")
	}
	q.world.CopyFrom(w)
	q.world.Quantise()
	q.world.ClearHidden()
	q.valid = true
}

// Restore makes w the world that was captured, with zero in server-only
// fields. Generations of empty slots are those that the snapshot happens to
// know: on a client they may be behind the server's.
func (q *Snapshot) Restore(w *engine.World) { w.CopyFrom(q.world) }

// Valid reports whether the snapshot holds a world.
func (q *Snapshot) Valid() bool { return q.valid }

// Tick returns the tick of the world.
func (q *Snapshot) Tick() engine.Tick { return q.world.Tick() }

// Hash returns [engine.World.Hash] of the world that Restore gives. It is the
// same on both sides.
func (q *Snapshot) Hash() uint64 { return q.world.Hash() }

// World returns the world that Restore copies, to look at. It must not be
// changed, and is another one after the next Capture or Decode.
func (q *Snapshot) World() *engine.World { return q.world }
