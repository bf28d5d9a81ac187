package snapshot

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// TestLossyExchange sends scrambled worlds through a channel that loses
// snapshots and acknowledgements: whatever arrives is decoded exactly.
func TestLossyExchange(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		g := newShooter(t)
		w := g.schema.NewWorld()
		sent, got := NewRing(g.schema, 32), NewRing(g.schema, 64)
		encoder, decoder := NewCodec(g.schema), NewCodec(g.schema)
		ackedTick := engine.Tick(0) // none: ticks of the run start at 1
		for range 300 {
			g.scramble(w, rng)
			cur := sent.Slot(w.Tick())
			cur.Capture(w)
			acked := sent.At(ackedTick)
			data := encoder.Append(nil, cur, acked)
			if rng.IntN(3) == 0 {
				continue // lost
			}
			tick, _, full, err := Peek(data)
			if err != nil || tick != w.Tick() || full != (acked == nil) {
				t.Fatalf("seed %d: Peek = %d, %v, %v at tick %d", seed, tick, full, err, w.Tick())
			}
			dst := got.Slot(tick)
			if err := decoder.Decode(dst, got.At, data); err != nil {
				t.Fatalf("seed %d tick %d: %v", seed, tick, err)
			}
			if diff := dst.World().Diff(cur.World()); diff != "" || dst.Hash() != cur.Hash() {
				t.Fatalf("seed %d tick %d: decoded snapshot differs: %s", seed, tick, diff)
			}
			if rng.IntN(2) == 0 {
				ackedTick = cur.Tick()
			}
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	g, ring := shooterRun(t)
	codec := NewCodec(g.schema)
	data := codec.Append(nil, ring.At(200), ring.At(194))
	dst := New(g.schema)
	none := func(engine.Tick) *Snapshot { return nil }
	if err := codec.Decode(dst, none, data); !errors.Is(err, ErrNoBaseline) {
		t.Errorf("without baseline: %v, want ErrNoBaseline", err)
	}
	other := func(engine.Tick) *Snapshot { return ring.At(195) }
	if err := codec.Decode(dst, other, data); !errors.Is(err, ErrNoBaseline) {
		t.Errorf("with another baseline: %v, want ErrNoBaseline", err)
	}
	if dst.Valid() {
		t.Error("a failed Decode made the snapshot valid")
	}
	dst.Capture(ring.At(100).World())
	hash := dst.Hash()
	for n := range data {
		if err := codec.Decode(dst, ring.At, data[:n]); !errors.Is(err, ErrMalformed) {
			t.Fatalf("first %d of %d bytes: %v, want ErrMalformed", n, len(data), err)
		}
	}
	if err := codec.Decode(dst, ring.At, append(bytes.Clone(data), 0)); !errors.Is(err, ErrMalformed) {
		t.Errorf("with a trailing byte: %v, want ErrMalformed", err)
	}
	if dst.Hash() != hash || !dst.Valid() {
		t.Error("a failed Decode changed the snapshot")
	}
}
