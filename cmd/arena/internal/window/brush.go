package window

import (
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// A brush collects shapes and draws them in few batches. Edges are softened
// by a rim of a pixel that fades out, which costs no multisampling. All
// lengths are screen pixels.
type brush struct {
	dst     *ebiten.Image
	atlas   *ebiten.Image
	adding  bool // shapes add light instead of covering
	corners []ebiten.Vertex
	indices []uint32
}

// begin starts to draw on an image.
func (b *brush) begin(dst *ebiten.Image) { b.dst, b.adding = dst, false }

// light switches between adding light and covering.
func (b *brush) light(on bool) {
	if b.adding != on {
		b.flush()
		b.adding = on
	}
}

// flush draws what was collected. Call it before drawing by other means.
func (b *brush) flush() {
	if len(b.indices) == 0 {
		return
	}
	op := &ebiten.DrawTrianglesOptions{
		ColorScaleMode: ebiten.ColorScaleModePremultipliedAlpha, Filter: ebiten.FilterLinear,
	}
	if b.adding {
		op.Blend = ebiten.BlendLighter
	}
	b.dst.DrawTriangles32(b.corners, b.indices, b.atlas, op)
	b.corners, b.indices = b.corners[:0], b.indices[:0]
}

// corner adds a vertex at a place of the white sprite and returns its number.
func (b *brush) corner(x, y float32, c scene.Colour) uint32 {
	return b.textured(x, y, spriteWhite.x+1, spriteWhite.y+1, c)
}

func (b *brush) textured(x, y, u, v float32, c scene.Colour) uint32 {
	b.corners = append(b.corners, ebiten.Vertex{
		DstX: x, DstY: y, SrcX: u, SrcY: v,
		ColorR: c.R * c.A, ColorG: c.G * c.A, ColorB: c.B * c.A, ColorA: c.A,
	})
	return uint32(len(b.corners) - 1)
}

func (b *brush) triangle(i, j, k uint32) { b.indices = append(b.indices, i, j, k) }

// quad adds the rectangle of corners i, j, k, l, in order around it.
func (b *brush) quad(i, j, k, l uint32) { b.indices = append(b.indices, i, j, k, i, k, l) }

// rect fills an upright rectangle.
func (b *brush) rect(x, y, w, h float32, c scene.Colour) {
	b.quad(b.corner(x, y, c), b.corner(x+w, y, c), b.corner(x+w, y+h, c), b.corner(x, y+h, c))
}

// gradient fills a rectangle from one colour at its left to another at its
// right, or from top to bottom.
func (b *brush) gradient(x, y, w, h float32, from, to scene.Colour, down bool) {
	second, last := to, from
	if down {
		second, last = from, to
	}
	b.quad(b.corner(x, y, from), b.corner(x+w, y, second), b.corner(x+w, y+h, to), b.corner(x, y+h, last))
}

// polygon4 fills any four corners with a colour each.
func (b *brush) polygon4(p [4][2]float32, c [4]scene.Colour) {
	b.quad(b.corner(p[0][0], p[0][1], c[0]), b.corner(p[1][0], p[1][1], c[1]),
		b.corner(p[2][0], p[2][1], c[2]), b.corner(p[3][0], p[3][1], c[3]))
}

// image draws a sprite around a point, turned.
func (b *brush) image(s sprite, x, y, radius, angle float32, c scene.Colour) {
	b.stretched(s, x, y, radius, radius, angle, c)
}

// stretched draws a sprite with two radii, along the angle and across it.
func (b *brush) stretched(s sprite, x, y, along, across, angle float32, c scene.Colour) {
	sin, cos := sincos(angle)
	ax, ay := cos*along, sin*along
	bx, by := -sin*across, cos*across
	u0, v0, u1, v1 := s.x+0.5, s.y+0.5, s.x+s.size-0.5, s.y+s.size-0.5
	b.quad(b.textured(x-ax-bx, y-ay-by, u0, v0, c), b.textured(x+ax-bx, y+ay-by, u1, v0, c),
		b.textured(x+ax+bx, y+ay+by, u1, v1, c), b.textured(x-ax+bx, y-ay+by, u0, v1, c))
}

// line draws a line with soft edges, of a colour at each end.
func (b *brush) line(x0, y0, x1, y1, width float32, from, to scene.Colour) {
	dx, dy := x1-x0, y1-y0
	length := float32(math.Hypot(float64(dx), float64(dy)))
	if length < 0.01 {
		return
	}
	nx, ny := -dy/length, dx/length
	in, out := max(0, width/2-0.5), width/2+0.5
	if width < 1 {
		from, to, out = from.Fade(width), to.Fade(width), 1
	}
	clear0, clear1 := from.Fade(0), to.Fade(0)
	a0, a1 := b.corner(x0-nx*out, y0-ny*out, clear0), b.corner(x1-nx*out, y1-ny*out, clear1)
	b0, b1 := b.corner(x0-nx*in, y0-ny*in, from), b.corner(x1-nx*in, y1-ny*in, to)
	c0, c1 := b.corner(x0+nx*in, y0+ny*in, from), b.corner(x1+nx*in, y1+ny*in, to)
	d0, d1 := b.corner(x0+nx*out, y0+ny*out, clear0), b.corner(x1+nx*out, y1+ny*out, clear1)
	b.quad(a0, a1, b1, b0)
	b.quad(b0, b1, c1, c0)
	b.quad(c0, c1, d1, d0)
}

// segments returns how many corners make a circle look round.
func segments(radius float32) int { return min(96, max(12, int(6*math.Sqrt(float64(max(radius, 0)))))) }

// disc fills a circle, from a colour in the middle to one at the rim.
func (b *brush) disc(x, y, radius float32, middle, rim scene.Colour) {
	n := segments(radius)
	in, out := max(0, radius-0.5), radius+0.5
	centre := b.corner(x, y, middle)
	first := uint32(len(b.corners))
	for i := range n {
		sin, cos := sincos(float32(i) * 2 * math.Pi / float32(n))
		b.corner(x+cos*in, y+sin*in, rim)
		b.corner(x+cos*out, y+sin*out, rim.Fade(0))
	}
	for i := range n {
		p := first + uint32(2*i)
		q := first + uint32(2*((i+1)%n))
		b.triangle(centre, p, q)
		b.quad(p, p+1, q+1, q)
	}
}

// arc draws a part of a ring from one angle to another, clockwise.
func (b *brush) arc(x, y, radius, width, from, to float32, c scene.Colour) {
	if to <= from || radius <= 0 {
		return
	}
	n := max(2, int(float32(segments(radius))*(to-from)/(2*math.Pi))+1)
	half := width / 2
	if width < 1 {
		c, half = c.Fade(width), 0.5
	}
	radii := [4]float32{max(0, radius-half-0.5), max(0, radius-half+0.5), radius + half - 0.5, radius + half + 0.5}
	colours := [4]scene.Colour{c.Fade(0), c, c, c.Fade(0)}
	first := uint32(len(b.corners))
	for i := range n + 1 {
		sin, cos := sincos(from + (to-from)*float32(i)/float32(n))
		for j, r := range radii {
			b.corner(x+cos*r, y+sin*r, colours[j])
		}
	}
	for i := range n {
		p := first + uint32(4*i)
		for j := range uint32(3) {
			b.quad(p+j, p+j+1, p+j+5, p+j+4)
		}
	}
}

// ring draws a whole circle's line.
func (b *brush) ring(x, y, radius, width float32, c scene.Colour) {
	b.arc(x, y, radius, width, 0, 2*math.Pi, c)
}

func sincos(angle float32) (sin, cos float32) {
	s, c := math.Sincos(float64(angle))
	return float32(s), float32(c)
}
