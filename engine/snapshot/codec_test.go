package snapshot

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/bitio"
)

// TestLossyExchange: whatever arrives is decoded exactly, whatever was lost
// before it.
func TestLossyExchange(t *testing.T) {
	lab := newLab(t)
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		script := make([]byte, 300)
		for i := range script {
			script[i] = byte(rng.Uint32() & rng.Uint32() & 7) // each bit in one of four
		}
		if seed%2 == 1 {
			seed = 1<<32 - 100 - seed // ticks wrap on the way
		}
		lab.exchange(t, seed, script)
	}
}

func TestDecodeErrors(t *testing.T) {
	g, ring := shooterRun(t)
	codec := NewCodec(g.schema)
	data := codec.Append(nil, ring.At(200), ring.At(194))
	claimed := NewRing(g.schema, 1)
	claimed.place(194).Capture(ring.At(194).World())
	claimed.Slot(194) // has the right tick, but is given up
	dst := New(g.schema)
	for name, base := range map[string]func(engine.Tick) *Snapshot{
		"no baseline":      func(engine.Tick) *Snapshot { return nil },
		"another baseline": func(engine.Tick) *Snapshot { return ring.At(195) },
		"empty baseline":   func(engine.Tick) *Snapshot { return claimed.place(194) },
	} {
		if err := codec.Decode(dst, base, data); !errors.Is(err, ErrNoBaseline) {
			t.Errorf("%s: %v, want ErrNoBaseline", name, err)
		}
	}
	if dst.Valid() {
		t.Error("a failed Decode made the snapshot valid")
	}
	dst.Capture(ring.At(100).World())
	hash := dst.Hash()
	for n := range data {
		if err := codec.Decode(dst, ring.At, data[:n]); !errors.Is(err, ErrMalformed) {
			t.Fatalf("first %d of %d bytes: %v, want ErrMalformed", n, len(data), err)
		}
	}
	if err := codec.Decode(dst, ring.At, append(bytes.Clone(data), 0)); !errors.Is(err, ErrMalformed) {
		t.Errorf("with a trailing byte: %v, want ErrMalformed", err)
	}
	if dst.Hash() != hash || !dst.Valid() {
		t.Error("a failed Decode changed the snapshot")
	}
	if err := codec.Decode(ring.At(194), ring.At, data); err != nil || ring.place(194).Hash() != ring.At(200).Hash() {
		t.Errorf("decoding into the baseline: %v", err)
	}
}

// TestRefusals: bits that an encoder would not write, by hand. The baseline
// of tick 9 has units in slots 0 (generation 5) and 2; the header says tick
// 10 and age 1.
func TestRefusals(t *testing.T) {
	s, units := newUnits(t)
	w := s.NewWorld()
	w.SetTick(9)
	for range 5 {
		units.SpawnAt(w, 0)
	}
	units.SpawnAt(w, 2)
	base := New(s)
	base.Capture(w)
	type bits struct {
		v uint64
		n uint
	}
	header := []bits{{10, 32}, {0, 1}, {1, 8}}
	for _, test := range []struct {
		name string
		body []bits
		ok   bool
	}{
		{"nothing changed", []bits{{0, 1}}, true},
		{"changed, but not what", []bits{{1, 1}, {0, 1}, {0b110, 3}}, false},
		{"first row on", []bits{{1, 1}, {0, 1}, {1, 1}, {0b0100, 4}, {0b010, 3}}, true},
		{"second row on", []bits{{1, 1}, {0, 1}, {0b010, 3}, {0b0100, 4}}, true},
		{"row of no change", []bits{{1, 1}, {0, 1}, {1, 1}, {0b0000, 4}, {0b010, 3}}, false},
		{"array of no change", []bits{{1, 1}, {0, 1}, {1, 1}, {0b1000, 4}, {0, 3}, {0b010, 3}}, false},
		{"more rows than there are", []bits{{1, 1}, {0, 1}, {0b00100, 5}}, false},
		{"far more rows than there are", []bits{{1, 1}, {0, 1}, {0, 50}, {1, 1}, {0, 50}, {0b0100, 4}}, false},
		{"no word on the last row", []bits{{1, 1}, {0, 1}, {1, 1}, {0b0100, 4}}, false},
		{"zero written out", []bits{{1, 1}, {0, 1}, {1, 1}, {0b0010, 4}, {1, 1}, {0, 7}, {0b010, 3}}, false},
		{"out of range", []bits{{1, 1}, {0, 1}, {1, 1}, {0b0010, 4}, {1, 1}, {101, 7}, {0b010, 3}}, false},
		{"below the range", []bits{{1, 1}, {0, 1}, {1, 1}, {0b0010, 4}, {0, 1}, {0, 4}, {0b010, 3}}, false},
		{"long form of a small change", []bits{{1, 1}, {0, 1}, {1, 1}, {0b0010, 4}, {1, 1}, {3, 7}, {0b010, 3}}, false},
		{"gone", []bits{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 1}, {0b010, 3}}, true},
		{"replaced by the next", []bits{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0b110, 3}}, true},
		{"replaced by generation 9", []bits{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 1}, {9, 16}, {0b110, 3}}, true},
		{"replaced by the next, at length", []bits{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 1}, {6, 16}, {0b110, 3}}, false},
		{"replaced by itself", []bits{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 1}, {5, 16}, {0b110, 3}}, false},
		{"replaced by generation 0", []bits{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 1}, {0, 16}, {0b110, 3}}, false},
		{"new", []bits{{1, 1}, {1, 1}, {1, 1}, {0b010, 3}, {3, 16}, {0b00100, 5}}, true},
		{"new of generation 0", []bits{{1, 1}, {1, 1}, {1, 1}, {0b010, 3}, {0, 16}, {0b00100, 5}}, false},
		{"slot beyond the table", []bits{{1, 1}, {1, 1}, {1, 1}, {0b10100, 5}, {3, 16}, {0b00100, 5}}, false},
		{"more slots than there are", []bits{{1, 1}, {1, 1}, {0b10100, 5}, {1, 1}, {0, 1}, {1, 1}, {1, 16}, {1, 1}, {0, 1}, {1, 1}, {1, 16}, {1, 1}, {1, 16}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var writer bitio.Writer
			for _, b := range append(header[:3:3], test.body...) {
				writer.WriteBits(b.v, b.n)
			}
			codec, dst := NewCodec(s), New(s)
			err := codec.Decode(dst, func(engine.Tick) *Snapshot { return base }, writer.Bytes())
			if test.ok && err != nil || !test.ok && !errors.Is(err, ErrMalformed) {
				t.Fatalf("Decode: %v, want accepted %v", err, test.ok)
			}
			if err == nil && !bytes.Equal(codec.Append(nil, dst, base), writer.Bytes()) {
				t.Error("accepted, but written differently")
			}
		})
	}
}

