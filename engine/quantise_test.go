package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"
)

// A sink has a field of every kind, in every form a field can have.
type sink struct {
	Bool    bool
	Int8    int8
	Int16   int16  `net:"range=-300..1000,step=25"`
	Int32   int32  `net:"range=-5..5"`
	Int64   int64  `net:"range=-9223372036854775808..9223372036854775807"`
	Tens    int64  `net:"range=-1000000000000..1000000000000,step=10"`
	Uint8   uint8  `net:"range=3..9"`
	Uint16  uint16 `net:"bits=12"`
	Uint32  uint32
	Uint64  uint64
	High    uint64 `net:"range=1..18446744073709551615,step=2"`
	Int     int    `net:"range=-100..100"`
	Uint    uint   `net:"max=99,step=33"`
	Float   float32
	Ranged  float32 `net:"range=-1..1,step=0.01"`
	Coarse  float32 `net:"range=0..4096,step=1/16"`
	Array   [3]int8 `net:"range=-2..2"`
	hidden  int32   `net:"-"`
	Structs [2]struct {
		A uint8 `net:"max=5"`
		B bool
	}
}

// randomise fills a row with anything at all.
func (s *sink) randomise(rng *rand.Rand) {
	memory := unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s))
	for i := range memory {
		memory[i] = byte(rng.Uint32())
	}
	if rng.IntN(2) == 0 { // floats of every size, mostly within range
		s.Float = float32(math.Ldexp(rng.Float64()-0.5, rng.IntN(280)-150))
		s.Ranged = float32(rng.Float64()*2.2 - 1.1)
		s.Coarse = float32(rng.Float64()*4200 - 50)
		s.Int16, s.Int32, s.Int = int16(rng.IntN(1400)-350), int32(rng.IntN(13)-6), rng.IntN(220)-110
		s.Tens, s.Uint = rng.Int64N(3e12)-15e11, uint(rng.IntN(110))
	}
	// A bool has two values in memory, whatever random bytes say.
	s.Bool, s.Structs[0].B, s.Structs[1].B = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0
}

func newSink(t testing.TB) (*Schema, Table[sink], *Layout) {
	t.Helper()
	s := NewSchema("sink", 1)
	table := AddTable[sink](s, "sinks", 8)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return s, table, s.Layout(0)
}

func TestQuantiseRoundsAndClamps(t *testing.T) {
	s, table, _ := newSink(t)
	w := s.NewWorld()
	_, row := table.Spawn(w)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		set  func()
		got  func() any
		want any
	}{
		{func() { row.Int16 = -301 }, func() any { return row.Int16 }, int16(-300)},
		{func() { row.Int16 = 1001 }, func() any { return row.Int16 }, int16(1000)},
		{func() { row.Int16 = -288 }, func() any { return row.Int16 }, int16(-300)},
		{func() { row.Int16 = -287 }, func() any { return row.Int16 }, int16(-275)},
		{func() { row.Int32 = math.MinInt32 }, func() any { return row.Int32 }, int32(-5)},
		{func() { row.Int32 = math.MaxInt32 }, func() any { return row.Int32 }, int32(5)},
		{func() { row.Int64 = math.MinInt64 }, func() any { return row.Int64 }, int64(math.MinInt64)},
		{func() { row.Tens = -5 }, func() any { return row.Tens }, int64(0)}, // halves go up
		{func() { row.Tens = -6 }, func() any { return row.Tens }, int64(-10)},
		{func() { row.Tens = 5 }, func() any { return row.Tens }, int64(10)},
		{func() { row.Tens = math.MaxInt64 }, func() any { return row.Tens }, int64(1e12)},
		{func() { row.Uint8 = 0 }, func() any { return row.Uint8 }, uint8(3)},
		{func() { row.Uint16 = 4096 }, func() any { return row.Uint16 }, uint16(4095)},
		{func() { row.High = math.MaxUint64 - 1 }, func() any { return row.High }, uint64(math.MaxUint64)},
		{func() { row.High = 0 }, func() any { return row.High }, uint64(1)},
		{func() { row.Int = -1 << 30 }, func() any { return row.Int }, -100},
		{func() { row.Uint = 49 }, func() any { return row.Uint }, uint(33)},
		{func() { row.Uint = 50 }, func() any { return row.Uint }, uint(66)},
		{func() { row.Float = nan }, func() any { return row.Float }, float32(0)},
		{func() { row.Float = inf }, func() any { return row.Float }, float32(math.MaxFloat32)},
		{func() { row.Float = -inf }, func() any { return row.Float }, float32(-math.MaxFloat32)},
		{func() { row.Float = 1e-44 }, func() any { return row.Float }, float32(1e-44)},
		{func() { row.Ranged = nan }, func() any { return row.Ranged }, float32(-1)},
		{func() { row.Ranged = inf }, func() any { return row.Ranged }, float32(1)},
		{func() { row.Ranged = 0.126 }, func() any { return row.Ranged }, float32(0.13)},
		{func() { row.Coarse = 0.03125 }, func() any { return row.Coarse }, float32(0.0625)},
		{func() { row.Coarse = 4096.5 }, func() any { return row.Coarse }, float32(4096)},
		{func() { row.Array[2] = -100 }, func() any { return row.Array[2] }, int8(-2)},
		{func() { row.Structs[1].A = 77 }, func() any { return row.Structs[1].A }, uint8(5)},
		{func() { row.hidden = -7 }, func() any { return row.hidden }, int32(-7)},
	} {
		test.set()
		w.Quantise()
		if got := test.got(); got != test.want {
			t.Errorf("quantised to %v (%T), want %v", got, got, test.want)
		}
	}
	row.Float = float32(math.Copysign(0, -1))
	if w.Quantise(); math.Signbit(float64(row.Float)) {
		t.Error("−0 survived")
	}
}

