package bitio

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Vectors are those of docs/SNAPSHOT.md, section 1.
func TestWire(t *testing.T) {
	for _, test := range []struct {
		name  string
		write func(w *Writer)
		read  func(r *Reader) bool
		wire  string
	}{
		{
			"bits", func(w *Writer) { w.WriteBits(0b101, 3); w.WriteBits(0b00001, 5) },
			func(r *Reader) bool { return r.ReadBits(3) == 0b101 && r.ReadBits(5) == 1 }, "0d",
		},
		{
			"high bits are ignored", func(w *Writer) { w.WriteBits(math.MaxUint64, 3) },
			func(r *Reader) bool { return r.ReadBits(3) == 7 }, "07",
		},
		{
			"no bits", func(w *Writer) { w.WriteBits(5, 0) },
			func(r *Reader) bool { return r.ReadBits(0) == 0 }, "",
		},
		{
			"64 bits off a byte", func(w *Writer) { w.WriteBool(true); w.WriteBits(0x8000000000000001, 64) },
			func(r *Reader) bool { return r.ReadBool() && r.ReadBits(64) == 0x8000000000000001 }, "030000000000000001",
		},
		{
			"uvarint 0", func(w *Writer) { w.WriteUvarint(0) },
			func(r *Reader) bool { return r.ReadUvarint() == 0 }, "00",
		},
		{
			"uvarint 300", func(w *Writer) { w.WriteUvarint(300) },
			func(r *Reader) bool { return r.ReadUvarint() == 300 }, "ac02",
		},
		{
			"uvarint largest", func(w *Writer) { w.WriteUvarint(math.MaxUint64) },
			func(r *Reader) bool { return r.ReadUvarint() == math.MaxUint64 }, "ffffffffffffffffff01",
		},
		{
			"varint -2", func(w *Writer) { w.WriteVarint(-2) },
			func(r *Reader) bool { return r.ReadVarint() == -2 }, "03",
		},
		{
			"varint smallest", func(w *Writer) { w.WriteVarint(math.MinInt64) },
			func(r *Reader) bool { return r.ReadVarint() == math.MinInt64 }, "ffffffffffffffffff01",
		},
		{
			"gamma 1, 2, 3, 9", func(w *Writer) {
				for _, v := range []uint64{1, 2, 3, 9} {
					w.WriteGamma(v)
				}
			},
			func(r *Reader) bool {
				return r.ReadGamma() == 1 && r.ReadGamma() == 2 && r.ReadGamma() == 3 && r.ReadGamma() == 9
			}, "650c",
		},
		{
			"gamma largest", func(w *Writer) { w.WriteGamma(math.MaxUint64) },
			func(r *Reader) bool { return r.ReadGamma() == math.MaxUint64 }, "0000000000000080 ffffffffffffff7f",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var w Writer
			test.write(&w)
			if got, want := w.Bytes(), unhex(t, test.wire); !bytes.Equal(got, want) {
				t.Fatalf("wrote %x, want %x", got, want)
			}
			r := NewReader(unhex(t, test.wire))
			if !test.read(&r) {
				t.Error("read something else")
			}
			if err := r.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			for n := range w.Bytes() {
				r.Reset(w.Bytes()[:n])
				test.read(&r)
				if !errors.Is(r.Err(), ErrShort) || !errors.Is(r.Close(), ErrShort) {
					t.Errorf("first %d bytes: %v, want ErrShort", n, r.Err())
				}
			}
		})
	}
}

func TestReaderRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		wire string
		read func(r *Reader) uint64
		want error
	}{
		{"uvarint with an idle group", "8000", (*Reader).ReadUvarint, ErrNotCanonical},
		{"uvarint of 65 bits", "ffffffffffffffffff02", (*Reader).ReadUvarint, ErrOverflow},
		{"uvarint of 11 groups", "8080808080808080808001", (*Reader).ReadUvarint, ErrOverflow},
		{"gamma of 65 bits", "000000000000000001 0000000000000000", (*Reader).ReadGamma, ErrOverflow},
		{"65 bits", "000000000000000000", func(r *Reader) uint64 { return r.ReadBits(65) }, ErrShort},
	} {
		r := NewReader(unhex(t, test.wire))
		if got := test.read(&r); got != 0 || !errors.Is(r.Err(), test.want) {
			t.Errorf("%s: %d, %v, want 0, %v", test.name, got, r.Err(), test.want)
		}
		if r.ReadBits(8) != 0 || r.ReadBool() || r.ReadUvarint() != 0 || r.ReadGamma() != 0 || r.Remaining() != 0 {
			t.Errorf("%s: reads after the error give something", test.name)
		}
		if r.Fail(errors.New("later")); !errors.Is(r.Close(), test.want) {
			t.Errorf("%s: the first error did not stick: %v", test.name, r.Err())
		}
	}
}

func TestClose(t *testing.T) {
	for _, test := range []struct {
		wire string
		read uint
		want error
	}{
		{"", 0, nil},
		{"01", 1, nil},
		{"01", 8, nil},
		{"02", 1, ErrTrailing},
		{"80", 7, ErrTrailing},
		{"00", 0, ErrTrailing},
		{"0000", 8, ErrTrailing},
	} {
		r := NewReader(unhex(t, test.wire))
		r.ReadBits(test.read)
		if err := r.Close(); !errors.Is(err, test.want) {
			t.Errorf("Close after %d bits of %q: %v, want %v", test.read, test.wire, err, test.want)
		}
	}
}

