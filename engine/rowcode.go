package engine

import (
	"unsafe"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// What the plan does to one row or one input in memory. A base of nil stands
// for a row of zeros, each rounded to its field's range.

// quantise rounds every field of the row at p.
func (l *Layout) quantise(p unsafe.Pointer) {
	for _, i := range l.inexact {
		field := &l.fields[i]
		field.store(p, field.value(field.index(field.load(p))))
	}
}

// clearGaps zeroes what is not replicated in the row at p.
func (l *Layout) clearGaps(p unsafe.Pointer) {
	for _, gap := range l.gaps {
		clear(unsafe.Slice((*byte)(unsafe.Add(p, gap.offset)), gap.size))
	}
}

// ownerOf returns who owns the row at p.
func (l *Layout) ownerOf(p unsafe.Pointer) PlayerID {
	if l.owner < 0 {
		return NoPlayer
	}
	return PlayerID(l.fields[l.owner].load(p))
}

// indices returns the index of a field in the row at p and in the base, and
// whether they differ.
func (f *Field) indices(p, base unsafe.Pointer) (index, before uint64, differ bool) {
	pattern := f.load(p)
	if base == nil {
		index = f.index(pattern)
		return index, f.zero, index != f.zero
	}
	old := f.load(base)
	if pattern == old {
		return 0, 0, false
	}
	index, before = f.index(pattern), f.index(old)
	return index, before, index != before
}

// differ reports whether any quantised value of the row at p is not that of
// the base.
func (l *Layout) differ(p, base unsafe.Pointer) bool {
	for i := range l.fields {
		if _, _, differ := l.fields[i].indices(p, base); differ {
			return true
		}
	}
	return false
}

// appendDelta writes the row at p against a base it differs from.
func (l *Layout) appendDelta(w *bitio.Writer, p, base unsafe.Pointer) {
	for _, g := range l.groups {
		fields := l.fields[g.First : g.First+g.Count]
		if g.Count > 1 {
			changed := false
			for i := range fields {
				if _, _, changed = fields[i].indices(p, base); changed {
					break
				}
			}
			w.WriteBool(changed)
			if !changed {
				continue
			}
		}
		for i := range fields {
			index, before, changed := fields[i].indices(p, base)
			w.WriteBool(changed)
			if changed {
				fields[i].AppendDelta(w, index, before)
			}
		}
	}
}

// readDelta turns the base at p, which must be quantised, into the row that
// was written against it. A row that turns out to be the same as its base has
// a shorter form and is malformed. After an error the row is of no use.
func (l *Layout) readDelta(r *bitio.Reader, p unsafe.Pointer) {
	changes := 0
	for _, g := range l.groups {
		if g.Count > 1 && !r.ReadBool() {
			continue
		}
		before := changes
		for i := g.First; i < g.First+g.Count; i++ {
			if f := &l.fields[i]; r.ReadBool() {
				f.store(p, f.value(f.ReadDelta(r, f.index(f.load(p)))))
				changes++
			}
		}
		if g.Count > 1 && changes == before {
			r.Fail(ErrMalformed)
		}
	}
	if changes == 0 {
		r.Fail(ErrMalformed)
	}
}
