package engine

import (
	"bytes"
	"math/bits"
	"unsafe"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// What the plan does to one row or one input in memory.

// quantise rounds every field of the row at p.
func (l *Layout) quantise(p unsafe.Pointer) {
	for _, i := range l.inexact {
		f := &l.fields[i]
		pattern := f.load(p)
		if f.step == 1 && pattern-f.min <= f.count {
			continue // an integer in its range: nearly all of them, nearly always
		}
		f.store(p, f.value(f.index(pattern)))
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

// maskBits is how many "changed" bits are written in one go.
const maskBits = 64

// appendDelta writes the row at p against its base, both quantised: for every
// 64 groups a mask of those that changed, and then what changed in them.
func (l *Layout) appendDelta(w *bitio.Writer, p, base unsafe.Pointer) {
	for first := 0; first < len(l.groups); first += maskBits {
		groups := l.groups[first:min(first+maskBits, len(l.groups))]
		mask := uint64(0)
		for maybe := l.suspects(first, p, base); maybe != 0; maybe &= maybe - 1 {
			i := bits.TrailingZeros64(maybe)
			if l.groupDiffers(groups[i], p, base) {
				mask |= 1 << i
			}
		}
		w.WriteBits(mask, uint(len(groups)))
		for ; mask != 0; mask &= mask - 1 {
			if g := groups[bits.TrailingZeros64(mask)]; g.Count > 1 {
				appendElements(w, l.fields[g.First:g.First+g.Count], p, base)
			} else {
				l.fields[g.First].append(w, p, base)
			}
		}
	}
}

// suspects returns a bit for each of the 64 groups from first on in which the
// row at p may not be as its base: those with bytes in a word that is not.
func (l *Layout) suspects(first int, p, base unsafe.Pointer) (mask uint64) {
	n := min(maskBits, len(l.groups)-first)
	if first > 0 || l.words == nil {
		return ^uint64(0) >> (64 - n)
	}
	for i := range l.words {
		word := &l.words[i]
		if (*(*uint64)(unsafe.Add(p, word.offset))^*(*uint64)(unsafe.Add(base, word.offset)))&word.mask != 0 {
			mask |= word.groups
		}
	}
	return mask
}

// appendElements writes an array that changed as a row is written: a mask of
// the elements that changed, and then these.
func appendElements(w *bitio.Writer, elements []Field, p, base unsafe.Pointer) {
	for ; len(elements) > 0; elements = elements[min(maskBits, len(elements)):] {
		some := elements[:min(maskBits, len(elements))]
		mask := uint64(0)
		for i := range some {
			if !some[i].same(p, base) {
				mask |= 1 << i
			}
		}
		w.WriteBits(mask, uint(len(some)))
		for ; mask != 0; mask &= mask - 1 {
			some[bits.TrailingZeros64(mask)].append(w, p, base)
		}
	}
}

// groupDiffers compares the values of two quantised rows.
func (l *Layout) groupDiffers(g Group, p, base unsafe.Pointer) bool {
	if g.Count == 1 {
		return !l.fields[g.First].same(p, base)
	}
	// Where the bytes are the same, so are the fields; names nearly always are.
	start, last := l.fields[g.First].offset, &l.fields[g.First+g.Count-1]
	size := last.offset + uintptr(last.size) - start
	if bytes.Equal(unsafe.Slice((*byte)(unsafe.Add(p, start)), size), unsafe.Slice((*byte)(unsafe.Add(base, start)), size)) {
		return false
	}
	for i := g.First; i < g.First+g.Count; i++ {
		if !l.fields[i].same(p, base) {
			return true
		}
	}
	return false
}

// differs compares the values of two quantised rows.
func (l *Layout) differs(p, base unsafe.Pointer) bool {
	return l.groupDiffers(Group{Count: len(l.fields)}, p, base)
}

func (f *Field) append(w *bitio.Writer, p, base unsafe.Pointer) {
	f.AppendDelta(w, f.quantisedIndex(f.load(p)), f.quantisedIndex(f.load(base)))
}

func (f *Field) read(r *bitio.Reader, p unsafe.Pointer) {
	f.store(p, f.value(f.ReadDelta(r, f.quantisedIndex(f.load(p)))))
}

// readDelta turns the base at p, which must be quantised, into the row that
// was written against it. A row or an array in which nothing changed has a
// shorter form and is malformed. After an error the row is of no use.
func (l *Layout) readDelta(r *bitio.Reader, p unsafe.Pointer) {
	changed := false
	for first := 0; first < len(l.groups); first += maskBits {
		groups := l.groups[first:min(first+maskBits, len(l.groups))]
		mask := r.ReadBits(uint(len(groups)))
		changed = changed || mask != 0
		for ; mask != 0; mask &= mask - 1 {
			if g := groups[bits.TrailingZeros64(mask)]; g.Count > 1 {
				readElements(r, l.fields[g.First:g.First+g.Count], p)
			} else {
				l.fields[g.First].read(r, p)
			}
		}
	}
	if !changed {
		r.Fail(ErrMalformed)
	}
}

func readElements(r *bitio.Reader, elements []Field, p unsafe.Pointer) {
	changed := false
	for ; len(elements) > 0; elements = elements[min(maskBits, len(elements)):] {
		some := elements[:min(maskBits, len(elements))]
		mask := r.ReadBits(uint(len(some)))
		changed = changed || mask != 0
		for ; mask != 0; mask &= mask - 1 {
			some[bits.TrailingZeros64(mask)].read(r, p)
		}
	}
	if !changed {
		r.Fail(ErrMalformed)
	}
}
