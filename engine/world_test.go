package engine

import (
	"slices"
	"testing"
)

type testPlayer struct {
	Owner  PlayerID `net:"owner"`
	X, Y   int32    `net:"range=0..65535,lerp,snap=4096"`
	Aim    uint16   `net:"bits=12,lerp=angle"`
	Health uint8    `net:"max=100"`
	Speed  float32  `net:"range=-8..8,step=1/64,lerp"`
	Ammo   [4]uint8 `net:"max=63"`
	Frags  uint16
	path   [8]uint16 `net:"-"`
}

type testRocket struct {
	Owner PlayerID `net:"owner"`
	X     int32    `net:"range=-1000..1000,step=10,lerp"`
	Timer Tick
}

type testDoor struct{ Open bool }

type testInput struct {
	MoveX, MoveY int8   `net:"range=-1..1"`
	Aim          uint16 `net:"bits=12"`
	Fire         bool
	Slots        [3]uint8 `net:"max=9"`
}

type testGame struct {
	schema  *Schema
	players Table[testPlayer]
	rockets Table[testRocket]
	doors   Table[testDoor]
	input   InputPlan[testInput]
}

func newTestGame(t testing.TB) testGame {
	t.Helper()
	s := NewSchema("test", 1)
	g := testGame{
		schema:  s,
		players: AddTable[testPlayer](s, "players", 16),
		rockets: AddTable[testRocket](s, "rockets", 130),
		doors:   AddTable[testDoor](s, "doors", 64),
		input:   SetInput[testInput](s),
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestTickAndID(t *testing.T) {
	last := ^Tick(0)
	if got := Tick(2).Sub(last); got != 3 {
		t.Errorf("2 after the wrap: Sub = %d, want 3", got)
	}
	if !last.Before(0) || Tick(0).Before(last) || last.Before(last) {
		t.Error("Before does not wrap")
	}
	if id := makeID(17, 3); id.Slot() != 17 || id.Generation() != 3 || id != 3<<16|17 {
		t.Errorf("ID = %#x: slot %d, generation %d", id, id.Slot(), id.Generation())
	}
}

func TestSpawnFillsLowestSlots(t *testing.T) {
	g := newTestGame(t)
	w := g.schema.NewWorld()
	for i := range g.rockets.Cap() {
		id, r := g.rockets.Spawn(w)
		if id.Slot() != i || r == nil || *r != (testRocket{}) {
			t.Fatalf("Spawn %d: %#x, %v", i, id, r)
		}
		r.X = int32(i)
	}
	if id, r := g.rockets.Spawn(w); id != 0 || r != nil {
		t.Errorf("Spawn in a full table = %#x, %v, want 0, nil", id, r)
	}
	for _, slot := range []int{129, 63, 64} {
		id, _ := g.rockets.Slot(w, slot)
		if !g.rockets.Despawn(w, id) || g.rockets.Despawn(w, id) {
			t.Errorf("Despawn of slot %d is not true once", slot)
		}
		if g.rockets.At(w, id) != nil {
			t.Errorf("At finds what was despawned in slot %d", slot)
		}
	}
	if got := g.rockets.Len(w); got != 127 {
		t.Errorf("Len = %d, want 127", got)
	}
	for _, want := range []int{63, 64, 129} {
		id, r := g.rockets.Spawn(w)
		if id.Slot() != want || id.Generation() != 2 || r.X != 0 {
			t.Errorf("respawn: slot %d generation %d row %v, want slot %d generation 2 zero", id.Slot(), id.Generation(), *r, want)
		}
		if g.rockets.At(w, makeID(want, 1)) != nil {
			t.Errorf("a stale ID finds the new row in slot %d", want)
		}
	}
}

func TestSpawnAtReplaces(t *testing.T) {
	g := newTestGame(t)
	w := g.schema.NewWorld()
	first, p := g.players.SpawnAt(w, 5)
	p.Health = 7
	second, q := g.players.SpawnAt(w, 5)
	if first.Slot() != 5 || second.Slot() != 5 || first == second || q.Health != 0 {
		t.Errorf("SpawnAt(5) twice: %#x, %#x, %v", first, second, *q)
	}
	if g.players.At(w, first) != nil || g.players.At(w, second) != q || g.players.Len(w) != 1 {
		t.Error("the first row is still there, or the second is not")
	}
	for _, slot := range []int{-1, 16, 1 << 20} {
		if id, p := g.players.SpawnAt(w, slot); id != 0 || p != nil {
			t.Errorf("SpawnAt(%d) = %#x, %v, want 0, nil", slot, id, p)
		}
		if id, p := g.players.Slot(w, slot); id != 0 || p != nil {
			t.Errorf("Slot(%d) = %#x, %v, want 0, nil", slot, id, p)
		}
	}
	if g.players.At(w, 0) != nil || g.players.At(w, makeID(4000, 1)) != nil || g.players.Despawn(w, 0) {
		t.Error("the zero ID or one beyond the table names a row")
	}
}

func TestGenerationsSkipZero(t *testing.T) {
	g := newTestGame(t)
	w := g.schema.NewWorld()
	for range 65535 {
		g.doors.SpawnAt(w, 0)
	}
	id, _ := g.doors.Slot(w, 0)
	if id.Generation() != 65535 {
		t.Fatalf("generation %d, want 65535", id.Generation())
	}
	if id, _ = g.doors.SpawnAt(w, 0); id != makeID(0, 1) {
		t.Errorf("after the last generation: ID %#x, want that of generation 1", id)
	}
}

func TestAllIsInSlotOrderWhateverHappens(t *testing.T) {
	g := newTestGame(t)
	w := g.schema.NewWorld()
	for range 130 {
		g.rockets.Spawn(w)
	}
	var visited []int
	for id := range g.rockets.All(w) {
		visited = append(visited, id.Slot())
		if id.Slot() == 10 { // itself, one that was visited, and two that were not
			for _, slot := range []int{10, 3, 11, 128} {
				victim, _ := g.rockets.Slot(w, slot)
				g.rockets.Despawn(w, victim)
			}
		}
		if id.Slot() == 70 {
			g.rockets.SpawnAt(w, 3)   // its turn is over
			g.rockets.SpawnAt(w, 128) // its turn comes
		}
	}
	var want []int
	for i := range 130 {
		if i != 11 {
			want = append(want, i)
		}
	}
	if !slices.Equal(visited, want) {
		t.Errorf("visited %v, want %v", visited, want)
	}
	for id := range g.rockets.All(w) {
		if id.Slot() == 2 {
			break
		}
		if id.Slot() > 2 {
			t.Fatal("break did not end the iteration")
		}
	}
}

func TestCopyFromIsComplete(t *testing.T) {
	g := newTestGame(t)
	w, o := g.schema.NewWorld(), g.schema.NewWorld()
	for range 100 {
		_, r := g.rockets.Spawn(o) // o has more than w, all of which must go
		r.X = 9
	}
	for range 3 {
		g.rockets.Spawn(w)
	}
	id, _ := g.rockets.Slot(w, 1)
	g.rockets.Despawn(w, id)
	_, p := g.players.SpawnAt(w, 15)
	p.X, p.path[7] = 77, 99
	w.SetTick(12)
	o.CopyFrom(w)
	if diff := o.Diff(w); diff != "" || !o.Equal(w) || o.Hash() != w.Hash() {
		t.Errorf("the copy differs: %s", diff)
	}
	if _, q := g.players.Slot(o, 15); q.path[7] != 99 || q == p {
		t.Errorf("server-only field of the copy: %v", q)
	}
	if g.rockets.Len(o) != 2 || g.rockets.Len(w) != 2 {
		t.Errorf("Len = %d and %d, want 2", g.rockets.Len(o), g.rockets.Len(w))
	}
	for range 5 { // the copy goes on as the original: IDs, generations, zeros
		a, x := g.rockets.Spawn(w)
		b, y := g.rockets.Spawn(o)
		if a != b || *x != *y || x.X != 0 {
			t.Fatalf("Spawn in world and copy: %#x %v and %#x %v", a, *x, b, *y)
		}
	}
	o.Clear()
	if !o.Equal(g.schema.NewWorld()) {
		t.Error("a cleared world is not a new one")
	}
	if id, _ := g.rockets.Spawn(o); id != makeID(0, 1) {
		t.Errorf("a cleared world remembers generations: %#x", id)
	}
}

func TestHandlesWorkAcrossEqualSchemas(t *testing.T) {
	g, h := newTestGame(t), newTestGame(t)
	w := h.schema.NewWorld()
	g.players.SpawnAt(w, 2)
	o := g.schema.NewWorld()
	if o.CopyFrom(w); !o.Equal(w) || g.players.Len(o) != 1 {
		t.Error("worlds of two declarations of one schema do not mix")
	}
}

func TestMisusePanics(t *testing.T) {
	g := newTestGame(t)
	s := NewSchema("other", 1)
	doors := AddTable[testDoor](s, "gates", 64)
	w := s.NewWorld()
	broken := NewSchema("broken", 1)
	none := AddTable[int](broken, "x", 1)
	for name, misuse := range map[string]func(){
		"table of another name":    func() { g.players.Len(w) },
		"table past the last":      func() { g.rockets.Len(w) },
		"table with a mistake":     func() { none.Len(w) },
		"copy of another schema":   func() { g.schema.NewWorld().CopyFrom(w) },
		"world of a broken schema": func() { broken.NewWorld() },
		"inputs of nobody":         func() { NewInputs[int](0) },
		"inputs of too many":       func() { NewInputs[int](256) },
		"input of player 4 of 4":   func() { NewInputs[int](4).Set(4, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("did not panic")
				}
			}()
			misuse()
		})
	}
	doors.Spawn(w)
}

