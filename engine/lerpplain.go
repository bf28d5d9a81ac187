package engine

import (
	"math"
	"math/bits"
	"unsafe"
)

// lerpFrom is copyFrom and lerp in one go, where all interpolated fields are
// integers of up to 32 bits.
func (r *Rows) lerpFrom(from, to *Rows, frac Frac) {
	r.copyKnown(from)
	size := r.layout.size
	for word, rest := range from.live {
		for ; rest != 0; rest &= rest - 1 {
			slot := word<<6 + bits.TrailingZeros64(rest)
			at := uintptr(slot) * size
			dst, a := unsafe.Add(r.memory, at), unsafe.Add(from.memory, at)
			copy(unsafe.Slice((*byte)(dst), size), unsafe.Slice((*byte)(a), size))
			if to.live[word]>>(slot&63)&1 != 0 && to.generations[slot] == from.generations[slot] {
				r.layout.lerpPlain(dst, a, unsafe.Add(to.memory, at), frac)
			}
		}
	}
}

// A plainLerp is an interpolated field that is an integer of up to 32 bits.
type plainLerp struct {
	offset uintptr
	size   uint8
	signed bool
	turn   uint32 // of an angle: how far to shift so that it wraps; else 0
	snap   int64  // the largest distance that is not jumped
}

// findPlain says whether every interpolated field is a plainLerp.
func (l *Layout) findPlain() {
	l.plain = len(l.lerps) > 0
	for _, i := range l.lerps {
		f := &l.fields[i]
		if f.kind == kindFloat32 || f.size > 4 {
			l.plain, l.plains = false, nil
			return
		}
		p := plainLerp{offset: f.offset, size: f.size, signed: f.kind.signed(), snap: math.MaxInt64}
		if f.hasSnap {
			p.snap = int64(min(f.snap, math.MaxInt64))
		}
		if f.lerp == lerpAngle {
			p.turn = uint32(64 - f.bits)
		}
		l.plains = append(l.plains, p)
	}
}

func (p *plainLerp) load(row unsafe.Pointer) int64 {
	at := unsafe.Add(row, p.offset)
	switch {
	case p.size == 4 && p.signed:
		return int64(*(*int32)(at))
	case p.size == 4:
		return int64(*(*uint32)(at))
	case p.size == 2 && p.signed:
		return int64(*(*int16)(at))
	case p.size == 2:
		return int64(*(*uint16)(at))
	case p.signed:
		return int64(*(*int8)(at))
	}
	return int64(*(*uint8)(at))
}

// way returns how far, and in which direction, y lies from x.
func (p *plainLerp) way(x, y int64) int64 {
	return (y - x) << p.turn >> p.turn
}

// lerpPlain is lerp for a plain layout. It comes to the same values.
func (l *Layout) lerpPlain(dst, a, b unsafe.Pointer, frac Frac) {
	if l.snaps {
		for i := range l.plains {
			p := &l.plains[i]
			if d := p.way(p.load(a), p.load(b)); d > p.snap || -d > p.snap {
				return
			}
		}
	}
	for i := range l.plains {
		p := &l.plains[i]
		x := p.load(a)
		d := p.way(x, p.load(b))
		if d < 0 {
			x -= -d * int64(frac) >> 16
		} else {
			x += d * int64(frac) >> 16
		}
		if p.turn != 0 {
			x &= int64(^uint64(0) >> p.turn)
		}
		at := unsafe.Add(dst, p.offset)
		switch p.size {
		case 4:
			*(*uint32)(at) = uint32(x)
		case 2:
			*(*uint16)(at) = uint16(x)
		default:
			*(*uint8)(at) = uint8(x)
		}
	}
}