// TestQuantiseProperties: on rows of random bytes, quantising is idempotent,
// gives indices in range, which give the values back, and is never further
// from the value than half a step.
func TestQuantiseProperties(t *testing.T) {
	s, table, l := newSink(t)
	rng := rand.New(rand.NewPCG(5, 6))
	w, again := s.NewWorld(), s.NewWorld()
	for range 20_000 {
		_, row := table.SpawnAt(w, 0)
		row.randomise(rng)
		before := *row
		w.Quantise()
		again.CopyFrom(w)
		if again.Quantise(); !again.Equal(w) {
			t.Fatalf("not idempotent: %s", again.Diff(w))
		}
		if row.hidden != before.hidden {
			t.Fatal("a server-only field changed")
		}
		for i := range l.fields {
			f := &l.fields[i]
			pattern := f.load(unsafe.Pointer(row))
			index := f.index(pattern)
			if !f.valid(index) || f.value(index) != pattern {
				t.Fatalf("%s: %s has index %d of %d, whose value is %s",
					f.name, f.format(pattern), index, f.count, f.format(f.value(index)))
			}
			checkNearest(t, f, f.load(unsafe.Pointer(&before)), pattern)
		}
	}
}

// checkNearest checks that after is the nearest value there is to before.
func checkNearest(t *testing.T, f *Field, before, after uint64) {
	t.Helper()
	switch {
	case f.kind == kindFloat32 && f.ranged:
		x, y := float64(floatOf(before)), float64(floatOf(after))
		x = min(max(x, f.floatMin), f.floatMax)
		if math.Abs(x-y) > f.floatStep*0.5001 {
			t.Fatalf("%s: %v became %v", f.name, x, y)
		}
	case f.kind != kindFloat32:
		x := f.clamp(before)
		if distance := max(x, after) - min(x, after); !f.kind.signed() && distance > f.step/2 {
			t.Fatalf("%s: %d became %d", f.name, before, after)
		} else if distance := max(int64(x), int64(after)) - min(int64(x), int64(after)); f.kind.signed() && uint64(distance) > f.step/2 {
			t.Fatalf("%s: %d became %d", f.name, int64(before), int64(after))
		}
	}
}

// TestEveryIndexHasItsValue goes through whole fields.
func TestEveryIndexHasItsValue(t *testing.T) {
	for _, test := range []struct {
		typ   reflect.Type
		tag   string
		count uint64
	}{
		{reflect.TypeFor[bool](), "", 1},
		{reflect.TypeFor[int8](), "", 255},
		{reflect.TypeFor[int16](), "range=-300..1000,step=25", 52},
		{reflect.TypeFor[uint16](), "", 65535},
		{reflect.TypeFor[float32](), "range=-1..1,step=0.01", 200},
		{reflect.TypeFor[float32](), "range=0..4096,step=1/16", 65536},
		{reflect.TypeFor[float32](), "range=-3..4,step=1/3", 21},
		{reflect.TypeFor[float32](), "range=1000000..1000001,step=1/8", 8},
	} {
		l, err := compileLayout("t", structOf(test.typ, test.tag), false)
		if err != nil {
			t.Error(err)
			continue
		}
		f := &l.fields[0]
		if f.count != test.count || f.Count() != test.count || f.Bits() != f.bits {
			t.Errorf("%v %s: count %d, want %d", test.typ, test.tag, f.count, test.count)
		}
		for index := range f.count + 1 {
			if got := f.index(f.value(index)); got != index {
				t.Fatalf("%v %s: value of index %d has index %d", test.typ, test.tag, index, got)
			}
		}
		if f.valid(f.count + 1) {
			t.Errorf("%v %s: index %d is valid", test.typ, test.tag, f.count+1)
		}
	}
}

