package interp

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/clock"
	"github.com/reckon-engine/reckon/engine/snapshot"
)

const tickInterval = time.Second / 60

type thing struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..10000000,lerp"`
}

// A reel is a ring in which row 0 moves by 1000 a tick, and its buffer.
type reel struct {
	things engine.Table[thing]
	world  *engine.World
	ring   *snapshot.Ring
	buffer *Buffer
}

func newReel(t testing.TB) *reel {
	t.Helper()
	schema := engine.NewSchema("reel", 1)
	things := engine.AddTable[thing](schema, "things", 4)
	if err := schema.Err(); err != nil {
		t.Fatal(err)
	}
	r := &reel{things: things, world: schema.NewWorld(), ring: snapshot.NewRing(schema, 0)}
	r.buffer = New(r.ring, tickInterval)
	_, mine := things.SpawnAt(r.world, 1)
	mine.Owner = 1
	_, other := things.SpawnAt(r.world, 0)
	other.Owner = 0
	return r
}

// firstTick makes ticks wrap in the middle of the tests.
const firstTick = engine.Tick(1<<32 - 20)

func (r *reel) add(n int) {
	tick := firstTick + engine.Tick(n)
	r.world.SetTick(tick)
	_, row := r.things.Slot(r.world, 0)
	row.X = int32(n) * 1000
	r.ring.Slot(tick).Capture(r.world)
	r.buffer.Add(tick)
}

// at returns tick n and sixteenths.
func at(n, sixteenths int) clock.Position {
	return clock.Position{Tick: firstTick + engine.Tick(n), Frac: engine.Frac(sixteenths << 12)}
}

func TestSample(t *testing.T) {
	r := newReel(t)
	for _, n := range []int{12, 10, 11, 11, 15, 16, 60} { // reordered, repeated, lost
		r.add(n)
	}
	dst := r.world.Schema().NewWorld()
	for _, test := range []struct {
		name string
		at   clock.Position
		want View
		x    int32
	}{
		{"on a tick", at(10, 0), View{firstTick + 10, 1, 0}, 10000},
		{"between two", at(11, 4), View{firstTick + 11, 1, 0x4000}, 11250},
		{"across a gap", at(13, 8), View{firstTick + 12, 3, 0x8000}, 13500},
		{"before all", at(3, 8), View{firstTick + 10, 1, 0}, 10000},
		{"a stall holds", at(40, 0), View{firstTick + 16, 1, 0}, 16000},
	} {
		view := r.buffer.Sample(dst, test.at, engine.NoPlayer)
		_, row := r.things.Slot(dst, 0)
		if view != test.want || row.X != test.x {
			t.Errorf("%s: view %+v with X %d, want %+v with %d", test.name, view, row.X, test.want, test.x)
		}
		if !view.Valid() {
			t.Errorf("%s: view %+v is not valid", test.name, view)
		}
	}
	if starved, shown := r.buffer.Starved(); starved != 0 || shown != 5 {
		t.Errorf("%d of %d starved, want 0 of 5", starved, shown)
	}
	r.buffer.Sample(dst, at(10, 0), 1)
	if id, _ := r.things.Slot(dst, 1); id != 0 {
		t.Error("the row of the player to skip is there")
	}
}

// Past the newest snapshot, motion goes on for a quarter of a second.
func TestExtrapolation(t *testing.T) {
	r := newReel(t)
	r.add(8)
	r.add(10)
	dst := r.world.Schema().NewWorld()
	for _, test := range []struct {
		at clock.Position
		x  int32
	}{
		{at(10, 8), 10500}, {at(14, 0), 14000}, {at(25, 0), 25000}, {at(40, 0), 25000}, // 15 ticks are 250 ms
	} {
		r.buffer.Sample(dst, test.at, engine.NoPlayer)
		if _, row := r.things.Slot(dst, 0); row.X != test.x {
			t.Errorf("at %+v: X %d, want %d", test.at, row.X, test.x)
		}
	}
	if starved, _ := r.buffer.Starved(); starved != 4 {
		t.Errorf("%d starved, want 4", starved)
	}
	if view := r.buffer.Find(at(12, 4)); view != (View{firstTick + 12, 1, 0x4000}) {
		t.Errorf("extrapolated to 12¼, the view is %+v", view)
	}
}

func TestBufferForgets(t *testing.T) {
	r := newReel(t)
	for n := range 3 * bufferTicks {
		r.add(n)
	}
	r.buffer.Add(firstTick) // too old to be kept
	if r.buffer.n != bufferTicks {
		t.Fatalf("holds %d ticks, want %d", r.buffer.n, bufferTicks)
	}
	for i := 1; i < r.buffer.n; i++ {
		if r.buffer.ticks[i] != r.buffer.ticks[i-1]+1 {
			t.Fatalf("ticks are %v, want ascending", r.buffer.ticks)
		}
	}
	r.buffer.Reset()
	if _, ok := r.buffer.Newest(); ok {
		t.Error("there is a newest tick after Reset")
	}
	if view := r.buffer.Sample(nil, at(0, 0), engine.NoPlayer); view.Shown() {
		t.Errorf("empty, it shows %+v", view)
	}
}

func BenchmarkSample(b *testing.B) {
	r := newReel(b)
	r.add(10)
	r.add(11)
	dst := r.world.Schema().NewWorld()
	b.ReportAllocs()
	for b.Loop() {
		r.buffer.Sample(dst, at(10, 8), 1)
	}
}
