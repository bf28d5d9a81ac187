package window

import (
	"image"
	"image/color"
	"math"

	"github.com/hajimehoshi/ebiten/v2"
)

// The atlas is one image with everything soft that is drawn, so that all of a
// frame goes out in a few batches. Hard shapes are its white corner.
const (
	atlasSide = 512
	cell      = 128
)

// A sprite is a part of the atlas.
type sprite struct{ x, y, size float32 }

var (
	spriteWhite = sprite{2, 2, 1}
	spriteGlow  = sprite{cell, 0, cell}     // falls off like light
	spriteSmoke = sprite{2 * cell, 0, cell} // lumpy
	spriteBurn  = sprite{3 * cell, 0, cell} // what an explosion leaves
	spriteDark  = sprite{0, cell, cell}     // an even, soft shadow
)

// newAtlas paints the atlas.
func newAtlas() *ebiten.Image {
	img := image.NewRGBA(image.Rect(0, 0, atlasSide, atlasSide))
	for y := range 8 {
		for x := range 8 {
			img.SetRGBA(x, y, color.RGBA{255, 255, 255, 255})
		}
	}
	paint(img, spriteGlow, func(d, _ float64) float64 { return math.Pow(max(0, 1-d), 2.2) })
	paint(img, spriteDark, func(d, _ float64) float64 {
		t := min(1, max(0, (1-d)*1.6))
		return t * t * (3 - 2*t)
	})
	paint(img, spriteSmoke, func(d, a float64) float64 {
		lump := 0.86 + 0.08*math.Sin(3*a+0.7) + 0.06*math.Sin(5*a+2)
		t := max(0, 1-d/lump)
		return min(1, 1.7*t*(0.8+0.2*math.Cos(9*d)))
	})
	paint(img, spriteBurn, func(d, a float64) float64 {
		ray := 0.62 + 0.16*math.Sin(7*a) + 0.13*math.Sin(11*a+1.3) + 0.08*math.Sin(23*a+0.4)
		t := max(0, 1-d/ray)
		return min(1, 1.5*t)
	})
	return ebiten.NewImageFromImage(img)
}

// paint fills a sprite with white of an opacity that depends on the distance
// from its middle, 1 at the rim, and the angle.
func paint(img *image.RGBA, s sprite, alpha func(d, a float64) float64) {
	half := float64(s.size)/2 - 1
	for y := range int(s.size) {
		for x := range int(s.size) {
			dx, dy := (float64(x)-half-0.5)/half, (float64(y)-half-0.5)/half
			a := min(1, max(0, alpha(math.Hypot(dx, dy), math.Atan2(dy, dx))))
			v := byte(a*255 + 0.5)
			img.SetRGBA(int(s.x)+x, int(s.y)+y, color.RGBA{v, v, v, v})
		}
	}
}