func TestPeek(t *testing.T) {
	g, ring := shooterRun(t)
	codec := NewCodec(g.schema)
	tick, base, full, err := Peek(codec.Append(nil, ring.At(200), ring.At(150)))
	if tick != 200 || base != 150 || full || err != nil {
		t.Errorf("Peek = %d, %d, %v, %v", tick, base, full, err)
	}
	tick, base, full, err = Peek(codec.Append(nil, ring.At(200), nil))
	if tick != 200 || base != 0 || !full || err != nil {
		t.Errorf("Peek of a full one = %d, %d, %v, %v", tick, base, full, err)
	}
	for _, age := range []uint64{0, 1 << 31, 1 << 40} {
		var w bitio.Writer
		w.WriteBits(200, 33)
		w.WriteUvarint(age)
		if _, _, _, err := Peek(w.Bytes()); !errors.Is(err, ErrMalformed) {
			t.Errorf("Peek of age %d: %v, want ErrMalformed", age, err)
		}
	}
	if _, _, _, err := Peek([]byte{1, 2, 3}); !errors.Is(err, ErrMalformed) {
		t.Errorf("Peek of three bytes: %v, want ErrMalformed", err)
	}
}

func TestAppendOfBadBaselines(t *testing.T) {
	g, ring := shooterRun(t)
	codec := NewCodec(g.schema)
	full := codec.Append(nil, ring.At(200), nil)
	for _, tick := range []engine.Tick{200, 201} {
		if got := codec.Append(nil, ring.At(200), ring.At(tick)); !bytes.Equal(got, full) {
			t.Errorf("against tick %d: not a full snapshot", tick)
		}
	}
	if got := codec.Append([]byte("ab"), ring.At(200), nil); string(got[:2]) != "ab" || !bytes.Equal(got[2:], full) {
		t.Error("Append does not append")
	}
	for name, encode := range map[string]func(){
		"nothing":         func() { codec.Append(nil, New(g.schema), nil) },
		"against nothing": func() { codec.Append(nil, ring.At(200), New(g.schema)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("encoding %s did not panic", name)
				}
			}()
			encode()
		}()
	}
}

func TestNoAllocations(t *testing.T) {
	g, ring := shooterRun(t)
	w := g.schema.NewWorld()
	ring.At(200).Restore(w)
	codec, buf := NewCodec(g.schema), make([]byte, 0, 4096)
	q, dst := New(g.schema), New(g.schema)
	delta, full := codec.Append(nil, ring.At(200), ring.At(190)), codec.Append(nil, ring.At(200), nil)
	for name, run := range map[string]func(){
		"Capture":      func() { q.Capture(w) },
		"Restore":      func() { q.Restore(w) },
		"Append":       func() { codec.Append(buf, ring.At(200), ring.At(190)) },
		"Append full":  func() { codec.Append(buf, ring.At(200), nil) },
		"Decode":       func() { _ = codec.Decode(dst, ring.At, delta) },
		"Decode full":  func() { _ = codec.Decode(dst, ring.At, full) },
		"Decode trash": func() { _ = codec.Decode(dst, ring.At, delta[:99]) },
		"Peek":         func() { _, _, _, _ = Peek(delta) },
		"Hash":         func() { dst.Hash() },
	} {
		if allocs := testing.AllocsPerRun(50, run); allocs != 0 {
			t.Errorf("%s: %v allocations, want 0", name, allocs)
		}
	}
}

