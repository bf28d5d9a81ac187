package scene

import (
	"testing"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

func TestFloor(t *testing.T) {
	m := arena.New().Map
	img := FloorImage(m)
	if got := img.Bounds(); got.Dx() != MapWidth || got.Dy() != MapHeight {
		t.Fatalf("%v, want %d × %d", got, MapWidth, MapHeight)
	}
	// By a wall it is darker than in the open.
	brightness := func(x, y int) int {
		c := img.RGBAAt(x, y)
		return int(c.R) + int(c.G) + int(c.B)
	}
	if by, open := brightness(34, 36), brightness(34+56, 36+56); by >= open {
		t.Errorf("brightness %d by the corner and %d in the open, want less by the corner", by, open)
	}
}

func TestLight(t *testing.T) {
	l := lamps[0]
	if got := Light(l.x, l.y); got.B < l.colour.B {
		t.Errorf("under a lamp: %+v, want at least %+v", got, l.colour)
	}
	if got := Light(-5000, -5000); got != (Colour{}) {
		t.Errorf("far off: %+v, want darkness", got)
	}
}