func TestInputs(t *testing.T) {
	in := NewInputs[int](4)
	if in.Authority() || in.Local() != NoPlayer {
		t.Error("new inputs have authority or a local player")
	}
	in.Set(3, 30)
	in.Set(0, 0)
	for p, want := range []bool{true, false, false, true, false} {
		if v, ok := in.For(PlayerID(p)); ok != want || ok && v != p*10 {
			t.Errorf("For(%d) = %d, %v", p, v, ok)
		}
	}
	if _, ok := in.For(NoPlayer); ok {
		t.Error("nobody has an input")
	}
	if from, to, frac := in.Seen(3); from != nil || to != nil || frac != 0 {
		t.Error("Seen without history is not nil, nil, 0")
	}
	g := newTestGame(t)
	a, b := g.schema.NewWorld(), g.schema.NewWorld()
	in.SetSeen(func(p PlayerID) (*World, *World, Frac) { return a, b, Frac(p) })
	in.SetAuthority(true)
	in.SetLocal(2)
	in.Clear()
	if v, ok := in.For(3); ok || v != 0 {
		t.Errorf("For after Clear = %d, %v", v, ok)
	}
	if from, to, frac := in.Seen(3); from != a || to != b || frac != 3 || !in.Authority() || in.Local() != 2 {
		t.Error("Clear took more than the inputs")
	}
}

