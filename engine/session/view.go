package session

import (
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/bitio"
	"github.com/reckon-engine/reckon/engine/interp"
)

// following returns the view expected a tick after v: the same, a tick on.
func following(v interp.View) interp.View {
	if v.Shown() {
		v.From++
	}
	return v
}

// appendView writes the view of tick:
//
//	1                        as expected
//	01   frac:8              as expected but for the fraction
//	001  age span-1:5 frac:8 anything, From being age ticks before tick
//	000                      nothing was shown
func appendView(w *bitio.Writer, v, expected interp.View, tick engine.Tick) {
	frac := uint64(v.Frac / interp.FracStep)
	switch {
	case v == expected:
		w.WriteBits(0b1, 1)
	case v.From == expected.From && v.Span == expected.Span:
		w.WriteBits(0b10, 2)
		w.WriteBits(frac, 8)
	case v.Shown():
		w.WriteBits(0b100, 3)
		w.WriteVarint(int64(tick.Sub(v.From)))
		w.WriteBits(uint64(v.Span-1), 5)
		w.WriteBits(frac, 8)
	default:
		w.WriteBits(0b000, 3)
	}
}

func readView(r *bitio.Reader, expected interp.View, tick engine.Tick) interp.View {
	if r.ReadBool() {
		return expected
	}
	v := interp.View{}
	switch {
	case r.ReadBool():
		if !expected.Shown() {
			r.Fail(ErrMalformed)
		}
		v = expected
		v.Frac = engine.Frac(r.ReadBits(8)) * interp.FracStep
	case r.ReadBool():
		age := r.ReadVarint()
		if age != int64(int32(age)) {
			r.Fail(ErrMalformed)
		}
		v.From = tick - engine.Tick(int32(age))
		v.Span = uint8(r.ReadBits(5)) + 1
		v.Frac = engine.Frac(r.ReadBits(8)) * interp.FracStep
		if v.From == expected.From && v.Span == expected.Span {
			r.Fail(ErrMalformed) // there is a shorter form
		}
	}
	if v == expected {
		r.Fail(ErrMalformed)
	}
	return v
}
