package play

import (
	"math"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// Held is what the player holds in a frame.
type Held struct {
	Left, Right, Up, Down bool
	Rifle, Rocket         bool

	// AimX and AimY point from the player's body to where he aims, in any
	// unit. Both zero: the aim stays.
	AimX, AimY float64

	// StickX and StickY are an analogue stick, −1 to 1.
	StickX, StickY float64
}

// controls turn what is held into inputs.
type controls struct {
	aim           uint16
	rifle, rocket bool // pressed since the last tick, perhaps let go already
}

// deadZone is the part of a stick's way that means nothing: that of XInput's
// left stick, 7849 of 32767.
const deadZone = 0.24

// input returns the input for the next tick. A click shorter than a tick is
// kept until a tick has seen it.
func (c *controls) input(h Held) arena.Input {
	c.rifle = c.rifle || h.Rifle
	c.rocket = c.rocket || h.Rocket
	if h.AimX != 0 || h.AimY != 0 {
		c.aim = aimOf(h.AimX, h.AimY)
	}
	x, y := axis(h.Left, h.Right), axis(h.Up, h.Down)
	if x == 0 && y == 0 {
		x, y = stick(h.StickX, h.StickY)
	}
	return arena.Input{MoveX: x, MoveY: y, Aim: c.aim, Fire: c.rifle, Alt: c.rocket}
}

// used says that a tick has taken the input.
func (c *controls) used() { c.rifle, c.rocket = false, false }

// axis of two opposite keys: both held is none.
func axis(minus, plus bool) int8 {
	switch {
	case minus && !plus:
		return -1
	case plus && !minus:
		return 1
	}
	return 0
}

// stick returns the nearest of eight directions.
func stick(x, y float64) (mx, my int8) {
	length := math.Hypot(x, y)
	if length < deadZone {
		return 0, 0
	}
	const edge = 0.38268 // sin 22.5°
	if math.Abs(x) > edge*length {
		mx = int8(math.Copysign(1, x))
	}
	if math.Abs(y) > edge*length {
		my = int8(math.Copysign(1, y))
	}
	return mx, my
}

// aimOf scales a direction so that integers hold it well.
func aimOf(x, y float64) uint16 {
	scale := 16384 / max(math.Abs(x), math.Abs(y))
	return arena.AngleTo(int32(x*scale), int32(y*scale))
}
