package engine

import (
	"math"
	"math/rand/v2"
	"testing"
)

type mover struct {
	Owner PlayerID `net:"owner"`
	X     int32    `net:"range=-1000000..1000000,lerp,snap=5000"`
	U     uint8    `net:"lerp"`
	Wide  int64    `net:"lerp"`
	Turn  uint16   `net:"bits=12,lerp=angle"`
	Spin  uint8    `net:"lerp=angle"`
	F     float32  `net:"range=-100..100,step=1/4,lerp,snap=50"`
	Free  float32  `net:"lerp"`
	State uint8
	note  uint32 `net:"-"`
}

type prop struct {
	Y int16 `net:"lerp"`
}

type moverGame struct {
	schema *Schema
	movers Table[mover]
	props  Table[prop]
}

func newMoverGame(t testing.TB) moverGame {
	t.Helper()
	s := NewSchema("movers", 1)
	g := moverGame{s, AddTable[mover](s, "movers", 8), AddTable[prop](s, "props", 8)}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}

// pair returns two worlds, one tick apart, with one mover each of the same ID.
func (g moverGame) pair(a, b mover) (from, to *World, id ID) {
	from, to = g.schema.NewWorld(), g.schema.NewWorld()
	from.SetTick(10)
	to.SetTick(11)
	id, x := g.movers.Spawn(from)
	_, y := g.movers.Spawn(to)
	*x, *y = a, b
	return from, to, id
}

func TestLerp(t *testing.T) {
	g := newMoverGame(t)
	const half = 32768
	for _, test := range []struct {
		name string
		a, b mover
		frac Frac
		want mover
	}{
		{"start", mover{X: 100, Turn: 4000, F: 1}, mover{X: 200, Turn: 10, F: 2}, 0, mover{X: 100, Turn: 4000, F: 1}},
		{"half", mover{X: 100}, mover{X: 200}, half, mover{X: 150}},
		{"backwards", mover{X: 100}, mover{X: -100}, half / 2, mover{X: 50}},
		{"end is not quite reached", mover{X: 0}, mover{X: 4000}, 65535, mover{X: 3999}},
		{"rounds towards from, up", mover{X: 10}, mover{X: 13}, half, mover{X: 11}},
		{"rounds towards from, down", mover{X: 13}, mover{X: 10}, half, mover{X: 12}},
		{"unsigned down", mover{U: 255}, mover{U: 0}, half, mover{U: 128}},
		{"unsigned up", mover{U: 0}, mover{U: 255}, half, mover{U: 127}},
		{"widest", mover{Wide: math.MinInt64}, mover{Wide: math.MaxInt64}, half, mover{Wide: -1}},
		{"angle through zero, up", mover{Turn: 4000}, mover{Turn: 104}, half, mover{Turn: 4}},
		{"angle through zero, down", mover{Turn: 104}, mover{Turn: 4000}, half, mover{Turn: 4}},
		{"angle just short of half a turn", mover{Turn: 0}, mover{Turn: 2047}, half, mover{Turn: 1023}},
		{"half a turn goes down", mover{Turn: 0}, mover{Turn: 2048}, half, mover{Turn: 3072}},
		{"angle as wide as its type", mover{Spin: 250}, mover{Spin: 6}, half, mover{Spin: 0}},
		{"float", mover{F: -10, Free: 1e30}, mover{F: 10, Free: 3e30}, half / 2, mover{F: -5, Free: 1.5e30}},
		{"others wait", mover{State: 1, note: 5}, mover{State: 2, note: 6}, 65535, mover{State: 1, note: 5}},
		{"owner waits", mover{Owner: 1}, mover{Owner: 3}, 65535, mover{Owner: 1}},
		{"snap distance is still a way", mover{X: 0, F: 50}, mover{X: 5000, F: 0}, half, mover{X: 2500, F: 25}},
		{"jump holds the row", mover{X: 0, U: 1, Turn: 7}, mover{X: 5001, U: 99, Turn: 77}, half, mover{X: 0, U: 1, Turn: 7}},
		{"float jump holds the row", mover{F: 50.25, U: 1}, mover{F: 0, U: 99}, half, mover{F: 50.25, U: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to, id := g.pair(test.a, test.b)
			var got mover
			if !g.movers.Lerp(&got, from, to, id, test.frac) || got != test.want {
				t.Errorf("Lerp = %+v, want %+v", got, test.want)
			}
			view := g.schema.NewWorld()
			view.LerpFrom(from, to, test.frac, NoPlayer)
			if row := g.movers.At(view, id); row == nil || *row != test.want || view.Tick() != 10 {
				t.Errorf("LerpFrom gives %+v at tick %d", row, view.Tick())
			}
		})
	}
}

