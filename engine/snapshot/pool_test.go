package snapshot

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

type pooled struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..1000"`
}

// Receivers that share see what they see alone, after any loss: rows, errors,
// and the generations of empty slots. Some of them run at once.
func TestPoolChangesNothing(t *testing.T) {
	schema := engine.NewSchema("pool", 1)
	table := engine.AddTable[pooled](schema, "rows", 70)
	if err := schema.Err(); err != nil {
		t.Fatal(err)
	}
	const receivers, ticks, length = 9, 700, 16
	r := rand.New(rand.NewPCG(1, 2))
	world, sent := schema.NewWorld(), NewRing(schema, length)
	encoder, pool := NewCodec(schema), NewPool(schema)
	type receiver struct {
		ring, alone      *Ring
		codec, other     *Codec
		baseline         engine.Tick
		known            bool
		data             []byte
		decoded, refused int
	}
	all := make([]*receiver, receivers)
	for i := range all {
		all[i] = &receiver{
			ring: pool.NewRing(length), codec: pool.NewCodec(),
			alone: NewRing(schema, length), other: NewCodec(schema),
		}
	}
	for tick := engine.Tick(1); tick <= ticks; tick++ {
		for range 5 {
			id, row := table.SpawnAt(world, r.IntN(70))
			if row.X = r.Int32N(1001); r.IntN(2) == 0 {
				table.Despawn(world, id)
			}
		}
		world.SetTick(tick)
		cur := sent.Slot(tick)
		cur.Capture(world)
		var group sync.WaitGroup
		for _, rc := range all {
			var base *Snapshot
			if rc.known {
				base = sent.At(rc.baseline)
			}
			if rc.data = encoder.Append(rc.data[:0], cur, base); r.IntN(20) == 0 {
				rc.data[r.IntN(len(rc.data))] ^= 1 << r.IntN(8)
			}
			lost, ack := r.IntN(4) == 0, r.IntN(3) == 0
			group.Go(func() {
				if lost {
					return
				}
				a := rc.codec.Decode(rc.ring.Slot(tick), rc.ring.At, rc.data)
				b := rc.other.Decode(rc.alone.Slot(tick), rc.alone.At, rc.data)
				if a != b {
					t.Errorf("tick %d: error %v, alone %v", tick, a, b)
				}
				if a != nil {
					rc.refused++
					return
				}
				rc.decoded++
				same(t, rc.ring.place(tick).world, rc.alone.place(tick).world)
				if rc.ring.At(tick) != nil && ack {
					rc.baseline, rc.known = tick, true
				}
			})
		}
		group.Wait()
	}
	for i, rc := range all {
		if rc.decoded < ticks/2 || rc.refused == 0 {
			t.Errorf("receiver %d: %d decoded, %d refused", i, rc.decoded, rc.refused)
		}
	}
	if n := len(pool.free); n > receivers*length+poolTicks*receivers {
		t.Errorf("%d bodies lie about", n)
	}
}

// same compares everything that can be asked of two worlds.
func same(t *testing.T, a, b *engine.World) {
	t.Helper()
	if !a.Equal(b) || a.Hash() != b.Hash() {
		t.Errorf("tick %d: %s", b.Tick(), a.Diff(b))
	}
	for slot := range a.Rows(0).Layout().Capacity() {
		if x, y := a.Rows(0).Generation(slot), b.Rows(0).Generation(slot); x != y {
			t.Errorf("tick %d, slot %d: generation %d, alone %d", b.Tick(), slot, x, y)
		}
	}
}
