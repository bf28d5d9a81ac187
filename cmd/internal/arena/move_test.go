package arena

import (
	"math/rand/v2"
	"testing"
)

// Whatever the motion, a circle that is free stays free, and goes little
// farther than it was asked to: pushed round a corner it may gain a quarter.
func TestSlideStaysOutOfWalls(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 11))
		m := builtinMap()
		if seed%2 == 1 {
			m = scatter(r)
		}
		x, y := openPoint(m, r)
		for range 2500 {
			dx, dy := r.Int32N(2*maxSpeed+1)-maxSpeed, r.Int32N(2*maxSpeed+1)-maxSpeed
			for range r.IntN(12) { // press on, into whatever is there
				nx, ny, _, _ := m.slide(x, y, dx, dy)
				if !m.free(nx, ny) {
					t.Fatalf("seed %d: slide(%d, %d, %d, %d) ends in a wall at %d,%d", seed, x, y, dx, dy, nx, ny)
				}
				if moved := distance(nx-x, ny-y); moved > distance(dx, dy)*5/4+8 {
					t.Fatalf("seed %d: slide(%d, %d, %d, %d) moved %d", seed, x, y, dx, dy, moved)
				}
				x, y = nx, ny
			}
		}
	}
}

// scatter returns a map of walls at random.
func scatter(r *rand.Rand) *Map {
	m := new(Map)
	for y := range m.rows {
		m.rows[y] = r.Uint64()&r.Uint64() | 1 | 1<<(MapWidth-1)
	}
	m.rows[0], m.rows[MapHeight-1] = 1<<MapWidth-1, 1<<MapWidth-1
	return m
}

func TestWalkFeelsCrisp(t *testing.T) {
	s := newStage(t)
	p := s.put(0, Point{32*TileUnits + 256, 14*TileUnits + 256})
	s.in.Set(0, Input{MoveX: 1})
	ticks := 0
	for p.VX < walkSpeed {
		s.step()
		if ticks++; ticks > TickRate/10 {
			t.Fatalf("velocity %d after %d ticks", p.VX, ticks)
		}
	}
	s.in.Clear()
	for ticks = 0; p.VX != 0; ticks++ {
		s.step()
		if ticks > TickRate*13/100+1 {
			t.Fatalf("velocity %d after %d ticks without keys", p.VX, ticks)
		}
	}
}

// A player pressed into a wall at a slant runs along it.
func TestWallsAreSmooth(t *testing.T) {
	s := newStage(t)
	p := s.put(0, TileCentre(17, 1)) // under the northern border, open to the east
	s.in.Set(0, Input{MoveX: 1, MoveY: -1})
	start := p.X
	for range 60 {
		s.step()
	}
	if ran := p.X - start; ran < 45*diagonal {
		t.Errorf("ran %d units along the wall in a second, want at least %d", ran, 45*diagonal)
	}
	if p.VY != 0 {
		t.Errorf("VY = %d at the wall, want 0", p.VY)
	}
}

func TestPlayersPart(t *testing.T) {
	s := newStage(t)
	at := TileCentre(32, 14)
	p, q := s.put(0, at), s.put(1, at)
	for range 60 {
		s.step()
	}
	if d := distance(p.X-q.X, p.Y-q.Y); d < 2*PlayerRadius-2 {
		t.Errorf("after a second players stand %d apart, want %d", d, 2*PlayerRadius)
	}
	if p.X >= q.X {
		t.Error("of two at one place the first does not go left")
	}
}
