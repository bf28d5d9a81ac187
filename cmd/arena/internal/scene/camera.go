package scene

import (
	"math"
	"time"
)

// What a screen shows: this many square pixels of the map, whatever the shape
// of the window, so that a wide monitor sees no farther than a tall one. It
// is about as far as a bot sees.
const viewArea = 1060 * 596

const (
	lookAhead    = 0.24 // share of the way to the mouse that the camera goes
	maxLookAhead = 170  // pixels
	followHalf   = 0.060
	leapDistance = 400 // farther than that, a respawn: cut instead of gliding

	// Shake grows with the square of trauma and decays linearly: Eiserloh,
	// "Math for Game Programmers: Juicing Your Cameras With Math", GDC 2016.
	maxShake    = 13 // pixels
	traumaDecay = 1.7
	shakeSpeed  = 31 // radians a second
)

// A Camera follows a point. The zero Camera looks at the map's corner, and
// cuts to the first target.
type Camera struct {
	X, Y   float64 // of the middle of the screen
	Zoom   float64 // screen pixels to a pixel of the map
	W, H   float64 // of the screen
	trauma float64
	clock  float64 // seconds of shaking
	placed bool
	shakeX float64
	shakeY float64
}

// Resize fits the camera to a screen.
func (c *Camera) Resize(width, height int) {
	c.W, c.H = float64(max(width, 1)), float64(max(height, 1))
	c.Zoom = math.Sqrt(c.W * c.H / viewArea)
}

// Follow moves the camera towards a target, and ahead of it to where the
// mouse points, in screen pixels from the middle.
func (c *Camera) Follow(dt time.Duration, x, y, mouseX, mouseY float64) {
	aheadX, aheadY := mouseX/c.Zoom*lookAhead, mouseY/c.Zoom*lookAhead
	if d := math.Hypot(aheadX, aheadY); d > maxLookAhead {
		aheadX, aheadY = aheadX*maxLookAhead/d, aheadY*maxLookAhead/d
	}
	x, y = x+aheadX, y+aheadY
	x, y = within(x, c.W/c.Zoom, MapWidth), within(y, c.H/c.Zoom, MapHeight)
	keep := approach(dt.Seconds(), followHalf)
	if !c.placed || math.Hypot(x-c.X, y-c.Y) > leapDistance {
		c.placed, keep = true, 0
	}
	c.X, c.Y = x+(c.X-x)*keep, y+(c.Y-y)*keep
	c.settle(dt)
}

// within keeps the middle of a view of some size so that little is seen beyond
// the map's end.
func within(at, view, size float64) float64 {
	const beyond = 48
	if view >= size+2*beyond {
		return size / 2
	}
	return min(max(at, view/2-beyond), size+beyond-view/2)
}

// settle lets the shake die down.
func (c *Camera) settle(dt time.Duration) {
	c.trauma = max(0, c.trauma-traumaDecay*dt.Seconds())
	c.clock += dt.Seconds()
	size := maxShake * c.trauma * c.trauma
	t := c.clock * shakeSpeed
	c.shakeX = size * (math.Sin(t) + 0.5*math.Sin(2.3*t+1)) / 1.5
	c.shakeY = size * (math.Sin(1.3*t+2) + 0.5*math.Sin(2.9*t)) / 1.5
}

// Shake adds trauma, 0 to 1. It moves the picture, never the aim.
func (c *Camera) Shake(trauma float64) { c.trauma = min(1, c.trauma+trauma) }

// ToScreen returns where a point of the map is on the screen.
func (c *Camera) ToScreen(x, y float64) (sx, sy float64) {
	return (x-c.X+c.shakeX)*c.Zoom + c.W/2, (y-c.Y+c.shakeY)*c.Zoom + c.H/2
}

// ToMap returns which point of the map is at a place of the screen, as if
// nothing shook.
func (c *Camera) ToMap(sx, sy float64) (x, y float64) {
	return (sx-c.W/2)/c.Zoom + c.X, (sy-c.H/2)/c.Zoom + c.Y
}

// Bounds returns the part of the map that is on the screen, and a margin of
// pixels around it.
func (c *Camera) Bounds(margin float64) (left, top, right, bottom float64) {
	left, top = c.ToMap(0, 0)
	right, bottom = c.ToMap(c.W, c.H)
	margin += maxShake
	return left - margin, top - margin, right + margin, bottom + margin
}