func TestNoAllocations(t *testing.T) {
	g := newTestGame(t)
	w, o, view := g.schema.NewWorld(), g.schema.NewWorld(), g.schema.NewWorld()
	for i := range 16 {
		_, p := g.players.SpawnAt(w, i)
		p.Owner, p.X = PlayerID(i), int32(i)
	}
	o.CopyFrom(w)
	in := NewInputs[testInput](16)
	var offsets Offsets
	var dst testPlayer
	id, _ := g.players.Slot(w, 3)
	sum := 0
	offsets.Capture(w, o, 3) // grows
	for name, run := range map[string]func(){
		"All": func() {
			for id, p := range g.players.All(w) {
				sum += int(p.X) + id.Slot()
			}
		},
		"Spawn and Despawn": func() { id, _ := g.rockets.Spawn(w); g.rockets.Despawn(w, id) },
		"CopyFrom":          func() { o.CopyFrom(w) },
		"Quantise":          func() { w.Quantise(); w.ClearHidden() },
		"Hash and Equal":    func() { sum += int(w.Hash()); w.Equal(o) },
		"LerpFrom":          func() { view.LerpFrom(w, o, 99, 3); view.ExtrapolateFrom(w, o, 99, 3) },
		"CopyOwned":         func() { view.CopyOwned(w, 3); view.DropOwned(3) },
		"Lerp":              func() { g.players.Lerp(&dst, w, o, id, 7) },
		"Offsets":           func() { offsets.Capture(w, o, 3); offsets.Apply(o, 7) },
		"Inputs":            func() { in.Clear(); in.Set(3, testInput{}); in.For(3) },
	} {
		if allocs := testing.AllocsPerRun(50, run); allocs != 0 {
			t.Errorf("%s: %v allocations, want 0", name, allocs)
		}
	}
}
