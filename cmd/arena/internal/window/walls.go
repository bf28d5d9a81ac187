package window

import (
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// Walls lean away from the middle of the screen, as tall things do under a
// camera that hangs above: their tops are drawn a little larger around the
// middle. Small enough that nobody hides behind one.
const wallLift = 0.030

const tile = arena.TilePixels

// lifted returns where the top of a wall is on the screen.
func (p *picture) lifted(x, y float32) (sx, sy float32) {
	sx, sy = p.at(x, y)
	cx, cy := float32(p.camera.W/2), float32(p.camera.H/2)
	return cx + (sx-cx)*(1+wallLift), cy + (sy-cy)*(1+wallLift)
}

// drawWalls draws the sides that face the middle, then all tops.
func (p *picture) drawWalls() {
	l, t, r, b := p.camera.Bounds(tile)
	// What lies outside the map is wall, as in the rules.
	tx0, ty0 := int(l)/tile-1, int(t)/tile-1
	tx1, ty1 := int(r)/tile+1, int(b)/tile+1
	for ty := ty0; ty <= ty1; ty++ {
		for tx := tx0; tx <= tx1; tx++ {
			if p.game.Map.Wall(tx, ty) {
				p.drawSides(tx, ty)
			}
		}
	}
	for ty := ty0; ty <= ty1; ty++ {
		for tx := tx0; tx <= tx1; tx++ {
			if p.game.Map.Wall(tx, ty) {
				p.drawTop(tx, ty)
			}
		}
	}
	for ty := ty0; ty <= ty1; ty++ {
		for tx := tx0; tx <= tx1; tx++ {
			if p.game.Map.Wall(tx, ty) {
				p.drawRims(tx, ty)
			}
		}
	}
}

// An edge of a tile: to which neighbour, and its two corners.
type edge struct {
	dx, dy         int
	x0, y0, x1, y1 float32
	lit            float32 // light from the upper left
}

var edges = [4]edge{
	{0, -1, 0, 0, tile, 0, 1.00},
	{-1, 0, 0, tile, 0, 0, 0.85},
	{1, 0, tile, 0, tile, tile, 0.55},
	{0, 1, tile, tile, 0, tile, 0.40},
}

// drawSides draws the upright faces of a tile that can be seen.
func (p *picture) drawSides(tx, ty int) {
	x, y := float32(tx*tile), float32(ty*tile)
	for _, e := range edges {
		if p.game.Map.Wall(tx+e.dx, ty+e.dy) {
			continue
		}
		ax, ay := p.at(x+e.x0, y+e.y0)
		bx, by := p.at(x+e.x1, y+e.y1)
		// The side is seen when the middle of the screen lies before it.
		cx, cy := float32(p.camera.W/2), float32(p.camera.H/2)
		if (cx-ax)*float32(e.dx)+(cy-ay)*float32(e.dy) <= 0 {
			continue
		}
		ux, uy := p.lifted(x+e.x0, y+e.y0)
		vx, vy := p.lifted(x+e.x1, y+e.y1)
		foot := tinted(scene.WallSide.Mix(scene.Black, 0.35), x, y, 0.25)
		head := tinted(scene.WallSide.Mix(scene.WallRim, 0.20+0.25*e.lit), x, y, 0.5)
		p.polygon4([4][2]float32{{ax, ay}, {bx, by}, {vx, vy}, {ux, uy}}, [4]scene.Colour{foot, foot, head, head})
	}
}

// drawTop draws the upper face of a tile.
func (p *picture) drawTop(tx, ty int) {
	x, y := float32(tx*tile), float32(ty*tile)
	ax, ay := p.lifted(x, y)
	bx, by := p.lifted(x+tile, y+tile)
	shade := scene.WallTop
	if (tx*7+ty*13)%5 < 2 {
		shade = shade.Mix(scene.Black, 0.05)
	}
	c := func(x, y float32) scene.Colour { return tinted(shade, x, y, 0.42) }
	// A hair of overlap, so that no floor shines through the seams.
	const seam = 0.35
	p.polygon4([4][2]float32{{ax - seam, ay - seam}, {bx + seam, ay - seam}, {bx + seam, by + seam}, {ax - seam, by + seam}},
		[4]scene.Colour{c(x, y), c(x+tile, y), c(x+tile, y+tile), c(x, y+tile)})
}

// drawRims draws the bright edges of the upper faces.
func (p *picture) drawRims(tx, ty int) {
	x, y := float32(tx*tile), float32(ty*tile)
	for _, e := range edges {
		if p.game.Map.Wall(tx+e.dx, ty+e.dy) {
			continue
		}
		ax, ay := p.lifted(x+e.x0, y+e.y0)
		bx, by := p.lifted(x+e.x1, y+e.y1)
		c := tinted(scene.WallRim, x, y, 0.5).Fade(0.25 + 0.65*e.lit)
		p.line(ax, ay, bx, by, 1.5*p.zoom(), c, c)
	}
}

// tinted adds the lamps' light to a colour.
func tinted(c scene.Colour, x, y, share float32) scene.Colour {
	l := scene.Light(x, y)
	c.R, c.G, c.B = c.R+l.R*share, c.G+l.G*share, c.B+l.B*share
	return c
}
