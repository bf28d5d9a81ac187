package window

import (
	"image"
	"image/color"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// colourOf returns a colour for ebiten's own functions.
func colourOf(c scene.Colour) color.Color {
	return color.NRGBA{byte(c.R*255 + 0.5), byte(c.G*255 + 0.5), byte(c.B*255 + 0.5), byte(c.A*255 + 0.5)}
}

// newRGBA copies a frame out of the graphics card.
func newRGBA(screen *ebiten.Image) *image.RGBA {
	img := image.NewRGBA(screen.Bounds())
	screen.ReadPixels(img.Pix)
	return img
}