func TestUnrangedFloatIndices(t *testing.T) {
	_, _, l := newSink(t)
	f := fieldNamed(t, l, "Float")
	for pattern, want := range map[uint64]bool{
		0: true, 1 << 31: false, 1: true, 0x7f7fffff: true, 0x7f800000: false,
		0xff800000: false, 0x7fc00000: false, 0x7f800001: false, 0x3f800000: true, 1 << 32: false,
	} {
		if got := f.valid(pattern); got != want {
			t.Errorf("valid(%#x) = %v, want %v", pattern, got, want)
		}
	}
}

func fieldNamed(t testing.TB, l *Layout, name string) *Field {
	t.Helper()
	for i := range l.fields {
		if l.fields[i].name == name {
			return &l.fields[i]
		}
	}
	t.Fatalf("no field %s", name)
	return nil
}

// TestHashEqualDiffSeeEveryField: a change of any field shows in all three, a
// change of a server-only field or of padding in none.
func TestHashEqualDiffSeeEveryField(t *testing.T) {
	s, table, l := newSink(t)
	rng := rand.New(rand.NewPCG(7, 8))
	w, o := s.NewWorld(), s.NewWorld()
	for range 5 {
		_, row := table.Spawn(w)
		row.randomise(rng)
	}
	w.Quantise()
	for i := range l.fields {
		f := &l.fields[i]
		o.CopyFrom(w)
		p := o.tables[0].row(3)
		old := f.load(p)
		other := f.index(old) - 1
		if other > f.count {
			other = 1
		}
		f.store(p, f.value(other))
		want := fmt.Sprintf("sinks slot 3 generation 1: %s: %s != %s", f.name, f.format(f.load(p)), f.format(old))
		if got := o.Diff(w); got != want || o.Equal(w) || o.Hash() == w.Hash() {
			t.Errorf("%s: Diff = %q, Equal = %v, want %q", f.name, got, o.Equal(w), want)
		}
	}
	o.CopyFrom(w)
	for _, gap := range l.gaps {
		clear(unsafe.Slice((*byte)(unsafe.Add(o.tables[0].row(3), gap.offset)), gap.size))
	}
	_, row := table.Slot(o, 3)
	row.hidden++
	if !o.Equal(w) || o.Hash() != w.Hash() || o.Diff(w) != "" {
		t.Errorf("what is not replicated shows: %s", o.Diff(w))
	}
	for name, test := range map[string]struct {
		change func()
		want   string
	}{
		"tick":       {func() { o.SetTick(4) }, "tick: 4 != 0"},
		"gone":       {func() { id, _ := table.Slot(o, 2); table.Despawn(o, id) }, "sinks slot 2: empty != generation 1"},
		"new":        {func() { table.SpawnAt(o, 7) }, "sinks slot 7: generation 1 != empty"},
		"generation": {func() { table.SpawnAt(o, 0) }, "sinks slot 0: generation 2 != generation 1"},
	} {
		o.CopyFrom(w)
		test.change()
		if got := o.Diff(w); got != test.want || o.Equal(w) || o.Hash() == w.Hash() {
			t.Errorf("%s: Diff = %q, Equal = %v, want %q", name, got, o.Equal(w), test.want)
		}
	}
}

// TestHashIsStable: the hash is part of what peers and recordings compare.
// The value was computed elsewhere, from docs/SNAPSHOT.md, section 7.
func TestHashIsStable(t *testing.T) {
	g := newTestGame(t)
	w := g.schema.NewWorld()
	w.SetTick(7)
	_, p := g.players.SpawnAt(w, 3)
	*p = testPlayer{Owner: 3, X: 100, Speed: -0.5, Ammo: [4]uint8{1, 2, 3, 4}}
	if got, want := w.Hash(), uint64(0xbc28cb31125305ce); got != want {
		t.Errorf("Hash() = %#x, want %#x", got, want)
	}
}
