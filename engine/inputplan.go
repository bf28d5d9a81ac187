package engine

import (
	"unsafe"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// An InputPlan packs the inputs of a game into bits, each against the one
// before it. [SetInput] makes it. docs/SNAPSHOT.md, section 6, describes the
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
	cur, base := *in, p.base(prev)
	p.Quantise(&cur)
	a, b := unsafe.Pointer(&cur), unsafe.Pointer(&base)
	differs := p.layout.differs(a, b)
	w.WriteBool(differs)
	if differs {
		p.layout.appendDelta(w, a, b)
	}
}

// base returns what an input is written against.
func (p InputPlan[I]) base(prev *I) I {
	var base I
	if prev != nil {
		base = *prev
	}
	p.Quantise(&base)
	return base
}

// Read reads an input that was written against prev; nil stands for the
// quantised zero input. The error is the reader's: [ErrMalformed], or one of
// package bitio.
func (p InputPlan[I]) Read(r *bitio.Reader, prev *I) (I, error) {
	in := p.base(prev)
	if r.ReadBool() {
		p.layout.readDelta(r, unsafe.Pointer(&in))
	}
	if err := r.Err(); err != nil {
		var none I
		return none, err
	}
	return in, nil
}
