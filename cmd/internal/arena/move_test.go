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

// A player pressed into a wall at a slant runs along it at full speed, over
// the seams of its tiles, either way.
func TestWallsAreSmooth(t *testing.T) {
	for _, test := range []struct {
		from Point
		in   Input
	}{
		{TileCentre(17, 1), Input{MoveX: 1, MoveY: -1}},  // under the northern border
		{TileCentre(30, 1), Input{MoveX: -1, MoveY: -1}}, // the other way
		{TileCentre(1, 27), Input{MoveX: -1, MoveY: -1}}, // up the western border
	} {
		s := newStage(t)
		p := s.put(0, test.from)
		s.in.Set(0, test.in)
		for range 15 {
			s.step()
		}
		x, y := p.X, p.Y
		for range 30 {
			s.step()
		}
		if ran := distance(p.X-x, p.Y-y); ran != 30*diagonal {
			t.Errorf("%+v: ran %d units along the wall in half a second, want %d", test.in, ran, 30*diagonal)
		}
		if p.VX != 0 && p.VY != 0 {
			t.Errorf("%+v: velocity %d,%d into the wall", test.in, p.VX, p.VY)
		}
	}
}

// A knock is not braked away by standing still, nor by walking on.
func TestKnockLasts(t *testing.T) {
	for _, move := range []int8{0, 1} {
		s := newStage(t)
		p := s.put(0, hall(24))
		p.VX = 200
		s.in.Set(0, Input{MoveX: move})
		for range 10 {
			s.step()
		}
		if want := int16(200 - 10*slowdown); p.VX != want {
			t.Errorf("move %d: VX = %d after 10 ticks, want %d", move, p.VX, want)
		}
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
