package interp

import "github.com/reckon-engine/reckon/engine"

// MaxSpan is the most ticks that a [View] reaches over: half a second at 60
// Hz. A gap longer than that is a stall, not a loss.
const MaxSpan = 32

// FracStep is the resolution of a View's fraction. 1/256 of the way between
// two snapshots is far less than a pixel, and fits a byte of every input.
const FracStep engine.Frac = 1 << 8

// A View is a moment as it was shown: Frac/65536 of the way from the world of
// tick From to the world of tick From+Span. Frac is a multiple of [FracStep].
// The zero View, with a Span of 0, means that nothing was shown.
type View struct {
	From engine.Tick
	Span uint8 // 1..MaxSpan
	Frac engine.Frac
}

// Shown reports whether v is of something at all.
func (v View) Shown() bool { return v.Span > 0 }

// Valid reports whether v is zero or within the limits above.
func (v View) Valid() bool {
	if v.Span == 0 {
		return v == View{}
	}
	return v.Span <= MaxSpan && v.Frac%FracStep == 0
}

// To returns the tick that v goes towards.
func (v View) To() engine.Tick { return v.From + engine.Tick(v.Span) }
