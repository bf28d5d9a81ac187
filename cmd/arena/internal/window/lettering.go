package window

import (
	"bytes"
	"fmt"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/text/v2"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"

	"github.com/reckon-engine/reckon/assets"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// A weight of the typeface.
type weight uint8

const (
	medium weight = iota
	bold
)

// An align says which end of a text is at the given x.
type align = text.Align

const (
	left   = text.AlignStart
	centre = text.AlignCenter
	right  = text.AlignEnd
)

// lettering draws text. Sources are tried in order for every character:
// Barlow for Latin, the Go fonts for Greek and Cyrillic. Others are boxes.
type lettering struct {
	sources [2][]*text.GoTextFaceSource
	faces   map[faceKey]text.Face
}

type faceKey struct {
	weight weight
	size   int // quarter pixels
}

func newLettering() (*lettering, error) {
	l := &lettering{faces: make(map[faceKey]text.Face)}
	for w, fallback := range [2][]byte{gomedium.TTF, gobold.TTF} {
		number := [2]string{"500", "700"}[w]
		for _, name := range []string{"latin", "latin-ext"} {
			data, err := assets.Fonts.ReadFile("fonts/barlow-semi-condensed-" + name + "-" + number + ".woff")
			if err != nil {
				return nil, fmt.Errorf("font: %w", err)
			}
			if err := l.add(weight(w), data); err != nil {
				return nil, err
			}
		}
		if err := l.add(weight(w), fallback); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *lettering) add(w weight, data []byte) error {
	source, err := text.NewGoTextFaceSource(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("font: %w", err)
	}
	l.sources[w] = append(l.sources[w], source)
	return nil
}

// face returns the typeface in a size of pixels.
func (l *lettering) face(w weight, size float32) text.Face {
	key := faceKey{w, int(size*4 + 0.5)}
	if f, ok := l.faces[key]; ok {
		return f
	}
	var all []text.Face
	for _, source := range l.sources[w] {
		f := &text.GoTextFace{Source: source, Size: float64(key.size) / 4}
		f.SetFeature(text.MustParseTag("tnum"), 1) // figures of one width
		all = append(all, f)
	}
	multi, err := text.NewMultiFace(all...)
	if err != nil {
		panic("window: BUG: " + err.Error())
	}
	l.faces[key] = multi
	return multi
}

// width returns how wide a text is, in pixels.
func (l *lettering) width(s string, w weight, size float32) float32 {
	return float32(text.Advance(s, l.face(w, size)))
}

// draw writes a line, with y at the middle of its capitals' height.
func (l *lettering) draw(dst *ebiten.Image, s string, x, y float32, w weight, size float32, a align, c scene.Colour) {
	if s == "" || c.A <= 0 {
		return
	}
	op := &text.DrawOptions{}
	op.GeoM.Translate(float64(x), float64(y))
	op.ColorScale.Scale(c.R*c.A, c.G*c.A, c.B*c.A, c.A)
	op.PrimaryAlign = a
	op.SecondaryAlign = text.AlignCenter
	text.Draw(dst, s, l.face(w, size), op)
}

// shaded is draw with a dark edge, for text over the game.
func (l *lettering) shaded(dst *ebiten.Image, s string, x, y float32, w weight, size float32, a align, c scene.Colour) {
	l.draw(dst, s, x+1, y+1.5, w, size, a, scene.Black.Fade(0.8*c.A))
	l.draw(dst, s, x, y, w, size, a, c)
}
