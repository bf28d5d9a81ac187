package engine

import (
	"math"
	"unsafe"
)

type kind uint8

const (
	kindBool kind = iota
	kindInt8
	kindInt16
	kindInt32
	kindInt64
	kindUint8
	kindUint16
	kindUint32
	kindUint64
	kindFloat32
)

func (k kind) signed() bool { return k >= kindInt8 && k <= kindInt64 }

// A Field is one replicated value of a row: where it lies and how it is
// quantised. Array elements and the members of nested structs are fields of
// their own.
//
// A value in a row is handled in two forms. Its pattern is the value itself,
// widened to 64 bits (integers sign-extended, floats as their 32 bits). Its
// index is the number i in min+i·step that travels: 0..count.
//
// A Field is immutable and safe for concurrent use.
type Field struct {
	offset  uintptr
	min     uint64 // pattern of the smallest value
	max     uint64 // pattern of the largest value
	step    uint64 // integers: 1 or more; floats: 0
	count   uint64 // the largest index
	bits    uint   // width of an index on the wire
	kind    kind
	size    uint8 // bytes in memory
	full    bool  // the whole width of the type: quantising changes nothing
	modular bool  // count+1 is a power of two: differences wrap
	lerp    lerpMode
	hasSnap bool
	ranged  bool // floats: has a range, else travels as its bits
	code    deltaCode

	zero uint64 // the index of a row of zeros, which new rows are coded against
	snap uint64 // integers: in units of the value

	floatMin  float64 // floats with a range
	floatMax  float64
	floatStep float64
	floatSnap float64

	name       string
	stepString string // of a float, for Describe
}

// Name returns the path of the field in its struct, such as "Pos.X" or
// "Ammo[2]".
func (f *Field) Name() string { return f.name }

// Bits returns the width of the field's index on the wire, 1..64.
func (f *Field) Bits() uint { return f.bits }

// Count returns the largest index of the field; indices are 0..Count.
func (f *Field) Count() uint64 { return f.count }

// ZeroIndex returns the index the zero value of the field's type quantises
// to. Rows that are new to a receiver are coded against it.
func (f *Field) ZeroIndex() uint64 { return f.zero }

// load returns the pattern of the field in the row at p.
func (f *Field) load(p unsafe.Pointer) uint64 {
	p = unsafe.Add(p, f.offset)
	switch f.kind {
	case kindInt8:
		return uint64(*(*int8)(p))
	case kindInt16:
		return uint64(*(*int16)(p))
	case kindInt32:
		return uint64(*(*int32)(p))
	case kindInt64, kindUint64:
		return *(*uint64)(p)
	case kindUint16:
		return uint64(*(*uint16)(p))
	case kindUint32, kindFloat32:
		return uint64(*(*uint32)(p))
	default: // kindBool, kindUint8
		return uint64(*(*uint8)(p))
	}
}

// same reports whether the field has the same pattern in two rows.
func (f *Field) same(p, q unsafe.Pointer) bool {
	p, q = unsafe.Add(p, f.offset), unsafe.Add(q, f.offset)
	switch f.size {
	case 1:
		return *(*uint8)(p) == *(*uint8)(q)
	case 2:
		return *(*uint16)(p) == *(*uint16)(q)
	case 4:
		return *(*uint32)(p) == *(*uint32)(q)
	default:
		return *(*uint64)(p) == *(*uint64)(q)
	}
}

// store writes a pattern to the field in the row at p.
func (f *Field) store(p unsafe.Pointer, pattern uint64) {
	p = unsafe.Add(p, f.offset)
	switch f.kind {
	case kindInt16, kindUint16:
		*(*uint16)(p) = uint16(pattern)
	case kindInt32, kindUint32, kindFloat32:
		*(*uint32)(p) = uint32(pattern)
	case kindInt64, kindUint64:
		*(*uint64)(p) = pattern
	default: // kindBool, kindInt8, kindUint8
		*(*uint8)(p) = uint8(pattern)
	}
}

// less compares two patterns of an integer field by value.
func (f *Field) less(a, b uint64) bool {
	if f.kind.signed() {
		return int64(a) < int64(b)
	}
	return a < b
}

// clamp brings the pattern of an integer field into its range.
func (f *Field) clamp(pattern uint64) uint64 {
	if f.less(pattern, f.min) {
		return f.min
	}
	if f.less(f.max, pattern) {
		return f.max
	}
	return pattern
}

// index quantises a pattern: clamped, and rounded to the nearest step,
// halves upwards.
func (f *Field) index(pattern uint64) uint64 {
	if f.kind == kindFloat32 {
		return f.floatIndex(uint32(pattern))
	}
	if f.full {
		return pattern - f.min
	}
	above := f.clamp(pattern) - f.min
	if f.step == 1 {
		return above
	}
	quotient, rest := above/f.step, above%f.step
	if rest >= f.step-rest {
		quotient++
	}
	return quotient
}

// quantisedIndex is index for patterns that are quantised already, which for
// most fields spares looking at the range.
func (f *Field) quantisedIndex(pattern uint64) uint64 {
	if f.step == 1 {
		return pattern - f.min
	}
	return f.index(pattern)
}

func (f *Field) floatIndex(pattern uint32) uint64 {
	x := float64(math.Float32frombits(pattern))
	if !f.ranged {
		return uint64(canonicalFloat(pattern))
	}
	if !(x > f.floatMin) { // NaN as well
		return 0
	}
	if x >= f.floatMax {
		return f.count
	}
	return min(f.count, uint64(math.Floor((x-f.floatMin)/f.floatStep+0.5)))
}

// value is the inverse of index for indices 0..count.
func (f *Field) value(index uint64) uint64 {
	if f.kind != kindFloat32 {
		return f.min + index*f.step
	}
	if !f.ranged {
		return index
	}
	// The conversion of the product keeps it from being fused into the sum,
	// which would round differently from one architecture to another.
	x := float32(f.floatMin + float64(float64(index)*f.floatStep))
	return uint64(canonicalFloat(math.Float32bits(x)))
}

// valid reports whether index is one that a quantised value can have.
func (f *Field) valid(index uint64) bool {
	if index > f.count {
		return false
	}
	if f.kind == kindFloat32 && !f.ranged {
		return canonicalFloat(uint32(index)) == uint32(index)
	}
	return true
}

// canonicalFloat replaces the bits of what has no place in a world: NaN, of
// which there are many, by 0, −0 by 0, and an infinity by the largest finite
// number.
func canonicalFloat(pattern uint32) uint32 {
	const (
		sign     = 1 << 31
		exponent = 0xff << 23
		largest  = exponent - 1
	)
	switch {
	case pattern == sign:
		return 0
	case pattern&exponent != exponent:
		return pattern
	case pattern&^(sign|exponent) != 0:
		return 0
	default:
		return pattern&sign | largest
	}
}
