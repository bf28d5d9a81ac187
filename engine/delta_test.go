package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// TestDeltaExhaustive: in small fields every change has one encoding, and
// every other string of bits is refused.
func TestDeltaExhaustive(t *testing.T) {
	for _, count := range []uint64{1, 2, 3, 9, 15, 16, 31, 100, 255, 256, 511, 700} {
		l, err := compileLayout("t", structOf(reflect.TypeFor[uint16](), fmt.Sprintf("max=%d", count)), false)
		if err != nil {
			t.Fatal(err)
		}
		f := &l.fields[0]
		for base := range count + 1 {
			encodings := 0
			for index := range count + 1 {
				if index == base {
					continue
				}
				var w bitio.Writer
				f.AppendDelta(&w, index, base)
				width := w.Bits()
				r := bitio.NewReader(w.Bytes())
				if got := f.ReadDelta(&r, base); got != index || r.Close() != nil {
					t.Fatalf("0..%d: %d against %d reads as %d, %v", count, index, base, got, r.Err())
				}
				if width > int(f.bits)+2 {
					t.Fatalf("0..%d: %d against %d takes %d bits", count, index, base, width)
				}
				encodings++
			}
			accepted := 0
			for bits := range uint64(1) << (f.bits + uint(f.code.selector)) {
				var w bitio.Writer
				w.WriteBits(bits, f.bits+uint(f.code.selector))
				r := bitio.NewReader(w.Bytes())
				index := f.ReadDelta(&r, base)
				if r.Err() != nil {
					if index != base {
						t.Fatalf("0..%d: an error gives %d, not the base %d", count, index, base)
					}
					continue
				}
				used := uint(len(w.Bytes())*8 - r.Remaining())
				if bits>>used != 0 {
					continue // the same encoding with other bits behind it
				}
				var again bitio.Writer
				f.AppendDelta(&again, index, base)
				if again.Bits() != int(used) || !bytes.HasPrefix(append(w.Bytes(), 0), again.Bytes()) {
					t.Fatalf("0..%d against %d: %b reads as %d, which is written differently", count, base, bits, index)
				}
				accepted++
			}
			if f.bits > 1 && accepted != encodings {
				t.Fatalf("0..%d against %d: %d strings are accepted, %d are written", count, base, accepted, encodings)
			}
		}
	}
}

func TestDeltaWide(t *testing.T) {
	_, _, l := newSink(t)
	rng := rand.New(rand.NewPCG(2, 3))
	for i := range l.fields {
		f := &l.fields[i]
		for range 5000 {
			pick := func() uint64 {
				var row sink
				row.randomise(rng)
				return f.index(f.load(unsafe.Pointer(&row)))
			}
			base, index := pick(), pick()
			if rng.IntN(2) == 0 && base+7 <= f.count && f.valid(base+7) {
				index = base + 7
			}
			if index == base {
				continue
			}
			var w bitio.Writer
			f.AppendDelta(&w, index, base)
			r := bitio.NewReader(w.Bytes())
			if got := f.ReadDelta(&r, base); got != index || r.Close() != nil {
				t.Fatalf("%s: %d against %d reads as %d, %v", f.name, index, base, got, r.Err())
			}
		}
	}
}

// TestDeltaWire: the vectors of docs/SNAPSHOT.md, section 5.
func TestDeltaWire(t *testing.T) {
	for _, test := range []struct {
		tag         string
		base, index uint64
		width       int
		wire        []byte
	}{
		{"max=1", 0, 1, 0, nil},
		{"bits=4", 3, 9, 4, []byte{0x09}},
		{"max=100", 100, 99, 5, []byte{0x00}},
		{"max=100", 10, 12, 5, []byte{0x06}},
		{"max=100", 10, 90, 8, []byte{0xb5}},
		{"bits=12", 4090, 4, 8, []byte{0x4d}},
		{"bits=12", 0, 1, 5, []byte{0x04}},
		{"bits=12", 0, 2048, 14, []byte{0x03, 0x20}},
		{"", 1000, 920, 10, []byte{0x79, 0x02}},
	} {
		l, err := compileLayout("t", structOf(reflect.TypeFor[uint16](), test.tag), false)
		if err != nil {
			t.Fatal(err)
		}
		var w bitio.Writer
		l.fields[0].AppendDelta(&w, test.index, test.base)
		width := w.Bits()
		if got := w.Bytes(); width != test.width || !bytes.Equal(got, test.wire) {
			t.Errorf("%q %d→%d: %d bits %x, want %d bits %x", test.tag, test.base, test.index, width, got, test.width, test.wire)
		}
	}
}

