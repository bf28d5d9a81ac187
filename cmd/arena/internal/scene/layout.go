package scene

// A Rect is a part of the screen, in screen pixels.
type Rect struct{ X, Y, W, H float32 }

// Middle returns the rectangle's centre.
func (r Rect) Middle() (x, y float32) { return r.X + r.W/2, r.Y + r.H/2 }

// Overlaps reports whether two rectangles share a point inside.
func (r Rect) Overlaps(o Rect) bool {
	return r.X < o.X+o.W && o.X < r.X+r.W && r.Y < o.Y+o.H && o.Y < r.Y+r.H
}

// A Layout is where the parts of the interface are.
type Layout struct {
	Screen   Rect
	Clock    Rect // top middle: time, place, score
	Minimap  Rect // top left
	Feed     Rect // top right
	Health   Rect // bottom left
	Weapons  Rect // bottom right
	Notices  Rect // above Health
	NetGraph Rect // right, between Feed and Weapons
	Board    Rect // the scoreboard, in the middle
}

// Arrange lays the interface out on a screen, with a scale of 1 for one of
// 1280 × 720.
func Arrange(width, height, scale float32) Layout {
	edge := 18 * scale
	l := Layout{Screen: Rect{0, 0, width, height}}
	l.Clock = Rect{width/2 - 150*scale, edge * 0.7, 300 * scale, 54 * scale}
	l.Minimap = Rect{edge, edge, 208 * scale, 130 * scale}
	l.Feed = Rect{width - edge - 330*scale, edge, 330 * scale, 8 * 26 * scale}
	l.Health = Rect{edge, height - edge - 58*scale, 250 * scale, 58 * scale}
	l.Weapons = Rect{width - edge - 250*scale, height - edge - 58*scale, 250 * scale, 58 * scale}
	l.Notices = Rect{edge, l.Health.Y - 4*24*scale - 10*scale, 380 * scale, 4 * 24 * scale}
	graph := 300 * scale
	l.NetGraph = Rect{width - edge - 356*scale, l.Weapons.Y - graph - 12*scale, 356 * scale, graph}
	boardW, boardH := min(640*scale, width-2*edge), min(560*scale, height-2*edge)
	l.Board = Rect{(width - boardW) / 2, (height - boardH) / 2, boardW, boardH}
	return l
}