func TestWriterAppends(t *testing.T) {
	w := NewWriter([]byte{1, 2})
	w.WriteBits(5, 4)
	if w.Bits() != 20 {
		t.Errorf("Bits() = %d, want 20", w.Bits())
	}
	w.Bytes()
	w.WriteBits(7, 3) // goes on at the next whole byte
	if got, want := w.Bytes(), []byte{1, 2, 5, 7}; !bytes.Equal(got, want) {
		t.Errorf("Bytes() = %x, want %x", got, want)
	}
	w.Reset(nil)
	if got := w.Bytes(); len(got) != 0 {
		t.Errorf("after Reset: %x", got)
	}
}

func TestGammaOfZeroPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("WriteGamma(0) did not panic")
		}
	}()
	new(Writer).WriteGamma(0)
}

func TestZigzag(t *testing.T) {
	for want, v := range []int64{0, -1, 1, -2, 2} {
		if got := Zigzag(v); got != uint64(want) {
			t.Errorf("Zigzag(%d) = %d, want %d", v, got, want)
		}
	}
	for _, v := range []int64{math.MinInt64, math.MaxInt64, -77, 1 << 40} {
		if got := Unzigzag(Zigzag(v)); got != v {
			t.Errorf("Unzigzag(Zigzag(%d)) = %d", v, got)
		}
	}
}

// TestRandomPrograms writes random sequences of values at every alignment and
// reads them back, also bit by bit.
func TestRandomPrograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		var w Writer
		var values []uint64
		var kinds []uint
		for range rng.IntN(20) {
			kind := uint(rng.IntN(67))
			v := rng.Uint64() >> rng.IntN(64)
			switch {
			case kind <= 64:
				v &= 1<<kind - 1
				w.WriteBits(v, kind)
			case kind == 65:
				w.WriteUvarint(v)
			default:
				v = max(v, 1)
				w.WriteGamma(v)
			}
			values, kinds = append(values, v), append(kinds, kind)
		}
		r := NewReader(w.Bytes())
		for i, kind := range kinds {
			var got uint64
			switch {
			case kind <= 64 && rng.IntN(4) == 0:
				for bit := range kind {
					if r.ReadBool() {
						got |= 1 << bit
					}
				}
			case kind <= 64:
				got = r.ReadBits(kind)
			case kind == 65:
				got = r.ReadUvarint()
			default:
				got = r.ReadGamma()
			}
			if got != values[i] {
				t.Fatalf("value %d of kind %d: %d, want %d", i, kind, got, values[i])
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	buf := make([]byte, 0, 64)
	allocs := testing.AllocsPerRun(100, func() {
		w := NewWriter(buf)
		w.WriteBits(12345, 17)
		w.WriteUvarint(1 << 40)
		w.WriteGamma(9)
		r := NewReader(w.Bytes())
		if r.ReadBits(17) != 12345 || r.ReadUvarint() != 1<<40 || r.ReadGamma() != 9 || r.Close() != nil {
			t.Error("read something else")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}

// FuzzReader reads arbitrary bytes by an arbitrary program. What it accepts
// comes out the same when it is written again.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 17, 64}, unhex(f, "ac02650c00ff"))
	f.Add([]byte{65}, unhex(f, "8000"))
	f.Add([]byte{65}, unhex(f, "ffffffffffffffffff02"))
	f.Add([]byte{66, 66, 66, 66}, unhex(f, "650c"))
	f.Add([]byte{3, 64, 67}, unhex(f, "ffffffffffffffffff"))
	f.Fuzz(func(t *testing.T, program, data []byte) {
		r := NewReader(data)
		var w Writer
		for _, op := range program {
			switch op %= 68; {
			case op <= 64:
				v := r.ReadBits(uint(op))
				w.WriteBits(v, uint(op))
			case op == 65:
				w.WriteUvarint(r.ReadUvarint())
			case op == 66:
				w.WriteGamma(max(r.ReadGamma(), 1))
			default:
				w.WriteVarint(r.ReadVarint())
			}
		}
		if r.Close() == nil && !bytes.Equal(w.Bytes(), data) {
			t.Fatalf("%x read as %v is written as %x", data, program, w.Bytes())
		}
	})
}

func BenchmarkWriteBits(b *testing.B) {
	buf := make([]byte, 0, 2048)
	b.ReportAllocs()
	b.SetBytes(1024 * 13 / 8)
	for b.Loop() {
		w := NewWriter(buf)
		for i := range uint64(1024) {
			w.WriteBits(i, 13)
		}
		buf = w.Bytes()[:0]
	}
}

func BenchmarkReadBits(b *testing.B) {
	var w Writer
	for i := range uint64(1024) {
		w.WriteBits(i, 13)
	}
	data := w.Bytes()
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r := NewReader(data)
		for range 1024 {
			r.ReadBits(13)
		}
	}
}
