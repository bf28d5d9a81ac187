package engine

import (
	"errors"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// ErrMalformed reports bits that no encoder writes: a value out of its range,
// or anything that has a shorter or another form.
var ErrMalformed = errors.New("engine: malformed encoding")

// AppendDelta writes an index, given that the reader knows base and that they
// differ. docs/SNAPSHOT.md, section 4, describes the form.
func (f *Field) AppendDelta(w *bitio.Writer, index, base uint64) {
	if f.bits == 1 {
		return // it changed, so it is the other value
	}
	selector, forms := f.forms()
	if selector > 0 {
		small := bitio.Zigzag(f.difference(index, base)) - 1
		for form := range uint64(forms - 1) {
			width := f.formBits(uint(form), forms)
			if small>>width == 0 {
				w.WriteBits(form, selector)
				w.WriteBits(small, width)
				return
			}
		}
		w.WriteBits(uint64(forms-1), selector)
	}
	w.WriteBits(index, f.bits)
}

// ReadDelta reads what AppendDelta wrote. It fails the reader with
// [ErrMalformed] when the bits are not what AppendDelta writes or the index
// is not that of any quantised value.
func (f *Field) ReadDelta(r *bitio.Reader, base uint64) uint64 {
	if f.bits == 1 {
		return base ^ 1
	}
	selector, forms := f.forms()
	form := uint(r.ReadBits(selector))
	if form+1 == forms {
		return f.readRaw(r, base, forms)
	}
	width := f.formBits(form, forms)
	small := r.ReadBits(width)
	index := base + uint64(bitio.Unzigzag(small+1))
	if f.modular {
		index &= f.count
	}
	// In a modular field a long way up can be a shorter way down, and in any
	// field the previous form may do: those are not what AppendDelta writes.
	if r.Err() == nil && (!f.valid(index) || bitio.Zigzag(f.difference(index, base)) != small+1 ||
		form > 0 && small>>f.formBits(form-1, forms) == 0) {
		r.Fail(ErrMalformed)
	}
	if r.Err() != nil {
		return base
	}
	return index
}

// readRaw reads an index that is written in full.
func (f *Field) readRaw(r *bitio.Reader, base uint64, forms uint) uint64 {
	index := r.ReadBits(f.bits)
	if r.Err() != nil {
		return base
	}
	tooLong := forms > 1 && (bitio.Zigzag(f.difference(index, base))-1)>>f.formBits(forms-2, forms) == 0
	if index == base || tooLong || !f.valid(index) {
		r.Fail(ErrMalformed)
		return base
	}
	return index
}

// forms returns the width of the selector and how many forms it selects
// from. The last form is the index in full, the others a difference.
func (f *Field) forms() (selector, forms uint) {
	switch {
	case f.bits <= 4:
		return 0, 1
	case f.bits <= 8:
		return 1, 2
	default:
		return 2, 4
	}
}

// formBits returns the width of the difference in a form: that part of the
// whole width, rounded up, which its place among the forms says.
func (f *Field) formBits(form, forms uint) uint {
	return (f.bits*(form+1) + forms - 1) / forms
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
