package snapshot

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

type unit struct {
	X   int16 `net:"range=-1000..1000"`
	Hp  uint8 `net:"max=100"`
	On  bool
	Bag [3]uint8
}

func newUnits(t testing.TB) (*engine.Schema, engine.Table[unit]) {
	t.Helper()
	s := engine.NewSchema("units", 1)
	units := engine.AddTable[unit](s, "units", 4)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return s, units
}

// The vectors of docs/SNAPSHOT.md, section 8: each step changes the world of
// the step before and is written against it.
var vectors = []struct {
	name   string
	change func(w *engine.World, units engine.Table[unit])
	full   bool
	wire   string
}{
	{"tick 1, full, no units", func(*engine.World, engine.Table[unit]) {}, true, "01 00 00 00 01"},
	{"tick 2, units in slots 0 and 2", func(w *engine.World, units engine.Table[unit]) {
		_, u := units.SpawnAt(w, 0)
		*u = unit{X: -3, Hp: 100}
		units.SpawnAt(w, 2)
	}, false, "02 00 00 00 02 d6 00 00 05 00 1c 98 2c"},
	{"tick 3, nothing changed", func(*engine.World, engine.Table[unit]) {}, false, "03 00 00 00 02 00"},
	{"tick 4, the second moves by 5", func(w *engine.World, units engine.Table[unit]) {
		_, u := units.Slot(w, 2)
		u.X += 5
	}, false, "04 00 00 00 02 52 94 00"},
	{"tick 5, the first is replaced, loses Hp, finds 7 in its bag", func(w *engine.World, units engine.Table[unit]) {
		_, u := units.SpawnAt(w, 0)
		*u = unit{X: -3, Hp: 99, Bag: [3]uint8{0, 7, 0}}
	}, false, "05 00 00 00 02 fe 0b 8f a5 05"},
	{"tick 6, the second is gone, the first is on", func(w *engine.World, units engine.Table[unit]) {
		id, _ := units.Slot(w, 2)
		units.Despawn(w, id)
		_, u := units.Slot(w, 0)
		u.On = true
	}, false, "06 00 00 00 02 6e 09"},
	{"tick 7, full", func(*engine.World, engine.Table[unit]) {}, true, "07 00 00 00 5f 00 e0 c3 63 69"},
}

func TestVectors(t *testing.T) {
	s, units := newUnits(t)
	w, codec := s.NewWorld(), NewCodec(s)
	sent, got := NewRing(s, 16), NewRing(s, 16)
	for _, v := range vectors {
		w.SetTick(w.Tick() + 1)
		v.change(w, units)
		cur := sent.Slot(w.Tick())
		cur.Capture(w)
		var base *Snapshot
		if !v.full {
			base = sent.At(w.Tick() - 1)
		}
		wire, err := hex.DecodeString(strings.ReplaceAll(v.wire, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if data := codec.Append(nil, cur, base); !bytes.Equal(data, wire) {
			t.Errorf("%s: % x, want % x", v.name, data, wire)
			wire = data
		}
		dst := got.Slot(w.Tick())
		if err := codec.Decode(dst, got.At, wire); err != nil || dst.Hash() != cur.Hash() {
			t.Errorf("%s: decoded with %v: %s", v.name, err, dst.World().Diff(cur.World()))
		}
	}
}
