package predict_test

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/predict"
)

type runner struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..1000,lerp"`
}

type stride struct {
	Move int8 `net:"range=-1..1"`
}

type race struct{ runners engine.Table[runner] }

func (r race) Step(w *engine.World, in *engine.Inputs[stride]) {
	for _, p := range r.runners.All(w) {
		if input, ok := in.For(p.Owner); ok {
			p.X += 5 * int32(input.Move)
		}
	}
}

// The server says that a wall stopped the player in tick 2. What was predicted
// for tick 5 is put right at once: two steps from where the server saw it.
func ExamplePredictor() {
	schema := engine.NewSchema("race", 1)
	rules := race{engine.AddTable[runner](schema, "runners", 2)}
	plan := engine.SetInput[stride](schema)
	server := schema.NewWorld()
	_, me := rules.runners.SpawnAt(server, 0)
	me.X = 100

	p := predict.New(schema, plan, rules, 0, 2)
	p.Start(server, 0)
	for range 5 {
		p.Step(stride{Move: 1})
	}
	show := func() int32 { _, row := rules.runners.Slot(p.World(), 0); return row.X }
	fmt.Println("predicted:", show())

	server.SetTick(3)
	me.X = 105
	p.Reconcile(time.Unix(0, 0), server)
	fmt.Println("corrected:", show())
	// Output:
	// predicted: 125
	// corrected: 115
}
