package engine_test

import (
	"fmt"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/bitio"
)

// A Runner is what the game keeps of each player.
type Runner struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..1600,lerp,snap=400"` // 1/16 of a metre
	Laps  uint8
}

// A RunnerInput is what a player does in one tick.
type RunnerInput struct {
	Run int8 `net:"range=-1..1"`
}

var (
	schema  = engine.NewSchema("runners", 1)
	runners = engine.AddTable[Runner](schema, "runners", 8)
	input   = engine.SetInput[RunnerInput](schema)
)

// Race is the rules, which server and clients share.
type Race struct{}

func (Race) Step(w *engine.World, in *engine.Inputs[RunnerInput]) {
	for _, r := range runners.All(w) {
		press, ok := in.For(r.Owner)
		if !ok {
			continue
		}
		r.X += int32(press.Run) * 8
		if in.Authority() && r.X >= 1600 { // only the server counts
			r.X, r.Laps = 0, r.Laps+1
		}
	}
}

func Example() {
	if err := schema.Err(); err != nil {
		fmt.Println(err)
		return
	}
	var rules engine.Rules[RunnerInput] = Race{}
	in := engine.NewInputs[RunnerInput](8)
	in.SetAuthority(true)
	in.Set(3, RunnerInput{Run: 1})

	w := schema.NewWorld()
	id, r := runners.SpawnAt(w, 3)
	r.Owner, r.X = 3, 1580
	for range 5 {
		w.SetTick(w.Tick() + 1)
		rules.Step(w, in)
		w.Quantise()
	}
	r = runners.At(w, id)
	fmt.Println("tick", w.Tick(), "x", r.X, "laps", r.Laps)
	// Output: tick 5 x 16 laps 1
}

func ExampleTable_Lerp() {
	from, to := schema.NewWorld(), schema.NewWorld()
	id, r := runners.Spawn(from)
	r.X = 100
	to.CopyFrom(from)
	runners.At(to, id).X = 108

	var seen Runner
	runners.Lerp(&seen, from, to, id, 65536/4)
	fmt.Println(seen.X)
	// Output: 102
}

func ExampleWorld_Diff() {
	server, client := schema.NewWorld(), schema.NewWorld()
	runners.SpawnAt(server, 2)
	client.CopyFrom(server)
	_, r := runners.Slot(client, 2)
	r.Laps = 9
	fmt.Println(client.Diff(server))
	// Output: runners slot 2 generation 1: Laps: 9 != 0
}

func ExampleInputPlan() {
	previous, current := RunnerInput{Run: 1}, RunnerInput{Run: -1}
	w := bitio.NewWriter(nil)
	input.Append(&w, &previous, &previous)
	input.Append(&w, &current, &previous)
	fmt.Println(w.Bits(), "bits")

	r := bitio.NewReader(w.Bytes())
	same, _ := input.Read(&r, &previous)
	other, err := input.Read(&r, &previous)
	fmt.Println(same.Run, other.Run, err)
	// Output:
	// 5 bits
	// 1 -1 <nil>
}
