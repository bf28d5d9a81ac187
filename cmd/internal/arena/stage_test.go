package arena

import (
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// A stage is a server's part of a game without a server: a world, its inputs
// and some bots.
type stage struct {
	*Game
	w    *engine.World
	in   *engine.Inputs[Input]
	bots [MaxPlayers]*Bot
}

func newStage(tb testing.TB) *stage {
	tb.Helper()
	g := New()
	if err := g.Schema.Err(); err != nil {
		tb.Fatal(err)
	}
	s := &stage{Game: g, w: g.Schema.NewWorld(), in: engine.NewInputs[Input](MaxPlayers)}
	s.in.SetAuthority(true)
	return s
}

// withBots adds bots in slots 0..n-1.
func (s *stage) withBots(n int) *stage {
	for i := range n {
		p := engine.PlayerID(i)
		s.Join(s.w, p, "bot")
		s.SetBot(s.w, p, true)
		s.bots[i] = s.NewBot(uint64(i) + 1)
	}
	return s
}

// tick lets the bots think and steps.
func (s *stage) tick() {
	for i, b := range s.bots {
		if b != nil {
			p := engine.PlayerID(i)
			s.in.Set(p, b.Think(s.w, p))
		}
	}
	s.step()
}

// step steps with the inputs that are set.
func (s *stage) step() {
	s.w.SetTick(s.w.Tick() + 1)
	s.Step(s.w, s.in)
	s.w.Quantise()
}

// put joins a player and places him, unshielded.
func (s *stage) put(p engine.PlayerID, at Point) *Player {
	s.Join(s.w, p, "")
	row := s.row(p)
	row.X, row.Y, row.Shield = at.X, at.Y, 0
	return row
}

func (s *stage) row(p engine.PlayerID) *Player {
	_, row := s.Players.Slot(s.w, int(p))
	return row
}

// idle steps n times with no keys held.
func (s *stage) idle(n int) {
	s.in.Clear()
	for range n {
		s.step()
	}
}

func randomInput(r *rand.Rand) Input {
	return Input{
		MoveX: int8(r.IntN(3) - 1),
		MoveY: int8(r.IntN(3) - 1),
		Aim:   uint16(r.IntN(Turn)),
		Fire:  r.IntN(2) == 0,
		Alt:   r.IntN(3) == 0,
	}
}
