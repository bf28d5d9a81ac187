package snapshot

import (
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// A shooter is a world like that of the Arena: 16 players of 14 fields and a
// table of rockets.
type shooter struct {
	schema  *engine.Schema
	players engine.Table[player]
	rockets engine.Table[rocket]
	match   engine.Table[match]
}

type player struct {
	Owner          engine.PlayerID `net:"owner"`
	X, Y           int32           `net:"range=0..65535,lerp,snap=4096"`
	VelX, VelY     int16           `net:"range=-1023..1023"`
	Aim            uint16          `net:"bits=12,lerp=angle"`
	Health, Armour uint8           `net:"max=100"`
	Weapon         uint8           `net:"max=7"`
	Reload         uint8           `net:"max=127"`
	Frags, Deaths  uint16
	Firing         bool
	RespawnIn      uint16 `net:"max=600"`
	Ammo           [4]uint8
	path           [8]uint16 `net:"-"`
}

type rocket struct {
	Owner      engine.PlayerID `net:"owner"`
	X, Y       int32           `net:"range=0..65535,lerp"`
	VelX, VelY int16           `net:"range=-1023..1023"`
	Life       uint8           `net:"max=120"`
}

type match struct {
	EndsAt engine.Tick
	Spin   float32 `net:"range=-1..1,step=1/256"`
	Exact  float32
}

func newShooter(t testing.TB) shooter {
	t.Helper()
	s := engine.NewSchema("shooter", 1)
	g := shooter{
		schema:  s,
		players: engine.AddTable[player](s, "players", 16),
		rockets: engine.AddTable[rocket](s, "rockets", 128),
		match:   engine.AddTable[match](s, "match", 1),
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}

// fill sets up a match in full swing.
func (g shooter) fill(w *engine.World, rng *rand.Rand, rockets int) {
	for i := range 16 {
		_, p := g.players.SpawnAt(w, i)
		*p = player{
			Owner: engine.PlayerID(i), X: rng.Int32N(60000), Y: rng.Int32N(60000),
			VelX: int16(rng.IntN(161) - 80), VelY: int16(rng.IntN(161) - 80), Aim: uint16(rng.IntN(4096)),
			Health: 100, Ammo: [4]uint8{50, 20, 10, 5},
		}
	}
	for range rockets {
		g.launch(w, rng)
	}
	_, m := g.match.Spawn(w)
	m.EndsAt = 36000
}

func (g shooter) launch(w *engine.World, rng *rand.Rand) {
	if _, r := g.rockets.Spawn(w); r != nil {
		*r = rocket{
			Owner: engine.PlayerID(rng.IntN(16)), X: rng.Int32N(60000), Y: rng.Int32N(60000),
			VelX: int16(rng.IntN(401) - 200), VelY: int16(rng.IntN(401) - 200), Life: 90,
		}
	}
}

// step moves everything as a busy tick of the game does.
func (g shooter) step(w *engine.World, rng *rand.Rand) {
	w.SetTick(w.Tick() + 1)
	for _, p := range g.players.All(w) {
		p.X, p.Y = bounce(p.X, &p.VelX), bounce(p.Y, &p.VelY)
		p.Aim = (p.Aim + uint16(rng.IntN(41)) - 20) & 4095
		p.path[0]++
		if p.Firing = rng.IntN(8) == 0; p.Firing {
			p.Ammo[p.Weapon&3]--
			p.VelX += int16(rng.IntN(21) - 10)
		}
		if rng.IntN(60) == 0 {
			p.Health -= uint8(rng.IntN(10))
		}
	}
	for id, r := range g.rockets.All(w) {
		r.X, r.Y = bounce(r.X, &r.VelX), bounce(r.Y, &r.VelY)
		if r.Life--; r.Life == 0 {
			g.rockets.Despawn(w, id)
			g.launch(w, rng)
		}
	}
	w.Quantise()
}

func bounce(at int32, velocity *int16) int32 {
	at += int32(*velocity)
	if at < 0 || at > 65535 {
		*velocity = -*velocity
		at += 2 * int32(*velocity)
	}
	return at
}

// scramble makes a world that no game would: rows come and go, values are
// anything, some out of range and not quantised.
func (g shooter) scramble(w *engine.World, rng *rand.Rand) {
	w.SetTick(w.Tick() + 1 + engine.Tick(rng.IntN(3)))
	for slot := range 16 {
		id, p := g.players.Slot(w, slot)
		switch {
		case rng.IntN(8) == 0:
			g.players.Despawn(w, id)
			continue
		case rng.IntN(8) == 0 || p == nil && rng.IntN(2) == 0:
			_, p = g.players.SpawnAt(w, slot)
		}
		if p == nil || rng.IntN(3) == 0 {
			continue
		}
		p.Owner = engine.PlayerID(rng.IntN(256))
		p.X += rng.Int32N(1<<rng.IntN(20)) - rng.Int32N(1<<rng.IntN(20))
		p.Y = int32(rng.Uint32())
		p.VelX = int16(rng.Uint32())
		p.Aim += uint16(rng.IntN(1 << rng.IntN(13)))
		p.Health = uint8(rng.IntN(256))
		p.Frags += uint16(rng.IntN(3))
		p.Ammo[rng.IntN(4)] = uint8(rng.IntN(256))
		p.path[rng.IntN(8)] = uint16(rng.IntN(9))
	}
	for range rng.IntN(4) {
		g.launch(w, rng)
	}
	for id, r := range g.rockets.All(w) {
		r.X += int32(rng.IntN(3))
		if rng.IntN(16) == 0 {
			g.rockets.Despawn(w, id)
		}
	}
	if id, m := g.match.Slot(w, 0); m == nil || rng.IntN(16) == 0 {
		g.match.Despawn(w, id)
		g.match.SpawnAt(w, 0)
	} else {
		m.EndsAt = engine.Tick(rng.Uint32())
		m.Spin = rng.Float32()*3 - 1.5
		if rng.IntN(2) == 0 {
			m.Exact = float32(rng.NormFloat64())
		}
	}
}
