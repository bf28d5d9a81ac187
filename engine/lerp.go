package engine

import (
	"math"
	"math/bits"
	"unsafe"
)

func floatOf(pattern uint64) float32 { return math.Float32frombits(uint32(pattern)) }

// Lerp sets dst to the row of id as it is seen frac of the way between two
// worlds. This is the one interpolation there is: the view draws what it
// gives, and the server rewinds to what it gives, so that a shot hits what
// its shooter saw.
//
// Fields tagged lerp go linearly from one value to the other, integers
// rounding towards from, angles the short way round; all others keep the
// value in from until the play head has reached to. When a field tagged snap
// jumps by more than its distance, the whole row keeps its values in from: a
// teleport is not a fast walk. So it does when the row is gone in to. Results
// are not quantised.
//
// Lerp returns false, and leaves dst alone, when the row is not in from.
func (t Table[T]) Lerp(dst *T, from, to *World, id ID, frac Frac) bool {
	a := t.in(from).find(id)
	if a == nil {
		return false
	}
	*dst = *(*T)(a)
	if b := t.in(to).find(id); b != nil {
		t.layout.lerp(unsafe.Pointer(dst), a, b, frac)
	}
	return true
}

// LerpFrom makes w the world as it is seen frac of the way between two
// others: exactly the rows of from, each as [Table.Lerp] gives it, without
// those that skipOwner owns ([NoPlayer]: all rows). It has the tick of from.
// w must be neither of the two; all must match as for [World.CopyFrom].
func (w *World) LerpFrom(from, to *World, frac Frac, skipOwner PlayerID) {
	w.mustMatch(from)
	w.mustMatch(to)
	w.tick = from.tick
	for i := range w.tables {
		rows := &w.tables[i]
		if rows.layout.plain {
			rows.lerpFrom(&from.tables[i], &to.tables[i], frac)
		} else {
			rows.copyFrom(&from.tables[i])
		}
	}
	w.DropOwned(skipOwner)
	for i := range w.tables {
		rows, ends := &w.tables[i], &to.tables[i]
		if rows.layout.plain || len(rows.layout.lerps) == 0 {
			continue
		}
		for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
			if b := ends.find(rows.ID(slot)); b != nil {
				row := rows.row(slot)
				rows.layout.lerp(row, row, b, frac)
			}
		}
	}
}

// ExtrapolateFrom makes w the world as it may be some time after two others:
// exactly the rows of to, without those that skipOwner owns ([NoPlayer]: all
// rows), with the fields tagged lerp moved on by beyond/65536 of the way they
// made from from to to. Values stay in their range, angles go on round. Rows
// that are not in both, or that jumped by more than a snap distance, stay
// where they are. It has the tick of to. w must be neither of the two.
//
// How far to go is the caller's decision; extrapolation is a guess.
func (w *World) ExtrapolateFrom(from, to *World, beyond uint32, skipOwner PlayerID) {
	w.CopyFrom(to)
	w.mustMatch(from)
	w.DropOwned(skipOwner)
	for i := range w.tables {
		rows, starts := &w.tables[i], &from.tables[i]
		if len(rows.layout.lerps) == 0 {
			continue
		}
		for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
			if a := starts.find(rows.ID(slot)); a != nil {
				rows.layout.extrapolate(rows.row(slot), a, beyond)
			}
		}
	}
}

// lerp sets the interpolated fields of the row at dst, which may be a itself.
func (l *Layout) lerp(dst, a, b unsafe.Pointer, frac Frac) {
	if l.jumps(a, b) {
		return
	}
	for _, i := range l.lerps {
		f := &l.fields[i]
		x, y := f.load(a), f.load(b)
		if x != y {
			f.store(dst, f.shift(x, f.offsetTo(x, y).scale(uint64(frac))))
		}
	}
}

func (l *Layout) extrapolate(dst, a unsafe.Pointer, beyond uint32) {
	if l.jumps(a, dst) {
		return
	}
	for _, i := range l.lerps {
		f := &l.fields[i]
		x, y := f.load(a), f.load(dst)
		if x != y {
			f.store(dst, f.confine(y, f.offsetTo(x, y).scale(uint64(beyond))))
		}
	}
}

// jumps reports whether a field's snap distance is exceeded from a to b.
func (l *Layout) jumps(a, b unsafe.Pointer) bool {
	if !l.snaps {
		return false
	}
	for _, i := range l.lerps {
		f := &l.fields[i]
		if f.hasSnap && f.offsetTo(f.load(a), f.load(b)).exceeds(f) {
			return true
		}
	}
	return false
}

// An offset is the way from one value of a field to another.
type offset struct {
	distance uint64  // integers: how far
	down     bool    // integers: in which direction
	float    float64 // floats: the signed distance
}

// offsetTo returns the way from pattern x to y, for angles the shorter one;
// half a turn goes down.
func (f *Field) offsetTo(x, y uint64) offset {
	switch {
	case f.kind == kindFloat32:
		return offset{float: float64(floatOf(y)) - float64(floatOf(x))}
	case f.lerp == lerpAngle:
		d := f.difference(y, x)
		if d < 0 {
			return offset{distance: uint64(-d), down: true}
		}
		return offset{distance: uint64(d)}
	case f.less(y, x):
		return offset{distance: x - y, down: true}
	default:
		return offset{distance: y - x}
	}
}

// scale returns the offset times n/65536, integers rounded towards zero. n is
// less than 2^32; a product that does not fit 64 bits becomes the largest.
func (o offset) scale(n uint64) offset {
	high, low := bits.Mul64(o.distance, n)
	if high>>16 != 0 {
		o.distance = math.MaxUint64
	} else {
		o.distance = high<<48 | low>>16
	}
	o.float = float64(o.float * (float64(n) / 65536))
	return o
}

// exceeds reports whether the offset is longer than the field's snap
// distance. A float that is not a number jumps.
func (o offset) exceeds(f *Field) bool {
	if f.kind == kindFloat32 {
		return !(math.Abs(o.float) <= f.floatSnap)
	}
	return o.distance > f.snap
}

// shift returns the pattern that lies an offset from x, without minding the
// range except that angles wrap.
func (f *Field) shift(x uint64, o offset) uint64 {
	switch {
	case f.kind == kindFloat32:
		return uint64(math.Float32bits(float32(float64(floatOf(x)) + o.float)))
	case f.lerp == lerpAngle && o.down:
		return (x - o.distance) & f.count
	case f.lerp == lerpAngle:
		return (x + o.distance) & f.count
	case o.down:
		return x - o.distance
	default:
		return x + o.distance
	}
}

// confine is shift within the field's range.
func (f *Field) confine(x uint64, o offset) uint64 {
	switch {
	case f.kind == kindFloat32:
		y := f.shift(x, o)
		if !f.ranged {
			return uint64(canonicalFloat(uint32(y)))
		}
		return uint64(math.Float32bits(float32(min(max(float64(floatOf(y)), f.floatMin), f.floatMax))))
	case f.lerp == lerpAngle:
		return f.shift(x, o)
	}
	x = f.clamp(x)
	if o.down {
		return x - min(o.distance, x-f.min)
	}
	return x + min(o.distance, f.max-x)
}
