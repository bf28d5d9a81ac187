package server_test

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/server"
)

// The server rewinds to what the shooter saw: to the pixel, whatever got lost
// or was late in between.
func TestRewindIsWhatWasSeen(t *testing.T) {
	for _, every := range []int{1, 3} {
		st := newStage(t, weather{delay: 30 * ms, jitter: 20 * ms, loss: 0.05}, func(c *server.Config[walkInput]) {
			c.SnapshotEvery = every
			c.MaxRewind = 500 * ms
		})
		target, err := st.server.AddBot("target", func(w *engine.World, _ engine.PlayerID) walkInput {
			return walkInput{Move: int8(w.Tick()/40%3) - 1}
		})
		if err != nil {
			t.Fatal(err)
		}
		a := st.enter(nil)

		// What the client shows at each view, and what the server finds there.
		shown := map[interp.View]int32{}
		a.drawn = func(_ time.Time, w *engine.World) {
			if _, row := st.game.players.Slot(w, int(target)); row != nil {
				shown[a.Seen()] = row.X
			}
		}
		agreed, differed, worst := 0, 0, int32(0)
		st.game.onStep = func(w *engine.World, in *engine.Inputs[walkInput]) {
			from, to, frac := in.Seen(a.Player())
			if from == nil {
				return
			}
			id, _ := st.game.players.Slot(from, int(target))
			var row walker
			if !st.game.players.Lerp(&row, from, to, id, frac) {
				return
			}
			view := interp.View{From: from.Tick(), Span: uint8(to.Tick().Sub(from.Tick())), Frac: frac}
			x, ok := shown[view]
			switch {
			case !ok: // what was repeated for a missing input, or extrapolated
			case x == row.X:
				agreed++
			default:
				differed++
				worst = max(worst, x-row.X, row.X-x)
			}
		}
		st.mustPlay(a)
		st.run(30 * time.Second)
		t.Logf("every %d: %d agreed, %d differed, by %d at most; %+v", every, agreed, differed, worst, a.Stats())
		if agreed < 1600 || differed > agreed/100 {
			t.Errorf("every %d: %d shots agreed and %d differed, want nearly 1800 and at most 1%%, those extrapolated", every, agreed, differed)
		}
	}
}

// Nobody rewinds further than the cap, or into the future, whatever a client
// claims.
func TestRewindIsCapped(t *testing.T) {
	st := newStage(t, weather{delay: 200 * ms}, nil)
	a := st.enter(nil)
	oldest := int32(0)
	st.game.onStep = func(w *engine.World, in *engine.Inputs[walkInput]) {
		if from, to, _ := in.Seen(a.Player()); from != nil {
			oldest = max(oldest, w.Tick().Sub(from.Tick()))
			if !to.Tick().Before(w.Tick()) {
				t.Errorf("at tick %d, the server rewinds to tick %d", w.Tick(), to.Tick())
			}
		}
	}
	st.mustPlay(a)
	st.run(5 * time.Second)
	if oldest != 16 { // 15 ticks before the newest complete world
		t.Errorf("rewound %d ticks at most, want 16, 250 ms", oldest)
	}
}
