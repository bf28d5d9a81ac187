package arena

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// print writes all rows of a world: the state as the rules see it, whatever
// the engine's own hash makes of it.
func (s *stage) print(out io.Writer) {
	for _, r := range s.Players.All(s.w) {
		binary.Write(out, binary.LittleEndian, *r)
	}
	for _, r := range s.Rockets.All(s.w) {
		binary.Write(out, binary.LittleEndian, *r)
	}
	for _, r := range s.Effects.All(s.w) {
		binary.Write(out, binary.LittleEndian, *r)
	}
	for _, r := range s.Pickups.All(s.w) {
		binary.Write(out, binary.LittleEndian, *r)
	}
	for _, r := range s.Kills.All(s.w) {
		binary.Write(out, binary.LittleEndian, *r)
	}
	for _, r := range s.Match.All(s.w) {
		binary.Write(out, binary.LittleEndian, *r)
	}
}

// The golden value changes with every change of the rules, the map, the
// tables or the bots, and with nothing else: not with the machine, not with
// the compiler. When it has to change, raise Version.
func TestGolden(t *testing.T) {
	const want = 0x972f1a3bcf0638e
	s := newStage(t).withBots(8)
	h := fnv.New64a()
	for i := range 3600 {
		s.tick()
		if i%60 == 59 {
			s.print(h)
		}
	}
	if got := h.Sum64(); got != want {
		t.Errorf("after 3600 ticks of 8 bots: %#x, want %#x", got, uint64(want))
	}
}

// Same inputs, same world, tick by tick, whatever a Game did before.
func TestStepIsDeterministic(t *testing.T) {
	a, b := newStage(t), newStage(t)
	b.withBots(16)
	for range 100 {
		b.tick() // leaves its traces in the scratch of b
	}
	b.bots = [MaxPlayers]*Bot{}
	b.w = b.Schema.NewWorld()
	r := rand.New(rand.NewPCG(12, 13))
	for i := range 6 {
		a.Join(a.w, engine.PlayerID(i), "x")
		b.Join(b.w, engine.PlayerID(i), "x")
		b.in.Clear()
	}
	for range 3000 {
		for i := range 6 {
			in := randomInput(r)
			a.in.Set(engine.PlayerID(i), in)
			b.in.Set(engine.PlayerID(i), in)
		}
		a.step()
		b.step()
		if a.w.Hash() != b.w.Hash() {
			t.Fatalf("tick %d: %s", a.w.Tick(), a.w.Diff(b.w))
		}
	}
}

// A client that has only its own inputs and no authority comes to the same
// world as the server while it is alone: place, timers, rockets, tracers and
// explosions, IDs included. Only health is the server's.
func TestPredictionAgrees(t *testing.T) {
	for seed := range uint64(5) {
		s := newStage(t)
		s.RoundTicks = 1 << 20
		s.put(0, hall(30))
		c := &stage{Game: New(), w: s.Schema.NewWorld(), in: engine.NewInputs[Input](MaxPlayers)}
		c.in.SetLocal(0)
		r := rand.New(rand.NewPCG(seed, 14))
		var in Input
		for i := range 4000 {
			if i%7 == 0 {
				in = randomInput(r)
			}
			p := s.row(0)
			p.Health, p.Respawn = MaxHealth, 0
			if i%50 == 0 { // what a snapshot brings
				c.w.CopyFrom(s.w)
			}
			s.in.Set(0, in)
			c.in.Set(0, in)
			s.step()
			c.step()
			q := c.row(0)
			q.Health, q.Hurts, q.HurtFrom = p.Health, p.Hurts, p.HurtFrom
			if d := s.w.Diff(c.w); d != "" {
				t.Fatalf("seed %d, tick %d: %s", seed, s.w.Tick(), d)
			}
		}
	}
}

// Without authority nothing changes that the local player does not own.
func TestPredictionTouchesItsOwnRowsOnly(t *testing.T) {
	s := newStage(t).withBots(8)
	for range 300 {
		s.tick()
	}
	before, after := s.Schema.NewWorld(), s.Schema.NewWorld()
	c := New()
	in := engine.NewInputs[Input](MaxPlayers)
	in.SetLocal(3)
	for range 300 {
		s.tick()
		before.CopyFrom(s.w)
		after.CopyFrom(s.w)
		for i := range 10 {
			in.Set(3, Input{MoveX: 1, Fire: true, Alt: i%2 == 0})
			after.SetTick(after.Tick() + 1)
			c.Step(after, in)
		}
		after.SetTick(before.Tick())
		before.DropOwned(3)
		after.DropOwned(3)
		if d := before.Diff(after); d != "" {
			t.Fatalf("tick %d: %s", s.w.Tick(), d)
		}
	}
}