// TestSizes keeps the encoding from growing unnoticed. The limits are what it
// takes now, rounded up.
func TestSizes(t *testing.T) {
	g, ring := shooterRun(t)
	codec := NewCodec(g.schema)
	limits := map[engine.Tick]int{1: 245, 6: 305, 12: 345, 0: 705}
	for _, test := range shooterAges {
		total, n := 0, 0
		for tick := engine.Tick(20); tick < 220; tick++ {
			var base *Snapshot
			if test.age > 0 {
				base = ring.At(tick - test.age)
			}
			total, n = total+len(codec.Append(nil, ring.At(tick), base)), n+1
		}
		if got := total / n; got > limits[test.age] {
			t.Errorf("%s: %d bytes, want at most %d", test.name, got, limits[test.age])
		}
	}
}

// TestWideRows: more than 64 groups, and an array of more than 64 elements.
func TestWideRows(t *testing.T) {
	type wide struct {
		Grid  [150]uint8 `net:"max=9"`
		Level uint8      `net:"range=3..9"`
		Many  [1]struct{ A, B, C, D uint8 }
		Cells struct {
			A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P uint16
		}
		More, Less, Over, Under [4]struct{ A, B bool }
		Row0, Row1, Row2, Row3  struct {
			A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P int8
		}
	}
	s := engine.NewSchema("wide", 1)
	table := engine.AddTable[wide](s, "wide", 3)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if got := len(s.Layout(0).Groups()); got != 1+1+1+16+4+64 {
		t.Fatalf("%d groups", got)
	}
	w, codec := s.NewWorld(), NewCodec(s)
	_, row := table.Spawn(w)
	base, cur, dst := New(s), New(s), New(s)
	base.Capture(w)
	for i, change := range []func(){
		func() { row.Grid[149] = 9 },
		func() { row.Grid[0], row.Grid[64] = 1, 2 },
		func() { row.Row3.P = -128 },
		func() { row.Row2.J, row.Cells.A = 5, 6 },
		func() { row.Under[3].B = true },
		func() { table.SpawnAt(w, 2) },
	} {
		w.SetTick(engine.Tick(i + 1))
		change()
		cur.Capture(w)
		data := codec.Append(nil, cur, base)
		if err := codec.Decode(dst, func(engine.Tick) *Snapshot { return base }, data); err != nil || dst.Hash() != cur.Hash() {
			t.Fatalf("change %d: %v: %s", i, err, dst.World().Diff(cur.World()))
		}
		base, cur = cur, base
	}
}

// TestSecondMask: the masks of a row with more than 64 groups, bit by bit.
func TestSecondMask(t *testing.T) {
	type row struct {
		A, B, C, D struct {
			A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q uint8
		}
	}
	s := engine.NewSchema("masks", 1)
	table := engine.AddTable[row](s, "masks", 1)
	w, codec, base, cur := s.NewWorld(), NewCodec(s), New(s), New(s)
	_, r := table.Spawn(w)
	base.Capture(w)
	r.A.B, r.D.Q = 1, 1 // groups 1 and 67
	w.SetTick(1)
	cur.Capture(w)
	var want bitio.Writer
	for _, b := range []struct {
		v uint64
		n uint
	}{{1, 32}, {0, 1}, {1, 8}, {1, 1}, {0, 1}, {1, 1}, {0b10, 64}, {0b00010, 5}, {0b1000, 4}, {0b00010, 5}} {
		want.WriteBits(b.v, b.n)
	}
	if got := codec.Append(nil, cur, base); !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%x, want %x", got, want.Bytes())
	}
}

// TestGenerationsOfEmptySlots: what a side knows of a slot that is empty in
// the baseline makes no difference, even when the generation comes again.
func TestGenerationsOfEmptySlots(t *testing.T) {
	s, units := newUnits(t)
	w := s.NewWorld()
	id, u := units.Spawn(w)
	u.Hp = 50
	units.Despawn(w, id)
	informed, ignorant := New(s), New(s)
	informed.Capture(w)
	ignorant.Capture(s.NewWorld())
	w.SetTick(1)
	w.Rows(0).Put(0, 1) // as after 65535 others
	_, u = units.Slot(w, 0)
	u.Hp = 50
	cur, dst, codec := New(s), New(s), NewCodec(s)
	cur.Capture(w)
	data := codec.Append(nil, cur, informed)
	if other := codec.Append(nil, cur, ignorant); !bytes.Equal(data, other) {
		t.Errorf("%x and %x", data, other)
	}
	for _, base := range []*Snapshot{informed, ignorant} {
		if err := codec.Decode(dst, func(engine.Tick) *Snapshot { return base }, data); err != nil || dst.Hash() != cur.Hash() {
			t.Errorf("decoded with %v: %s", err, dst.World().Diff(w))
		}
	}
}
