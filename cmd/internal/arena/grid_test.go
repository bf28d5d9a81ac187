package arena

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// plain returns the lines of an empty map with two spawn points.
func plain() []string {
	full, open := strings.Repeat("#", MapWidth), "#"+strings.Repeat(".", MapWidth-2)+"#"
	lines := []string{full}
	for range MapHeight - 2 {
		lines = append(lines, open)
	}
	lines = append(lines, full)
	set(lines, 2, 2, 'S')
	set(lines, MapWidth-3, MapHeight-3, 'S')
	return lines
}

func set(lines []string, x, y int, c byte) {
	b := []byte(lines[y])
	b[x] = c
	lines[y] = string(b)
}

func TestReadMapRefuses(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(lines []string) []string
		want  string
	}{
		{"nothing", func(l []string) []string { return l }, ""},
		{"line missing", func(l []string) []string { return l[1:] }, "39 lines"},
		{"line short", func(l []string) []string { l[3] = l[3][1:]; return l }, "line 4 has 63"},
		{"open border", func(l []string) []string { set(l, 0, 9, '.'); return l }, "border is open at line 10"},
		{"open floor", func(l []string) []string { set(l, 9, MapHeight-1, '.'); return l }, "border is open at line 40"},
		{"one spawn", func(l []string) []string { set(l, 2, 2, '.'); return l }, "1 spawn points"},
		{"odd character", func(l []string) []string { set(l, 4, 5, 'x'); return l }, "line 6 column 5"},
		{"locked room", func(l []string) []string {
			for _, at := range [][2]int{{9, 10}, {11, 10}, {10, 9}, {10, 11}} {
				set(l, at[0], at[1], '#')
			}
			return l
		}, "line 11 column 11 cannot be reached"},
		{"as many packs as fit", func(l []string) []string {
			l[5] = "#" + strings.Repeat("+", maxPickups) + l[5][1+maxPickups:]
			return l
		}, ""},
		{"many packs", func(l []string) []string { l[5] = "#" + strings.Repeat("+", MapWidth-2) + "#"; return l }, "62 health packs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadMap(strings.Join(test.spoil(plain()), "\n"))
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrMap) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("ReadMap = %v, want ErrMap with %q", err, test.want)
			}
		})
	}
}

// The map that is built in is the same turned by half, so that no corner is
// the better one, and nobody appears inside a wall or in sight of a neighbour.
func TestBuiltinMap(t *testing.T) {
	m := builtinMap()
	for y := range MapHeight {
		for x := range MapWidth {
			if m.Wall(x, y) != m.Wall(MapWidth-1-x, MapHeight-1-y) {
				t.Errorf("tile %d,%d is not symmetric", x, y)
			}
		}
	}
	if n := len(m.Spawns()); n < 16 {
		t.Errorf("%d spawn points, want at least 16", n)
	}
	for _, at := range append(m.Spawns(), m.Packs()...) {
		if !m.free(at.X, at.Y) {
			t.Errorf("%v is not free", at)
		}
	}
}

// castSlowly samples a segment at n points.
func castSlowly(m *Map, x0, y0, x1, y1 int32, n int64) (wall bool, at float64) {
	for i := range n + 1 {
		x := int64(x0) + (int64(x1)-int64(x0))*i/n
		y := int64(y0) + (int64(y1)-int64(y0))*i/n
		if tx, ty := TileOf(int32(x), int32(y)); m.Wall(tx, ty) {
			return true, float64(i) / float64(n)
		}
	}
	return false, 1
}

// Samples are rounded and may cut or miss a corner by a unit, so a short run
// through a wall may differ; anything longer may not.
func TestCastAgainstSamples(t *testing.T) {
	m := builtinMap()
	r := rand.New(rand.NewPCG(5, 6))
	walls := 0
	for range 5000 {
		x0, y0 := openPoint(m, r)
		x1, y1 := r.Int32N(WidthUnits), r.Int32N(HeightUnits)
		if r.IntN(4) == 0 { // short ones too
			x1, y1 = clamp(x0+r.Int32N(2000)-1000, 0, WidthUnits-1), clamp(y0+r.Int32N(2000)-1000, 0, HeightUnits-1)
		}
		n := int64(distance(x1-x0, y1-y0)) + 1
		wall, at := castSlowly(m, x0, y0, x1, y1, n)
		h := m.cast(x0, y0, x1, y1)
		got := 1.0
		if h.wall {
			walls++
			got = float64(h.num) / float64(h.den)
		}
		if got > 1 || got < 0 {
			t.Fatalf("cast(%d, %d, %d, %d) at fraction %f", x0, y0, x1, y1, got)
		}
		if h.wall == wall && (got-at)*float64(n) < 3 && (got-at)*float64(n) > -3 {
			continue
		}
		// A corner that only one of them saw: the other must be within two
		// units of a wall at that place.
		first := min(got, at)
		x, y := x0+int32(float64(x1-x0)*first), y0+int32(float64(y1-y0)*first)
		if !nearWall(m, x, y) {
			t.Fatalf("cast(%d, %d, %d, %d) = %v %f, samples say %v %f", x0, y0, x1, y1, h.wall, got, wall, at)
		}
	}
	if walls < 1000 {
		t.Errorf("only %d segments met a wall", walls)
	}
}

func nearWall(m *Map, x, y int32) bool {
	for _, d := range [][2]int32{{-2, -2}, {2, -2}, {-2, 2}, {2, 2}} {
		if tx, ty := TileOf(x+d[0], y+d[1]); m.Wall(tx, ty) {
			return true
		}
	}
	return false
}

