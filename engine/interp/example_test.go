package interp_test

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/clock"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/snapshot"
)

// The snapshots of ticks 11 and 12 were lost: what is shown in between lies
// between ticks 10 and 13.
func Example() {
	type Ball struct {
		X int32 `net:"range=0..1000,lerp"`
	}
	schema := engine.NewSchema("balls", 1)
	balls := engine.AddTable[Ball](schema, "balls", 4)
	world, view := schema.NewWorld(), schema.NewWorld()
	id, ball := balls.Spawn(world)

	const interval = time.Second / 60
	ring := snapshot.NewRing(schema, snapshot.DefaultRing)
	buffer := interp.New(ring, interval)
	for _, tick := range []engine.Tick{10, 13} {
		world.SetTick(tick)
		ball.X = int32(tick) * 10
		ring.Slot(tick).Capture(world)
		buffer.Add(tick)
	}
	seen := buffer.Sample(view, clock.Position{Tick: 11, Frac: 1 << 15}, engine.NoPlayer)
	fmt.Printf("x is %d, seen between ticks %d and %d\n", balls.At(view, id).X, seen.From, seen.To())
	// Output: x is 115, seen between ticks 10 and 13
}