func TestLerpOfRowsThatComeAndGo(t *testing.T) {
	g := newMoverGame(t)
	from, to, stays := g.pair(mover{X: 10}, mover{X: 20})
	gone, row := g.movers.SpawnAt(from, 3)
	row.X = 30
	replaced, row := g.movers.SpawnAt(from, 4)
	row.X = 40
	g.movers.SpawnAt(to, 4)
	_, row = g.movers.SpawnAt(to, 4) // another generation
	row.X = 999
	comes, _ := g.movers.SpawnAt(to, 5)
	dst := mover{X: 7}
	if g.movers.Lerp(&dst, from, to, comes, 9) || g.movers.Lerp(&dst, from, to, 0, 9) || dst.X != 7 {
		t.Error("Lerp of a row that is not in from is not false, or changed dst")
	}
	view := g.schema.NewWorld()
	g.movers.SpawnAt(view, 7) // goes
	view.LerpFrom(from, to, 32768, NoPlayer)
	for id, want := range map[ID]int32{stays: 15, gone: 30, replaced: 40} {
		if !g.movers.Lerp(&dst, from, to, id, 32768) || dst.X != want {
			t.Errorf("Lerp of slot %d: X = %d, want %d", id.Slot(), dst.X, want)
		}
		if row := g.movers.At(view, id); row == nil || row.X != want {
			t.Errorf("LerpFrom of slot %d: %v, want X = %d", id.Slot(), row, want)
		}
	}
	if g.movers.Len(view) != 3 {
		t.Errorf("the view has %d rows, want 3", g.movers.Len(view))
	}
}

// TestLerpIsMonotonic: from one end to the other without turning back, for
// any two values, and the same by Table.Lerp and World.LerpFrom.
func TestLerpIsMonotonic(t *testing.T) {
	g := newMoverGame(t)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		x := rng.Int32N(1_000_000)
		from, to, id := g.pair(
			mover{X: x, Wide: int64(rng.Uint64()), Turn: uint16(rng.IntN(4096)), Free: rng.Float32()},
			mover{X: x + rng.Int32N(10_000) - 5000, Wide: int64(rng.Uint64()), Turn: uint16(rng.IntN(4096)), Free: rng.Float32()})
		a, b := *g.movers.At(from, id), *g.movers.At(to, id)
		previous := a
		for frac := 0; frac <= 65535; frac += 257 {
			var m mover
			g.movers.Lerp(&m, from, to, id, Frac(frac))
			if !between(int64(previous.X), int64(m.X), int64(b.X)) || !between(previous.Wide, m.Wide, b.Wide) ||
				!between(previous.Free, m.Free, b.Free) || turn(m.Turn, b.Turn) > turn(previous.Turn, b.Turn) {
				t.Fatalf("from %+v to %+v at %d: %+v after %+v", a, b, frac, m, previous)
			}
			previous = m
		}
	}
}

func between[T int64 | float32](a, x, b T) bool { return a <= x && x <= b || b <= x && x <= a }

// turn returns the way between two angles of 12 bits, the shorter one.
func turn(a, b uint16) uint16 { return min((a-b)&4095, (b-a)&4095) }

