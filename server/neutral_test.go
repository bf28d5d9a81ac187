package server_test

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/server"
)

// A player whose inputs stop coming goes on for RepeatInput, and is then
// given the input the game chose.
func TestNeutralInput(t *testing.T) {
	var got walkInput
	st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) {
		c.Neutral = func(last walkInput) walkInput { return walkInput{Move: -last.Move} }
	})
	st.game.onStep = func(_ *engine.World, in *engine.Inputs[walkInput]) { got, _ = in.For(0) }
	a := st.enter(nil)
	a.play = func(time.Time) walkInput { return walkInput{Move: 1, Fire: true} }
	st.mustPlay(a)
	st.run(time.Second)
	if want := (walkInput{Move: 1, Fire: true}); got != want {
		t.Fatalf("while heard, the input is %+v, want %+v", got, want)
	}
	st.sky.loss = 1
	st.run(130 * ms)
	if want := (walkInput{Move: 1, Fire: true}); got != want {
		t.Errorf("just after, the input is %+v, want %+v", got, want)
	}
	st.run(200 * ms)
	if want := (walkInput{Move: -1}); got != want {
		t.Errorf("later, the input is %+v, want %+v", got, want)
	}
}