func TestInputRoundTrip(t *testing.T) {
	g := newTestGame(t)
	rng := rand.New(rand.NewPCG(9, 9))
	var prev *testInput
	for range 2000 {
		in := testInput{MoveX: int8(rng.IntN(5) - 2), Aim: uint16(rng.IntN(5000)), Fire: rng.IntN(2) == 0}
		in.Slots[rng.IntN(3)] = uint8(rng.IntN(12))
		if prev != nil && rng.IntN(3) == 0 {
			in = *prev
		}
		want := in
		g.input.Quantise(&want)
		var w bitio.Writer
		g.input.Append(&w, &in, prev)
		bits := w.Bits()
		if same := prev != nil && want == *prev; same != (bits == 1) && prev != nil {
			t.Fatalf("%+v after %+v takes %d bits", want, *prev, bits)
		}
		r := bitio.NewReader(w.Bytes())
		got, err := g.input.Read(&r, prev)
		if err != nil || got != want || r.Close() != nil {
			t.Fatalf("%+v reads as %+v, %v", want, got, err)
		}
		prev = &got
	}
}

// TestInputAgainstRawBase: a base that nobody quantised, and a zero input that
// is out of range, mean the same to both sides.
func TestInputAgainstRawBase(t *testing.T) {
	type level struct {
		Floor uint8 `net:"range=3..9"`
		Aim   uint8 `net:"max=100"`
	}
	plan := SetInput[level](NewSchema("levels", 1))
	for _, prev := range []*level{nil, {Aim: 255}, {Floor: 3, Aim: 100}} {
		for _, in := range []level{{}, {Floor: 3, Aim: 100}, {Floor: 9, Aim: 101}} {
			want := in
			plan.Quantise(&want)
			var w bitio.Writer
			plan.Append(&w, &in, prev)
			r := bitio.NewReader(w.Bytes())
			if got, err := plan.Read(&r, prev); got != want || err != nil || r.Close() != nil {
				t.Errorf("%+v after %+v: %+v, %v, want %+v", in, prev, got, err, want)
			}
		}
	}
}

// TestInputWire: the vectors of docs/SNAPSHOT.md, section 6.
func TestInputWire(t *testing.T) {
	g := newTestGame(t)
	prev := testInput{MoveX: 1, Aim: 100}
	for _, test := range []struct {
		in   testInput
		prev *testInput
		bits int
		wire []byte
	}{
		{testInput{}, nil, 1, []byte{0x00}},
		{prev, &prev, 1, []byte{0x00}},
		{testInput{MoveX: 1, Aim: 105, Fire: true}, &prev, 14, []byte{0x59, 0x09}},
		{testInput{MoveX: 1, Aim: 100, Slots: [3]uint8{0, 7, 0}}, &prev, 13, []byte{0xa1, 0x0e}},
	} {
		var w bitio.Writer
		g.input.Append(&w, &test.in, test.prev)
		bits := w.Bits()
		if got := w.Bytes(); bits != test.bits || !bytes.Equal(got, test.wire) {
			t.Errorf("%+v: %d bits %x, want %d bits %x", test.in, bits, got, test.bits, test.wire)
		}
	}
}

func TestInputErrors(t *testing.T) {
	g := newTestGame(t)
	for name, test := range map[string]struct {
		bits  uint64
		width uint
		want  error
	}{
		"nothing":                 {0, 0, bitio.ErrShort},
		"differs but nothing did": {0b00000_1, 6, ErrMalformed},
		"cut off":                 {0b00100_1, 6, bitio.ErrShort},
		"array without change":    {0b000_10000_1, 9, ErrMalformed},
		"out of range":            {0b11_00001_1, 8, ErrMalformed},
		"value of the base":       {0b01_00001_1, 8, ErrMalformed}, // index 1 is 0
	} {
		var w bitio.Writer
		w.WriteBits(test.bits, test.width)
		var r bitio.Reader
		// A byte ends with zeros, so reading short is checked with what
		// takes more than a byte.
		r.Reset(w.Bytes())
		if got, err := g.input.Read(&r, nil); !errors.Is(err, test.want) || got != (testInput{}) {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, test.want)
		}
	}
}

func TestInputNoAllocations(t *testing.T) {
	g := newTestGame(t)
	prev, in := testInput{}, testInput{MoveX: 1, Aim: 77}
	buf := make([]byte, 0, 64)
	allocs := testing.AllocsPerRun(100, func() {
		w := bitio.NewWriter(buf)
		g.input.Append(&w, &in, &prev)
		r := bitio.NewReader(w.Bytes())
		if got, err := g.input.Read(&r, &prev); err != nil || got != in {
			t.Error(got, err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}

// FuzzInput: what is accepted is quantised and has this one encoding.
func FuzzInput(f *testing.F) {
	f.Add([]byte{0x00})
	f.Add([]byte{0x59, 0x09})
	f.Add([]byte{0xa1, 0x0e})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff})
	g := newTestGame(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		prev := testInput{MoveX: 1, Aim: 100}
		r := bitio.NewReader(data)
		in, err := g.input.Read(&r, &prev)
		if err != nil || r.Close() != nil {
			return
		}
		quantised := in
		if g.input.Quantise(&quantised); quantised != in {
			t.Fatalf("%+v is not quantised", in)
		}
		var w bitio.Writer
		if g.input.Append(&w, &in, &prev); !bytes.Equal(w.Bytes(), data) {
			t.Fatalf("%x reads as %+v, which is written as %x", data, in, w.Bytes())
		}
	})
}