func openPoint(m *Map, r *rand.Rand) (x, y int32) {
	for {
		x, y = r.Int32N(WidthUnits), r.Int32N(HeightUnits)
		if m.free(x, y) {
			return x, y
		}
	}
}

func TestSightIsMutual(t *testing.T) {
	m := builtinMap()
	r := rand.New(rand.NewPCG(7, 8))
	for range 20000 {
		x0, y0 := openPoint(m, r)
		x1, y1 := openPoint(m, r)
		if r.IntN(2) == 0 { // multiples of half a tile, where corners are met exactly
			x0, y0, x1, y1 = snapHalf(x0), snapHalf(y0), snapHalf(x1), snapHalf(y1)
			if !m.free(x0, y0) || !m.free(x1, y1) {
				continue
			}
		}
		if a, b := m.Sight(x0, y0, x1, y1), m.Sight(x1, y1, x0, y0); a != b {
			t.Fatalf("Sight(%d, %d, %d, %d) = %v, the other way %v", x0, y0, x1, y1, a, b)
		}
	}
}

// A segment through the corner of one wall is stopped by it.
func TestCornersStopSight(t *testing.T) {
	lines := plain()
	set(lines, 10, 10, '#')
	m, err := ReadMap(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := TileCentre(9, 10), TileCentre(10, 9)
	if m.Sight(a.X, a.Y, b.X, b.Y) || m.Sight(b.X, b.Y, a.X, a.Y) {
		t.Error("seen through the corner")
	}
	if !m.Sight(a.X-1, a.Y-1, b.X-1, b.Y-1) {
		t.Error("not seen just beside the corner")
	}
}

// Sight for the middle of a player is not room for all of him.
func TestPassage(t *testing.T) {
	lines := plain()
	set(lines, 10, 10, '#')
	m, err := ReadMap(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		y    int32
		want bool
	}{
		{10*TileUnits - PlayerRadius - 3*UnitsPerPixel, true},
		{10*TileUnits - PlayerRadius - UnitsPerPixel, false},
		{11*TileUnits + PlayerRadius + 3*UnitsPerPixel, true},
		{11*TileUnits + PlayerRadius + UnitsPerPixel, false},
	} {
		if got := m.passage(8*TileUnits, test.y, 14*TileUnits, test.y); got != test.want {
			t.Errorf("passage at %d = %v, want %v", test.y, got, test.want)
		}
	}
}

func snapHalf(n int32) int32 { return n / (TileUnits / 2) * (TileUnits / 2) }

func TestRayCircle(t *testing.T) {
	r := ray{x: 1000, y: 1000, cos: 1 << oneBits, length: 500}
	for _, test := range []struct {
		name         string
		x, y, radius int32
		want         int32
		ok           bool
	}{
		{"ahead", 1300, 1000, 100, 200, true},
		{"grazing", 1300, 1100, 100, 300, true},
		{"beside", 1300, 1101, 100, 0, false},
		{"behind", 800, 1000, 100, 0, false},
		{"inside", 1010, 1000, 100, 0, true},
		{"too far", 1700, 1000, 100, 0, false},
		{"just reached", 1600, 1000, 100, 500, true},
	} {
		d, ok := r.circle(test.x, test.y, test.radius)
		if ok != test.ok || ok && d != test.want {
			t.Errorf("%s: circle = %d, %v, want %d, %v", test.name, d, ok, test.want, test.ok)
		}
	}
}

func TestFieldLeadsToItsGoal(t *testing.T) {
	m := builtinMap()
	r := rand.New(rand.NewPCG(9, 10))
	var f field
	for range 50 {
		gx, gy := openPoint(m, r)
		f.fill(m, Point{gx, gy})
		goalX, goalY := TileOf(gx, gy)
		sx, sy := openPoint(m, r)
		x, y := TileOf(sx, sy)
		for steps := 0; x != goalX || y != goalY; steps++ {
			if steps > MapWidth*MapHeight {
				t.Fatalf("no way from %d,%d to %d,%d", sx, sy, gx, gy)
			}
			x, y = f.next(m, x, y)
			if m.Wall(x, y) {
				t.Fatalf("the way leads through the wall at %d,%d", x, y)
			}
		}
	}
}

// Rays in every direction against circles, by sampling the ray.
func TestRayCircleAgainstSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(18, 19))
	hits := 0
	for range 3000 {
		angle := random.Int32N(Turn)
		r := ray{x: 16000, y: 10000, cos: cosine(angle), sin: sine(angle), length: 3000}
		x, y := r.x+random.Int32N(6000)-3000, r.y+random.Int32N(6000)-3000
		radius := 50 + random.Int32N(500)
		d, ok := r.circle(x, y, radius)
		first, nearest := int32(-1), int32(1<<20)
		for i := int32(0); i <= r.length; i++ {
			at := r.at(i)
			gap := distance(at.X-x, at.Y-y)
			nearest = min(nearest, gap)
			if gap <= radius && first < 0 {
				first = i
			}
		}
		if abs(nearest-radius) < 4 {
			continue // grazing: within the rounding
		}
		if ok {
			hits++
		}
		if ok != (first >= 0) || ok && abs(d-first) > 40 {
			t.Fatalf("angle %d, circle %d,%d radius %d: %d %v, samples say %d", angle, x-r.x, y-r.y, radius, d, ok, first)
		}
	}
	if hits < 100 {
		t.Errorf("only %d hits", hits)
	}
}
