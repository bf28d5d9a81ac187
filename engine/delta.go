package engine

import (
	"errors"
	"math/bits"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// ErrMalformed reports bits that no encoder writes: a value out of its range,
// or anything that has a shorter or another form.
var ErrMalformed = errors.New("engine: malformed encoding")

// A deltaCode says in which forms a changed index can be written: as a
// difference of one of several widths, or, the last form, in full.
type deltaCode struct {
	selector uint8    // width of the number of the form
	full     uint8    // number of the last form; 0: it is the only one
	widths   [3]uint8 // of the differences
}

// newDeltaCode divides a field's width among its forms: none but the full one
// up to 4 bits, halves up to 8, quarters beyond, rounded up.
func newDeltaCode(width uint) deltaCode {
	n := uint8(width)
	switch {
	case n <= 4:
		return deltaCode{}
	case n <= 8:
		return deltaCode{selector: 1, full: 1, widths: [3]uint8{(n + 1) / 2}}
	default:
		return deltaCode{selector: 2, full: 3, widths: [3]uint8{(n + 3) / 4, (n + 1) / 2, (3*n + 3) / 4}}
	}
}

// form returns the first form that has room for a difference.
func (c *deltaCode) form(small uint64) uint8 {
	width := uint8(bits.Len64(small))
	form := uint8(0)
	for form < c.full && width > c.widths[form] {
		form++
	}
	return form
}

// AppendDelta writes an index, given that the reader knows base and that they
// differ. docs/SNAPSHOT.md, section 5, describes the form.
func (f *Field) AppendDelta(w *bitio.Writer, index, base uint64) {
	if f.bits == 1 {
		return // it changed, so it is the other value
	}
	small := bitio.Zigzag(f.difference(index, base)) - 1
	form := f.code.form(small)
	if form < f.code.full {
		w.WriteBits(uint64(form)|small<<f.code.selector, uint(f.code.selector+f.code.widths[form]))
		return
	}
	w.WriteBits(uint64(form), uint(f.code.selector))
	w.WriteBits(index, f.bits)
}

// ReadDelta reads what AppendDelta wrote. It fails the reader with
// [ErrMalformed], and returns base, when the bits are not what AppendDelta
// writes or the index is not that of any quantised value.
func (f *Field) ReadDelta(r *bitio.Reader, base uint64) uint64 {
	if f.bits == 1 {
		return base ^ 1
	}
	form := uint8(r.ReadBits(uint(f.code.selector)))
	var index uint64
	if form < f.code.full {
		index = base + uint64(bitio.Unzigzag(r.ReadBits(uint(f.code.widths[form]))+1))
		if f.modular {
			index &= f.count
		}
	} else {
		index = r.ReadBits(f.bits)
	}
	// A field that did not change, a difference that a shorter form has room
	// for, and a long way up that is a shorter way down are not what
	// AppendDelta writes: the difference says which form it would choose.
	small := bitio.Zigzag(f.difference(index, base)) - 1
	if index == base || !f.valid(index) || f.code.form(small) != form {
		r.Fail(ErrMalformed)
	}
	if r.Err() != nil {
		return base
	}
	return index
}

// difference returns index − base, the short way round where count+1 is a
// power of two.
func (f *Field) difference(index, base uint64) int64 {
	d := int64(index - base)
	if f.modular {
		unused := 64 - f.bits
		d = d << unused >> unused
	}
	return d
}
