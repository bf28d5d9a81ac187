package engine

import (
	"unsafe"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// An InputPlan packs the inputs of a game into bits, each against the one
// before it. [SetInput] makes it. docs/SNAPSHOT.md, section 5, describes the
// form.
//
// An InputPlan is a small value, immutable and safe for concurrent use. That
// of a schema with a mistake must not be used.
type InputPlan[I any] struct {
	layout *Layout
}

// Quantise rounds and clamps every field of in to what the wire can carry.
// Clients do so before they predict with it.
func (p InputPlan[I]) Quantise(in *I) {
	p.layout.quantise(unsafe.Pointer(in))
}

// Append writes in, given that the reader knows prev; nil stands for the
// quantised zero input. It takes one bit when they are the same. What is
// written is the quantised value of in.
func (p InputPlan[I]) Append(w *bitio.Writer, in, prev *I) {
	l := p.layout
	a, b := unsafe.Pointer(in), unsafe.Pointer(prev)
	same := true
	for i := range l.fields {
		if l.indexOf(a, i) != l.indexOf(b, i) {
			same = false
			break
		}
	}
	w.WriteBool(!same)
	if same {
		return
	}
	for _, g := range l.groups {
		l.appendGroup(w, g, a, b)
	}
}

// indexOf returns an index of a field in the row at p, or of zero.
func (l *Layout) indexOf(p unsafe.Pointer, field int) uint64 {
	f := &l.fields[field]
	if p == nil {
		return f.zero
	}
	return f.index(f.load(p))
}

func (l *Layout) appendGroup(w *bitio.Writer, g Group, a, b unsafe.Pointer) {
	if g.Count > 1 {
		changed := false
		for i := g.First; i < g.First+g.Count; i++ {
			changed = changed || l.indexOf(a, i) != l.indexOf(b, i)
		}
		w.WriteBool(changed)
		if !changed {
			return
		}
	}
	for i := g.First; i < g.First+g.Count; i++ {
		index, base := l.indexOf(a, i), l.indexOf(b, i)
		w.WriteBool(index != base)
		if index != base {
			l.fields[i].AppendDelta(w, index, base)
		}
	}
}

// Read reads an input that was written against prev; nil stands for the
// quantised zero input. The error is the reader's: [ErrMalformed], or one of
// package bitio.
func (p InputPlan[I]) Read(r *bitio.Reader, prev *I) (I, error) {
	var in I
	l := p.layout
	row, base := unsafe.Pointer(&in), unsafe.Pointer(prev)
	differs, changed := r.ReadBool(), false
	for _, g := range l.groups {
		if l.readGroup(r, g, row, base, differs) {
			changed = true
		}
	}
	if differs != changed {
		r.Fail(ErrMalformed)
	}
	if err := r.Err(); err != nil {
		var none I
		return none, err
	}
	return in, nil
}

// readGroup reads one group into the row at p and reports whether any field
// differs from the base. With differs false it reads nothing.
func (l *Layout) readGroup(r *bitio.Reader, g Group, p, base unsafe.Pointer, differs bool) bool {
	array := g.Count > 1
	if array && differs {
		differs = r.ReadBool()
	}
	changed := false
	for i := g.First; i < g.First+g.Count; i++ {
		f := &l.fields[i]
		index := l.indexOf(base, i)
		if differs && r.ReadBool() {
			index = f.ReadDelta(r, index)
			changed = true
		}
		f.store(p, f.value(index))
	}
	if array && differs && !changed {
		r.Fail(ErrMalformed)
	}
	return changed
}