func TestSkipOwner(t *testing.T) {
	g := newMoverGame(t)
	from, to, _ := g.pair(mover{Owner: 2, X: 1}, mover{Owner: 2, X: 3})
	_, row := g.movers.Spawn(from)
	row.Owner = 5
	_, row = g.movers.Spawn(from)
	row.Owner = NoPlayer
	g.props.Spawn(from)
	view := g.schema.NewWorld()
	for skip, want := range map[PlayerID]int{2: 2, 5: 2, 7: 3, NoPlayer: 3} {
		if view.LerpFrom(from, to, 1, skip); g.movers.Len(view) != want || g.props.Len(view) != 1 {
			t.Errorf("LerpFrom without %d: %d movers and %d props, want %d and 1", skip, g.movers.Len(view), g.props.Len(view), want)
		}
		if view.ExtrapolateFrom(to, from, 1, skip); g.movers.Len(view) != want || g.props.Len(view) != 1 {
			t.Errorf("ExtrapolateFrom without %d: %d movers, want %d", skip, g.movers.Len(view), want)
		}
	}
}

func TestExtrapolate(t *testing.T) {
	g := newMoverGame(t)
	for _, test := range []struct {
		name   string
		a, b   mover
		beyond uint32
		want   mover
	}{
		{"half again", mover{X: 100, F: 1, Turn: 4090}, mover{X: 200, F: 2, Turn: 4}, 32768, mover{X: 250, F: 2.5, Turn: 9}},
		{"twice again", mover{X: 100}, mover{X: 90}, 2 << 16, mover{X: 70}},
		{"not at all", mover{X: 100, U: 3}, mover{X: 200, U: 9}, 0, mover{X: 200, U: 9}},
		{"stops at the end", mover{X: 999_000, U: 200, F: 99}, mover{X: 999_990, U: 250, F: 99.75}, 1 << 20, mover{X: 1_000_000, U: 255, F: 100}},
		{"stops at the start", mover{X: -999_000, U: 50, F: -99}, mover{X: -999_990, U: 5, F: -99.75}, 1 << 20, mover{X: -1_000_000, U: 0, F: -100}},
		{"stops at the widest", mover{Wide: 0}, mover{Wide: math.MaxInt64 - 1}, 1<<32 - 1, mover{Wide: math.MaxInt64}},
		{"stops at the widest, beyond 64 bits", mover{Wide: -1 << 62}, mover{Wide: 1 << 62}, 2 << 16, mover{Wide: math.MaxInt64}},
		{"stops at the largest", mover{Free: 0}, mover{Free: math.MaxFloat32}, 1 << 20, mover{Free: math.MaxFloat32}},
		{"jump stays", mover{X: 0, U: 1}, mover{X: 6000, U: 3}, 65536, mover{X: 6000, U: 3}},
		{"others stay", mover{State: 1}, mover{State: 5}, 65536, mover{State: 5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to, id := g.pair(test.a, test.b)
			fresh, row := g.movers.Spawn(to)
			row.X = 5
			view := g.schema.NewWorld()
			view.ExtrapolateFrom(from, to, test.beyond, NoPlayer)
			if got := g.movers.At(view, id); got == nil || *got != test.want || view.Tick() != 11 {
				t.Errorf("got %+v at tick %d, want %+v", got, view.Tick(), test.want)
			}
			if got := g.movers.At(view, fresh); got == nil || got.X != 5 {
				t.Errorf("a new row became %+v", got)
			}
		})
	}
}

func TestCopyOwned(t *testing.T) {
	g := newMoverGame(t)
	view, predicted := g.schema.NewWorld(), g.schema.NewWorld()
	view.SetTick(5)
	for i, owner := range []PlayerID{1, 2, 1, NoPlayer, 2} {
		_, row := g.movers.SpawnAt(view, i)
		row.Owner, row.State = owner, 1
	}
	g.props.Spawn(view)
	for _, slot := range []int{0, 1, 4, 6} { // 4 is taken by another in the view
		_, row := g.movers.SpawnAt(predicted, slot)
		row.Owner, row.State = 1, 9
	}
	_, row := g.movers.Slot(predicted, 1)
	row.Owner = 2 // not ours, so not copied
	_, row = g.movers.SpawnAt(predicted, 7)
	row.Owner = NoPlayer
	view.CopyOwned(predicted, 1)
	want := map[int][2]uint8{0: {1, 9}, 1: {2, 1}, 3: {255, 1}, 4: {1, 9}, 6: {1, 9}}
	for slot := range 8 {
		_, row := g.movers.Slot(view, slot)
		w, live := want[slot]
		if live != (row != nil) || live && (uint8(row.Owner) != w[0] || row.State != w[1]) {
			t.Errorf("slot %d: %+v, want %v %v", slot, row, live, w)
		}
	}
	if g.props.Len(view) != 1 || view.Tick() != 5 || g.movers.Len(view) != 5 {
		t.Error("CopyOwned touched more than the player's rows")
	}
	before := view.Hash()
	view.CopyOwned(predicted, NoPlayer)
	view.DropOwned(NoPlayer)
	if view.Hash() != before {
		t.Error("nobody owns rows")
	}
	view.DropOwned(1)
	if g.movers.Len(view) != 2 {
		t.Errorf("DropOwned left %d rows, want 2", g.movers.Len(view))
	}
	id, _ := g.movers.Slot(view, 1)
	if g.movers.Owner(view, id) != 2 || g.movers.Owner(view, 0) != NoPlayer || view.Rows(0).Owner(1) != 2 || view.Rows(0).Owner(0) != NoPlayer || view.Rows(1).Owner(0) != NoPlayer {
		t.Error("Owner of a row, of none, or of a table without owners")
	}
}

