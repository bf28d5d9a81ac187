package arena

import (
	"math/bits"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// places is the set of the map's squares of 8 by 8 tiles a bot has been in.
type places uint64

func (s *places) visit(x, y int32) {
	tx, ty := TileOf(x, y)
	*s |= 1 << (ty/8*8 + tx/8)
}

const allPlaces = MapWidth / 8 * MapHeight / 8

// Five minutes of eight bots: they get about, they score, they heal, and
// they never stand in one place.
func TestBotsPlay(t *testing.T) {
	const bots, ticks = 8, 5 * 60 * TickRate
	s := newStage(t)
	s.RoundTicks = 2 * ticks
	s.withBots(bots)
	var been [bots]places
	var anchor [bots]Point
	var since [bots]engine.Tick
	var rockets, shots, heals int
	for range ticks {
		s.tick()
		for i := range bots {
			p := s.row(engine.PlayerID(i))
			been[i].visit(p.X, p.Y)
			moved := distance2(p.X-anchor[i].X, p.Y-anchor[i].Y) > TileUnits*TileUnits
			if moved || !p.Alive {
				anchor[i], since[i] = Point{p.X, p.Y}, s.w.Tick()
			}
			if stay := s.w.Tick().Sub(since[i]); stay > 5*TickRate {
				t.Fatalf("tick %d: bot %d has not left %v for %d ticks", s.w.Tick(), i, anchor[i], stay)
			}
		}
		for _, e := range s.Effects.All(s.w) {
			if e.Born == uint8(s.w.Tick()) {
				switch e.Kind {
				case EffectTracer, EffectHit:
					shots++
				case EffectBlast:
					rockets++
				}
			}
		}
		for _, k := range s.Pickups.All(s.w) {
			if !k.Ready && k.BackAt == s.w.Tick()+packTicks {
				heals++
			}
		}
	}
	for i := range bots {
		p := s.row(engine.PlayerID(i))
		seen := bits.OnesCount64(uint64(been[i]))
		t.Logf("bot %d: %d frags, %d deaths, %d of %d places", i, p.Frags, p.Deaths, seen, allPlaces)
		if p.Frags <= 0 {
			t.Errorf("bot %d has %d frags", i, p.Frags)
		}
		if seen < allPlaces*3/4 {
			t.Errorf("bot %d saw %d of %d places", i, seen, allPlaces)
		}
	}
	t.Logf("%d rifle shots, %d rockets, %d packs taken", shots, rockets, heals)
	if shots == 0 || rockets == 0 || heals == 0 {
		t.Error("something is never used")
	}
}

func TestBotsAreDeterministic(t *testing.T) {
	a, b := newStage(t).withBots(4), newStage(t).withBots(4)
	for range 20 * TickRate {
		a.tick()
		b.tick()
		if d := a.w.Diff(b.w); d != "" {
			t.Fatalf("tick %d: %s", a.w.Tick(), d)
		}
	}
}

// A bot in a world without its row, or dead, does nothing.
func TestBotWithoutARow(t *testing.T) {
	s := newStage(t)
	if got := s.NewBot(1).Think(s.w, 3); got != (Input{}) {
		t.Errorf("Think = %+v, want nothing", got)
	}
}

func TestThinkDoesNotAllocate(t *testing.T) {
	s := newStage(t).withBots(8)
	for range 600 {
		s.tick()
	}
	if n := testing.AllocsPerRun(600, s.tick); n != 0 {
		t.Errorf("%v allocations a tick with bots, want 0", n)
	}
}

func BenchmarkThink(b *testing.B) {
	s := newStage(b).withBots(16)
	for range 600 {
		s.tick()
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		// One thought of each bot in turn; a tick when all have had theirs.
		p := engine.PlayerID(i % 16)
		s.in.Set(p, s.bots[p].Think(s.w, p))
		if i++; i%16 == 0 {
			b.StopTimer()
			s.step()
			b.StartTimer()
		}
	}
}

func BenchmarkStep16(b *testing.B) {
	s := newStage(b).withBots(16)
	for range 600 {
		s.tick()
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range 16 {
			p := engine.PlayerID(i)
			s.in.Set(p, s.bots[i].Think(s.w, p))
		}
		s.w.SetTick(s.w.Tick() + 1)
		b.StartTimer()
		s.Step(s.w, s.in)
	}
}
