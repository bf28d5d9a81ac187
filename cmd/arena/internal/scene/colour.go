package scene

import "math"

// A Colour is red, green, blue and opacity, 0 to 1 each, not premultiplied.
type Colour struct{ R, G, B, A float32 }

// Hex returns the opaque colour 0xRRGGBB.
func Hex(rgb uint32) Colour {
	return Colour{float32(rgb>>16&255) / 255, float32(rgb>>8&255) / 255, float32(rgb&255) / 255, 1}
}

// Fade returns the colour with its opacity multiplied.
func (c Colour) Fade(by float32) Colour {
	c.A *= by
	return c
}

// Mix returns the colour on the way to another: 0 is c, 1 is to.
func (c Colour) Mix(to Colour, t float32) Colour {
	return Colour{
		c.R + (to.R-c.R)*t, c.G + (to.G-c.G)*t, c.B + (to.B-c.B)*t, c.A + (to.A-c.A)*t,
	}
}

// Colours of the interface.
var (
	White     = Hex(0xffffff)
	Black     = Hex(0x000000)
	Ink       = Hex(0x0a0e14) // behind everything
	Panel     = Colour{0.043, 0.059, 0.086, 0.86}
	Rule      = Colour{0.62, 0.72, 0.85, 0.16}
	Text      = Hex(0xe8eef7)
	Muted     = Hex(0x93a1b5)
	Accent    = Hex(0x56c8f5)
	Good      = Hex(0x5fd3a6)
	Warning   = Hex(0xf2b134)
	Danger    = Hex(0xff5a4f)
	WallSide  = Hex(0x1a2433)
	WallTop   = Hex(0x33445c)
	WallRim   = Hex(0x7f9cc0)
	Muzzle    = Hex(0xffe9a8)
	Fire      = Hex(0xff9a3d)
	Ember     = Hex(0xffd27a)
	SmokeGrey = Hex(0x8d97a6)
)

// players are the colours of bodies: those of Okabe and Ito ("Color Universal
// Design", 2008), which people of every colour vision tell apart, with blue
// lightened for the dark floor and black replaced by light grey.
var players = [...]Colour{
	Hex(0x56b4e9), // sky blue
	Hex(0xe69f00), // orange
	Hex(0x00b386), // bluish green
	Hex(0xf0e442), // yellow
	Hex(0xd85a13), // vermilion
	Hex(0xd987b4), // reddish purple
	Hex(0x4470ff), // blue
	Hex(0xdadfe6), // light grey
}

// PlayerColour returns the colour for Player.Colour. After eight they repeat,
// with another Emblem.
func PlayerColour(index uint8) Colour { return players[int(index)%len(players)] }

// An Emblem is a mark on a body that tells players of one colour apart.
type Emblem uint8

// Emblems, in the order in which they are handed out.
const (
	EmblemNone Emblem = iota
	EmblemDot
	EmblemBar
	EmblemRing
)

// PlayerEmblem returns the emblem for Player.Colour.
func PlayerEmblem(index uint8) Emblem { return Emblem(int(index) / len(players) % 4) }

// HealthColour goes from good to danger; the length of the ring says the same
// without colour.
func HealthColour(share float32) Colour {
	if share > 0.5 {
		return Warning.Mix(Good, (share-0.5)*2)
	}
	return Danger.Mix(Warning, share*2)
}

// ease is a smooth step from 0 to 1.
func ease(t float32) float32 {
	t = min(max(t, 0), 1)
	return t * t * (3 - 2*t)
}

// approach returns the share of a gap that remains after dt seconds, when
// half of it closes every halfLife seconds.
func approach(dt, halfLife float64) float64 { return math.Exp2(-dt / halfLife) }
