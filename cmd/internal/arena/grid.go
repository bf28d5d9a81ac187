package arena

import (
	"errors"
	"fmt"
	"strings"
)

// Point is a place on the map, in units.
type Point struct{ X, Y int32 }

// Map is the static part of the arena. It does not change after it has been
// read and may be shared between goroutines.
type Map struct {
	rows   [MapHeight]uint64 // bit x of row y: the tile is a wall
	spawns []Point           // centres of tiles, in reading order
	packs  []Point           // of health packs, likewise
}

// ErrMap is wrapped by every error of [ReadMap].
var ErrMap = errors.New("arena: bad map")

// ReadMap reads a map from its text: [MapHeight] lines of [MapWidth]
// characters, as package assets describes them. The border must be closed,
// every open tile must be reachable from every other, and there must be 2 or
// more spawn points and no more health packs than the table holds.
func ReadMap(text string) (*Map, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) != MapHeight {
		return nil, fmt.Errorf("%w: %d lines, want %d", ErrMap, len(lines), MapHeight)
	}
	m := new(Map)
	for y, line := range lines {
		if len(line) != MapWidth {
			return nil, fmt.Errorf("%w: line %d has %d characters, want %d", ErrMap, y+1, len(line), MapWidth)
		}
		for x, c := range []byte(line) {
			switch c {
			case '#':
				m.rows[y] |= 1 << x
			case 'S':
				m.spawns = append(m.spawns, TileCentre(x, y))
			case '+':
				m.packs = append(m.packs, TileCentre(x, y))
			case '.':
			default:
				return nil, fmt.Errorf("%w: line %d column %d: unknown character %q", ErrMap, y+1, x+1, c)
			}
		}
	}
	return m, m.check()
}

func (m *Map) check() error {
	const edges = 1 | 1<<(MapWidth-1)
	for y, row := range m.rows {
		outer := y == 0 || y == MapHeight-1
		if row&edges != edges || outer && row != 1<<MapWidth-1 {
			return fmt.Errorf("%w: the border is open at line %d", ErrMap, y+1)
		}
	}
	if len(m.spawns) < 2 {
		return fmt.Errorf("%w: %d spawn points, want 2 or more", ErrMap, len(m.spawns))
	}
	if len(m.packs) > maxPickups {
		return fmt.Errorf("%w: %d health packs, want at most %d", ErrMap, len(m.packs), maxPickups)
	}
	var f field
	f.fill(m, m.spawns[0])
	for y := range MapHeight {
		for x := range MapWidth {
			if !m.Wall(x, y) && f.far(x, y) {
				return fmt.Errorf("%w: line %d column %d cannot be reached", ErrMap, y+1, x+1)
			}
		}
	}
	return nil
}

// Wall reports whether a tile is solid. Everything outside the map is.
func (m *Map) Wall(x, y int) bool {
	if uint(x) >= MapWidth || uint(y) >= MapHeight {
		return true
	}
	return m.rows[y]>>uint(x)&1 != 0
}

// Spawns returns the points where players appear. The caller must not change
// the slice.
func (m *Map) Spawns() []Point { return m.spawns }

// Packs returns the places of the health packs, in the order of the slots of
// the table of pickups. The caller must not change the slice.
func (m *Map) Packs() []Point { return m.packs }

// TileCentre returns the middle of a tile, in units.
func TileCentre(x, y int) Point {
	return Point{int32(x)*TileUnits + TileUnits/2, int32(y)*TileUnits + TileUnits/2}
}

// TileOf returns the tile that holds a point. A tile owns its left and upper
// edge.
func TileOf(x, y int32) (tx, ty int) {
	const shift = 9 // TileUnits is 1<<9
	return int(x >> shift), int(y >> shift)
}
