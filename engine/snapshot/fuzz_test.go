package snapshot

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// FuzzDecode decodes arbitrary bytes. What is accepted is a quantised world
// with this one encoding; what is refused changes nothing.
func FuzzDecode(f *testing.F) {
	g, ring := shooterRun(f)
	codec := NewCodec(g.schema)
	f.Add([]byte{})
	f.Add(codec.Append(nil, ring.At(60), nil))
	for _, age := range []engine.Tick{1, 6, 40} {
		f.Add(codec.Append(nil, ring.At(60), ring.At(60-age)))
	}
	short := ring.At(60) // nothing changed
	f.Add(codec.Append(nil, func() *Snapshot {
		w := g.schema.NewWorld()
		short.Restore(w)
		w.SetTick(61)
		q := New(g.schema)
		q.Capture(w)
		return q
	}(), short))
	dst, again := New(g.schema), New(g.schema)
	f.Fuzz(func(t *testing.T, data []byte) {
		dst.Capture(ring.At(9).World())
		err := codec.Decode(dst, ring.At, data)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrNoBaseline) {
				t.Fatalf("error %v", err)
			}
			if dst.Hash() != ring.At(9).Hash() || !dst.Valid() {
				t.Fatalf("changed by a snapshot that was refused with %v", err)
			}
			return
		}
		tick, baseTick, full, err := Peek(data)
		if err != nil || tick != dst.Tick() {
			t.Fatalf("Peek = %d, %v; decoded tick %d", tick, err, dst.Tick())
		}
		again.Capture(dst.World())
		if diff := again.World().Diff(dst.World()); diff != "" {
			t.Fatalf("decoded a world that is not quantised: %s", diff)
		}
		var base *Snapshot
		if !full {
			base = ring.At(baseTick)
		}
		if got := codec.Append(nil, dst, base); !bytes.Equal(got, data) {
			t.Fatalf("%x decodes to a world that is encoded as %x", data, got)
		}
	})
}

// FuzzRoundTrip plays scrambled worlds over a channel that loses what the
// script says. Each byte of it is one tick: bit 0 loses the snapshot, bit 1
// its acknowledgement, bit 2 makes the sender forget its baseline.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint64(1), []byte{0, 0, 0, 0, 0, 0})
	f.Add(uint64(2), []byte{0, 1, 2, 3, 0, 1, 2, 3, 4, 0})
	f.Add(uint64(3), bytes.Repeat([]byte{2}, 40))
	lab := newLab(f)
	f.Fuzz(func(t *testing.T, seed uint64, script []byte) {
		lab.exchange(t, seed, script[:min(len(script), 100)])
	})
}

// A lab is a sender and a receiver, made once for many exchanges.
type lab struct {
	shooter
	sent, got        *Ring
	encoder, decoder *Codec
}

func newLab(t testing.TB) lab {
	g := newShooter(t)
	return lab{g, NewRing(g.schema, 32), NewRing(g.schema, 64), NewCodec(g.schema), NewCodec(g.schema)}
}

func (g lab) exchange(t *testing.T, seed uint64, script []byte) {
	t.Helper()
	const lost, ackLost, forget = 1, 2, 4
	rng := rand.New(rand.NewPCG(seed, 0))
	w := g.schema.NewWorld()
	w.SetTick(engine.Tick(seed)) // near the wrap for some
	g.sent.Clear()
	g.got.Clear()
	hasAck, ackedTick := false, engine.Tick(0)
	for _, fate := range script {
		g.scramble(w, rng)
		cur := g.sent.Slot(w.Tick())
		cur.Capture(w)
		var acked *Snapshot
		if hasAck && fate&forget == 0 {
			acked = g.sent.At(ackedTick)
		}
		data := g.encoder.Append(nil, cur, acked)
		if fate&lost != 0 {
			continue
		}
		tick, _, full, err := Peek(data)
		if err != nil || tick != w.Tick() || full != (acked == nil) {
			t.Fatalf("seed %d: Peek = %d, %v, %v at tick %d", seed, tick, full, err, w.Tick())
		}
		dst := g.got.Slot(tick)
		if err := g.decoder.Decode(dst, g.got.At, data); err != nil {
			t.Fatalf("seed %d tick %d: %v", seed, tick, err)
		}
		if diff := dst.World().Diff(cur.World()); diff != "" || dst.Hash() != cur.Hash() {
			t.Fatalf("seed %d tick %d: decoded snapshot differs: %s", seed, tick, diff)
		}
		if fate&ackLost == 0 {
			hasAck, ackedTick = true, tick
		}
	}
}
