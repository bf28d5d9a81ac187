package scene

import (
	"math"
	"testing"
	"time"
)

const frame = time.Second / 60

func newCamera(width, height int) *Camera {
	c := new(Camera)
	c.Resize(width, height)
	return c
}

// Nobody sees more of the map than another, whatever the window.
func TestSameArea(t *testing.T) {
	for _, size := range [][2]int{{640, 360}, {1280, 720}, {1920, 1080}, {3440, 1440}, {800, 1200}} {
		c := newCamera(size[0], size[1])
		if got := c.W / c.Zoom * c.H / c.Zoom; math.Abs(got-viewArea) > 1 {
			t.Errorf("%v shows %.0f square pixels, want %d", size, got, viewArea)
		}
	}
}

func TestToMapAndBack(t *testing.T) {
	c := newCamera(1280, 720)
	c.Follow(frame, 900, 640, 0, 0)
	x, y := c.ToMap(300, 200)
	if sx, sy := c.ToScreen(x, y); math.Abs(sx-300) > 1e-9 || math.Abs(sy-200) > 1e-9 {
		t.Errorf("300, 200 comes back as %v, %v", sx, sy)
	}
}

func TestFollow(t *testing.T) {
	c := newCamera(1280, 720)
	c.Follow(frame, 1000, 640, 0, 0)
	if c.X != 1000 || c.Y != 640 {
		t.Fatalf("the first target: %v, %v, want a cut to 1000, 640", c.X, c.Y)
	}
	c.Follow(frame, 1020, 640, 0, 0)
	if c.X <= 1000 || c.X >= 1020 {
		t.Errorf("a near target: %v, want to be on the way to 1020", c.X)
	}
	for range 120 {
		c.Follow(frame, 1020, 640, 0, 0)
	}
	if math.Abs(c.X-1020) > 0.01 {
		t.Errorf("after two seconds: %v, want 1020", c.X)
	}
	c.Follow(frame, 600, 900, 0, 0)
	if c.X != 600 {
		t.Errorf("a far target: %v, want a cut to 600", c.X)
	}
}

func TestLookAheadIsBounded(t *testing.T) {
	c := newCamera(1280, 720)
	c.Follow(frame, 1000, 640, 1e6, 0)
	if got := c.X - 1000; math.Abs(got-maxLookAhead) > 1e-9 {
		t.Errorf("looks %v ahead, want %v", got, maxLookAhead)
	}
}

func TestStaysInTheMap(t *testing.T) {
	c := newCamera(1280, 720)
	c.Follow(frame, 40, 40, 0, 0)
	if x, y := c.ToMap(0, 0); x < -49 || y < -49 {
		t.Errorf("shows %v, %v, want no more than 48 pixels beyond the map", x, y)
	}
	c.Resize(200000, 200)
	c.Follow(frame, 40, 40, 0, 0)
	if c.X != MapWidth/2 {
		t.Errorf("a view wider than the map is at %v, want the middle, %d", c.X, MapWidth/2)
	}
}

// Shaking moves the picture, dies down, and leaves the aim alone.
func TestShake(t *testing.T) {
	c := newCamera(1280, 720)
	c.Follow(frame, 1000, 640, 0, 0)
	ax, ay := c.ToMap(100, 100)
	for range 10 {
		c.Shake(0.5)
	}
	moved := 0.0
	for range 5 {
		c.Follow(frame, 1000, 640, 0, 0)
		sx, sy := c.ToScreen(1000, 640)
		moved = max(moved, math.Hypot(sx-640, sy-360)/c.Zoom)
	}
	if moved == 0 || moved > 2*maxShake {
		t.Errorf("shook by %v pixels, want up to %v", moved, 2*maxShake)
	}
	if bx, by := c.ToMap(100, 100); bx != ax || by != ay {
		t.Errorf("the aim moved from %v, %v to %v, %v", ax, ay, bx, by)
	}
	for range 60 {
		c.Follow(frame, 1000, 640, 0, 0)
	}
	if sx, _ := c.ToScreen(1000, 640); sx != 640 {
		t.Errorf("after a second the middle is at %v, want 640", sx)
	}
}