// Whatever players do, Step leaves nothing that Quantise would change.
func TestStepStaysInRange(t *testing.T) {
	for seed := range uint64(4) {
		s := newStage(t)
		s.RoundTicks = 700
		r := rand.New(rand.NewPCG(seed, 15))
		exact := s.Schema.NewWorld()
		for range 3000 {
			shake(s, r)
			s.w.SetTick(s.w.Tick() + 1)
			s.Step(s.w, s.in)
			exact.CopyFrom(s.w)
			s.w.Quantise()
			if d := exact.Diff(s.w); d != "" {
				t.Fatalf("seed %d, tick %d: quantised away: %s", seed, s.w.Tick(), d)
			}
			for id, p := range s.Players.All(s.w) {
				if !s.Map.free(p.X, p.Y) {
					t.Fatalf("seed %d, tick %d: player %d in a wall at %d,%d", seed, s.w.Tick(), id.Slot(), p.X, p.Y)
				}
			}
		}
	}
}

// shake joins and removes players at random and gives the rest wild inputs,
// some of them out of range; scores are brought near their bounds.
func shake(s *stage, r *rand.Rand) {
	p := engine.PlayerID(r.IntN(MaxPlayers))
	switch row := s.row(p); {
	case row == nil:
		s.Join(s.w, p, "x")
	case r.IntN(30) == 0:
		s.Leave(s.w, p)
	case r.IntN(10) == 0:
		row.Frags, row.Deaths, row.Streak = maxFrags, maxDeaths, maxStreak
	case r.IntN(10) == 0:
		row.Frags, row.Health = minFrags, 1
	}
	for i := range MaxPlayers {
		if r.IntN(4) == 0 {
			in := randomInput(r)
			in.Aim += uint16(r.IntN(16)) * Turn
			in.MoveX *= int8(1 + r.IntN(100))
			s.in.Set(engine.PlayerID(i), in)
		}
	}
}

func TestStepDoesNotAllocate(t *testing.T) {
	s := newStage(t)
	s.RoundTicks = 600
	r := rand.New(rand.NewPCG(16, 17))
	for i := range 16 {
		s.Join(s.w, engine.PlayerID(i), "x")
	}
	n := testing.AllocsPerRun(2000, func() {
		for i := range 16 {
			s.in.Set(engine.PlayerID(i), randomInput(r))
		}
		s.step()
	})
	if n != 0 {
		t.Errorf("%v allocations a tick, want 0", n)
	}
}

// The tags of the tables agree with the constants of the rules.
func TestRangesHoldTheConstants(t *testing.T) {
	for name, ok := range map[string]bool{
		"map width":  WidthUnits == 32767+1,
		"map height": HeightUnits == 20479+1,
		"health":     MaxHealth == 100,
		"respawn":    respawnTicks <= 120,
		"shield":     shieldTicks <= 90,
		"rifle":      max(rifleReload, swapDelay) <= 15,
		"rocket":     max(rocketReload, swapDelay) <= 63,
		"colour":     MaxPlayers <= 64,
		"effect":     EffectDeath == 5,
		"weapon":     WeaponRocket == 1,
		"phase":      PhaseFrozen == 1,
		"turn":       Turn == 1<<12,
		"tile":       TileUnits == 1<<9,
		"stride":     maxStride < PlayerRadius,
	} {
		if !ok {
			t.Errorf("%s does not fit its tag", name)
		}
	}
}

// The promise of engine.LocalRules: a client's Step leaves the rows of others
// alone, to the last byte, whatever its player does.
func TestStepIsLocal(t *testing.T) {
	s := newStage(t).withBots(MaxPlayers)
	client := newStage(t)
	r := rand.New(rand.NewPCG(3, 4))
	for tick := range 1200 {
		s.tick()
		me := engine.PlayerID(tick / 20 % MaxPlayers)
		client.w.CopyFrom(s.w)
		client.w.ClearHidden()
		before := client.Schema.NewWorld()
		before.CopyFrom(client.w)
		client.in.SetAuthority(false)
		client.in.SetLocal(me)
		for range 10 {
			client.in.Clear()
			client.in.Set(me, randomInput(r))
			client.step()
		}
		for id, e := range client.Effects.All(client.w) {
			if id.Slot()/effectsPerPlayer != int(e.Owner) {
				t.Fatalf("an effect of player %d is in slot %d", e.Owner, id.Slot())
			}
		}
		for id, k := range client.Rockets.All(client.w) {
			if id.Slot()/rocketsPerPlayer != int(k.Owner) {
				t.Fatalf("a rocket of player %d is in slot %d", k.Owner, id.Slot())
			}
		}
		client.w.DropOwned(me)
		before.DropOwned(me)
		before.SetTick(client.w.Tick())
		if !client.w.Equal(before) {
			t.Fatalf("tick %d: %s", tick, client.w.Diff(before))
		}
	}
}
