package engine

import "testing"

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

type testInput struct {
	MoveX, MoveY int8   `net:"range=-1..1"`
	Aim          uint16 `net:"bits=12"`
	Fire         bool
}

type testGame struct {
	schema  *Schema
	players Table[testPlayer]
	input   InputPlan[testInput]
}

func newTestGame(t testing.TB) testGame {
	t.Helper()
	s := NewSchema("test", 1)
	g := testGame{schema: s, players: AddTable[testPlayer](s, "players", 16), input: SetInput[testInput](s)}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestSpawnAndIterate(t *testing.T) {
	g := newTestGame(t)
	w := g.schema.NewWorld()
	for i := range 16 {
		id, p := g.players.Spawn(w)
		if id.Slot() != i {
			t.Fatalf("Spawn %d: slot %d", i, id.Slot())
		}
		p.X = int32(i)
	}
	if id, p := g.players.Spawn(w); id != 0 || p != nil {
		t.Errorf("Spawn in a full table = %d, %v", id, p)
	}
	allocs := testing.AllocsPerRun(100, func() {
		sum := 0
		for _, p := range g.players.All(w) {
			sum += int(p.X)
		}
		if sum != 120 {
			t.Fatal(sum)
		}
	})
	if allocs != 0 {
		t.Errorf("All allocates %v times", allocs)
	}
	o := g.schema.NewWorld()
	o.CopyFrom(w)
	if !o.Equal(w) || o.Hash() != w.Hash() || o.Diff(w) != "" {
		t.Errorf("copy differs: %s", o.Diff(w))
	}
	_, p := g.players.Slot(o, 3)
	p.Ammo[2] = 1
	t.Log(o.Diff(w))
	t.Log(g.schema.Describe())
}

func BenchmarkCopyFrom(b *testing.B) {
	g := newTestGame(b)
	w, o := g.schema.NewWorld(), g.schema.NewWorld()
	for range 16 {
		g.players.Spawn(w)
	}
	b.ReportAllocs()
	for b.Loop() {
		o.CopyFrom(w)
	}
}
