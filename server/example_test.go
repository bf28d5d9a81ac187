package server_test

import (
	"context"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/server"
)

type Player struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..4095,lerp"`
}
type Input struct {
	Move int8 `net:"range=-1..1"`
}
type Game struct{ Players engine.Table[Player] }

func (g Game) Step(w *engine.World, in *engine.Inputs[Input]) {
	for _, p := range g.Players.All(w) {
		input, _ := in.For(p.Owner)
		p.X += int32(input.Move) * 4
	}
}

func (g Game) Join(w *engine.World, p engine.PlayerID, name string) {
	_, player := g.Players.SpawnAt(w, int(p))
	player.Owner = p
}
func (g Game) Leave(w *engine.World, p engine.PlayerID) { w.DropOwned(p) }

func ExampleRun() {
	schema := engine.NewSchema("walk", 1)
	game := Game{engine.AddTable[Player](schema, "players", 16)}
	ctx, stop := context.WithTimeout(context.Background(), time.Second/4)
	defer stop()
	fmt.Println(server.Run(ctx, "127.0.0.1:0", server.Config[Input]{Schema: schema, Game: game}))
	// Output: <nil>
}
