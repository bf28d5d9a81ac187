package client_test

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/engine"
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

func ExampleDial() {
	schema := engine.NewSchema("walk", 1)
	game := Game{engine.AddTable[Player](schema, "players", 16)}
	c, err := client.Dial(address, client.Config[Input]{Schema: schema, Rules: game, Name: "Ada"})
	for me := new(Player); err == nil && me.X < 100; err = c.Wait(time.Now().Add(time.Second / 60)) {
		c.Update(time.Now(), Input{Move: 1})
		if c.State() == client.Playing {
			_, me = game.Players.Slot(c.View(time.Now()), int(c.Player())) // and draw it
		}
	}
	fmt.Println(err, c.Close())
	// Output: <nil> <nil>
}
