package engine

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// The short way of interpolation comes to the values of the long one.
func TestPlainLerpIsLerp(t *testing.T) {
	type row struct {
		A int32  `net:"range=-100000..100000,lerp,snap=90000"`
		B uint16 `net:"bits=12,lerp=angle"`
		C uint32 `net:"lerp"`
		D int8   `net:"lerp"`
		E uint8  `net:"lerp=angle"`
		F int16  `net:"range=-3..500,lerp,snap=400"`
		G uint8  `net:"lerp,max=9"`
		H uint32 `net:"lerp=angle"`
		Z uint8
	}
	s := NewSchema("plain", 1)
	table := AddTable[row](s, "rows", 9)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	l := table.layout
	if !l.plain {
		t.Fatal("integers are not plain")
	}
	r := rand.New(rand.NewPCG(7, 8))
	random := func() (v row) {
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v))
		for i := range bytes {
			bytes[i] = byte(r.Uint32())
		}
		v.A %= 100001
		l.quantise(unsafe.Pointer(&v))
		return v
	}
	moved := 0
	for range 100000 {
		a, b, frac := random(), random(), Frac(r.Uint32())
		long, short := a, a
		l.lerp(unsafe.Pointer(&long), unsafe.Pointer(&a), unsafe.Pointer(&b), frac)
		l.lerpPlain(unsafe.Pointer(&short), unsafe.Pointer(&a), unsafe.Pointer(&b), frac)
		if long != short {
			t.Fatalf("%+v to %+v at %d: %+v, want %+v", a, b, frac, short, long)
		}
		if long != a {
			moved++
		}
	}
	if moved < 10000 {
		t.Errorf("only %d of 100000 moved", moved)
	}
}