func TestOffsets(t *testing.T) {
	g := newMoverGame(t)
	shown, truth, id := g.pair(
		mover{Owner: 1, X: 1000, Turn: 4090, F: 10, U: 20, State: 3},
		mover{Owner: 1, X: 900, Turn: 10, F: 12, U: 20, State: 4})
	jumped, row := g.movers.Spawn(shown)
	*row = mover{Owner: 1, X: 9000}
	_, row = g.movers.Spawn(truth)
	*row = mover{Owner: 1}
	theirs, row := g.movers.Spawn(shown)
	*row = mover{Owner: 2, X: 50}
	_, row = g.movers.Spawn(truth)
	*row = mover{Owner: 2}
	_, row = g.movers.SpawnAt(truth, 6) // not shown before
	row.Owner = 1
	lost, row := g.movers.SpawnAt(shown, 7) // another's by now
	*row = mover{Owner: 1, X: 50}
	_, row = g.movers.SpawnAt(truth, 7)
	*row = mover{Owner: 2}

	var offsets Offsets
	if offsets.Apply(truth, 65535); !offsets.Empty() {
		t.Error("the zero value is not empty")
	}
	offsets.Capture(shown, truth, 1)
	if offsets.Empty() {
		t.Fatal("captured nothing")
	}
	view := g.schema.NewWorld()
	for _, test := range []struct {
		scale Frac
		want  mover
	}{
		{0, mover{Owner: 1, X: 900, Turn: 10, F: 12, U: 20, State: 4}},
		{32768, mover{Owner: 1, X: 950, Turn: 2, F: 11, U: 20, State: 4}},
		{65535, mover{Owner: 1, X: 999, Turn: 4091, F: 10, U: 20, State: 4}},
	} {
		view.CopyFrom(truth)
		offsets.Apply(view, test.scale)
		got := *g.movers.At(view, id)
		if math.Abs(float64(got.F-test.want.F)) < 0.001 {
			got.F = test.want.F
		}
		if got != test.want {
			t.Errorf("scale %d: %+v, want %+v", test.scale, got, test.want)
		}
		if g.movers.At(view, jumped).X != 0 || g.movers.At(view, theirs).X != 0 || g.movers.At(view, lost).X != 0 {
			t.Error("a row that jumped, or another player's, has an offset")
		}
	}
	row = g.movers.At(view, id)
	row.X, row.U = 999_950, 20
	offsets.Apply(view, 65535)
	if row.X != 1_000_000 {
		t.Errorf("an offset left the range: X = %d", row.X)
	}
	g.movers.Despawn(view, id)
	offsets.Apply(view, 65535) // passes over it
	offsets.Capture(truth, truth, 1)
	if !offsets.Empty() {
		t.Error("offsets where there is no error")
	}
	if offsets.Capture(shown, truth, NoPlayer); !offsets.Empty() {
		t.Error("nobody has offsets")
	}
	offsets.Capture(shown, truth, 1)
	if offsets.Clear(); !offsets.Empty() {
		t.Error("Clear left some")
	}
}
