package window

import (
	"math"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// panel fills a rectangle with round corners.
func (b *brush) panel(x, y, w, h, radius float32, c scene.Colour) {
	radius = min(radius, w/2, h/2)
	b.rect(x+radius, y, w-2*radius, h, c)
	b.rect(x, y+radius, radius, h-2*radius, c)
	b.rect(x+w-radius, y+radius, radius, h-2*radius, c)
	for i, at := range [4][2]float32{{x + w - radius, y + h - radius}, {x + radius, y + h - radius}, {x + radius, y + radius}, {x + w - radius, y + radius}} {
		b.wedge(at[0], at[1], radius, float32(i)*math.Pi/2, c)
	}
}

// wedge fills a quarter of a circle.
func (b *brush) wedge(x, y, radius, from float32, c scene.Colour) {
	const n = 6
	centre := b.corner(x, y, c)
	first := uint32(len(b.corners))
	for i := range n + 1 {
		sin, cos := sincos(from + float32(i)*math.Pi/2/n)
		b.corner(x+cos*radius, y+sin*radius, c)
	}
	for i := range uint32(n) {
		b.triangle(centre, first+i, first+i+1)
	}
}

// frame draws the outline of a panel.
func (b *brush) frame(x, y, w, h, radius, width float32, c scene.Colour) {
	radius = min(radius, w/2, h/2)
	b.line(x+radius, y, x+w-radius, y, width, c, c)
	b.line(x+radius, y+h, x+w-radius, y+h, width, c, c)
	b.line(x, y+radius, x, y+h-radius, width, c, c)
	b.line(x+w, y+radius, x+w, y+h-radius, width, c, c)
	for i, at := range [4][2]float32{{x + w - radius, y + h - radius}, {x + radius, y + h - radius}, {x + radius, y + radius}, {x + w - radius, y + radius}} {
		from := float32(i) * math.Pi / 2
		b.arc(at[0], at[1], radius, width, from, from+math.Pi/2, c)
	}
}

// bar draws a meter: a trough, and how full it is.
func (b *brush) bar(x, y, w, h, share float32, c scene.Colour) {
	b.panel(x, y, w, h, h/2, scene.Black.Fade(0.55))
	if share > 0 {
		b.panel(x, y, max(h, w*min(share, 1)), h, h/2, c)
	}
}
