package engine

import "testing"

func TestRows(t *testing.T) {
	g := newTestGame(t)
	w := g.schema.NewWorld()
	rows := w.Rows(g.rockets.Index())
	if rows.Layout() != g.schema.Layout(1) || rows.Layout().Name() != "rockets" || rows.Layout().Capacity() != 130 || rows.Len() != 0 {
		t.Error("Rows of the wrong table")
	}
	rows.Put(129, 7)
	if rows.ID(129) != makeID(129, 7) || rows.Generation(129) != 7 || rows.NextGeneration(129) != 8 || rows.Len() != 1 {
		t.Errorf("Put: ID %#x", rows.ID(129))
	}
	if p := rows.Presence(); len(p) != 3 || p[0] != 0 || p[2] != 2 {
		t.Errorf("Presence = %v", p)
	}
	if rows.Next(0) != 129 || rows.Next(129) != 129 || rows.Next(130) != -1 || rows.Next(1000) != -1 {
		t.Error("Next")
	}
	if rows.Live(128) || !rows.Live(129) || rows.Live(130) || rows.Live(-1) || rows.ID(128) != 0 {
		t.Error("Live or ID")
	}
	field := rows.Layout().Field(1)
	if field.Name() != "X" || field.Bits() != 8 || field.Count() != 200 || field.ZeroIndex() != 100 || rows.Layout().Fields() != 3 {
		t.Errorf("field %s of %d bits, 0..%d, zero %d", field.Name(), field.Bits(), field.Count(), field.ZeroIndex())
	}
	if rows.Index(129, 1) != 100 || !rows.SetIndex(129, 1, 200) || rows.SetIndex(129, 1, 201) || rows.Index(129, 1) != 200 {
		t.Error("Index and SetIndex")
	}
	if _, r := g.rockets.Slot(w, 129); r.X != 1000 {
		t.Errorf("X = %d, want 1000", r.X)
	}
	rows.Put(129, 65535)
	if rows.Index(129, 1) != 100 || rows.NextGeneration(129) != 1 || rows.Len() != 1 {
		t.Error("Put did not replace, or the next generation of the last is not 1")
	}
	rows.Remove(129)
	rows.Remove(129)
	if rows.Live(129) || rows.Len() != 0 || rows.Generation(129) != 65535 {
		t.Error("Remove")
	}
	if g.schema.Input().Fields() != 7 || len(g.schema.Input().Groups()) != 5 || g.schema.Input().Capacity() != 0 {
		t.Error("Input")
	}
}

func BenchmarkCopyFrom(b *testing.B) {
	g := newTestGame(b)
	w, o := g.schema.NewWorld(), g.schema.NewWorld()
	for i := range 16 {
		g.players.SpawnAt(w, i)
		g.rockets.Spawn(w)
		g.rockets.Spawn(w)
	}
	b.ReportAllocs()
	for b.Loop() {
		o.CopyFrom(w)
	}
}

func BenchmarkLerpFrom(b *testing.B) {
	g := newTestGame(b)
	from, to, view := g.schema.NewWorld(), g.schema.NewWorld(), g.schema.NewWorld()
	for i := range 16 {
		_, p := g.players.SpawnAt(from, i)
		p.X, p.Aim = int32(i), uint16(i)
		_, p = g.players.SpawnAt(to, i)
		p.X, p.Aim = int32(i)+100, uint16(i)+200
	}
	b.ReportAllocs()
	for b.Loop() {
		view.LerpFrom(from, to, 30000, 3)
	}
}
