package snapshot_test

import (
	"fmt"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/snapshot"
)

type ship struct {
	X, Y int32 `net:"range=0..65535,lerp"`
	Fuel uint8 `net:"max=100"`
}

func Example() {
	schema := engine.NewSchema("ships", 1)
	ships := engine.AddTable[ship](schema, "ships", 16)
	world := schema.NewWorld()
	ships.Spawn(world)

	// The server captures every tick, and writes against what was acked.
	sent, encoder := snapshot.NewRing(schema, 0), snapshot.NewCodec(schema)
	world.SetTick(1)
	sent.Slot(1).Capture(world)
	first := encoder.Append(nil, sent.At(1), nil)

	_, s := ships.Slot(world, 0)
	s.X += 12
	world.SetTick(2)
	sent.Slot(2).Capture(world)
	second := encoder.Append(nil, sent.At(2), sent.At(1))

	// The client finds the baseline in a ring of its own.
	received, decoder := snapshot.NewRing(schema, 0), snapshot.NewCodec(schema)
	for _, data := range [][]byte{first, second} {
		tick, _, full, _ := snapshot.Peek(data)
		q := received.Slot(tick)
		if err := decoder.Decode(q, received.At, data); err != nil {
			fmt.Println(err)
			return
		}
		q.Restore(world)
		_, s := ships.Slot(world, 0)
		fmt.Println("tick", q.Tick(), "full", full, "bytes", len(data), "x", s.X)
	}
	// Output:
	// tick 1 full true bytes 7 x 0
	// tick 2 full false bytes 8 x 12
}
