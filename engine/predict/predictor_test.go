package predict

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

type body struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..1000000,lerp,snap=20000"`
}

type push struct {
	Move int8 `net:"range=-1..1"`
}

type rules struct{ bodies engine.Table[body] }

func (r rules) Step(w *engine.World, in *engine.Inputs[push]) {
	for _, b := range r.bodies.All(w) {
		if input, ok := in.For(b.Owner); ok {
			b.X += 100 * int32(input.Move)
		}
	}
}

// A match is a server and a predictor of player 1 without a network.
type match struct {
	rules
	predictor *Predictor[push]
	server    *engine.World
	inputs    *engine.Inputs[push]
	now       time.Time
}

const (
	startTick = engine.Tick(1<<32 - 30) // ticks wrap within the tests
	startX    = 500000
)

func newMatch(t testing.TB) *match {
	t.Helper()
	schema := engine.NewSchema("push", 1)
	m := &match{
		rules:  rules{engine.AddTable[body](schema, "bodies", 4)},
		inputs: engine.NewInputs[push](4), now: time.Unix(0, 0),
	}
	plan := engine.SetInput[push](schema)
	if err := schema.Err(); err != nil {
		t.Fatal(err)
	}
	m.server = schema.NewWorld()
	m.server.SetTick(startTick)
	for p := range 2 {
		_, b := m.bodies.SpawnAt(m.server, p)
		b.Owner, b.X = engine.PlayerID(p), startX
	}
	m.predictor = New(schema, plan, m.rules, 1, 4)
	return m
}

// serve runs the server's next tick with the predictor's own input.
func (m *match) serve() {
	tick := m.server.Tick() + 1
	m.server.SetTick(tick)
	m.inputs.Clear()
	if input, ok := m.predictor.Input(tick); ok {
		m.inputs.Set(1, input)
	}
	m.Step(m.server, m.inputs)
	m.server.Quantise()
}

// x returns where a body is in a world.
func (m *match) x(w *engine.World, slot int) int32 {
	_, b := m.bodies.Slot(w, slot)
	return b.X
}

// shown returns where the view has the own body.
func (m *match) shown(frac engine.Frac) int32 {
	view := m.server.Schema().NewWorld()
	view.CopyFrom(m.server)
	m.predictor.View(view, m.now, frac)
	return m.x(view, 1)
}

// begin starts 6 ticks ahead and plays a while without errors.
func (m *match) begin() {
	m.predictor.Start(m.server, startTick+6)
	for range 40 {
		m.predictor.Step(push{Move: 1})
		m.serve()
		m.predictor.Reconcile(m.now, m.server)
	}
}

func TestPredictionIsConfirmed(t *testing.T) {
	m := newMatch(t)
	m.begin()
	if got := m.predictor.Tick().Sub(startTick); got != 46 {
		t.Fatalf("predicted %d ticks on, want 46", got)
	}
	if s := m.predictor.Stats(); s.Confirmed != 40 || s.Corrections != 0 || s.Replayed != 6+40*6 {
		t.Errorf("stats %+v, want 40 confirmed, 0 corrections, 246 replayed", s)
	}
	if got, want := m.x(m.predictor.World(), 1), int32(startX+40*100); got != want {
		t.Errorf("the own body is predicted at %d, want %d", got, want)
	}
}

// Between ticks, one's own body is drawn on the way from the last to the next.
func TestViewBetweenTicks(t *testing.T) {
	m := newMatch(t)
	m.begin()
	for _, test := range []struct {
		frac engine.Frac
		want int32
	}{{0, startX + 3900}, {0x8000, startX + 3950}, {0xffff, startX + 3999}} {
		if got := m.shown(test.frac); got != test.want {
			t.Errorf("frac %#x: shown at %d, want %d", test.frac, got, test.want)
		}
	}
}

func TestCorrectionDecays(t *testing.T) {
	m := newMatch(t)
	m.begin()
	before := m.shown(0xffff)
	_, b := m.bodies.Slot(m.server, 1)
	b.X -= 1000 // somebody was in the way
	m.serve()
	m.predictor.Reconcile(m.now, m.server)
	if s := m.predictor.Stats(); s.Corrections != 1 {
		t.Errorf("%d corrections, want 1", s.Corrections)
	}
	truth := before - 1000
	for _, test := range []struct {
		after time.Duration
		want  int32
	}{{0, 1000}, {HalfLife, 500}, {2 * HalfLife, 250}, {5 * HalfLife, 31}, {time.Minute, 0}} {
		m.now = time.Unix(0, 0).Add(test.after)
		if got := m.shown(0xffff) - truth; got < test.want-2 || got > test.want+2 {
			t.Errorf("after %v the error shown is %d, want %d", test.after, got, test.want)
		}
	}
}

// An error while another is being walked off does not make the view jump.
func TestCorrectionsAddUp(t *testing.T) {
	m := newMatch(t)
	m.begin()
	correct := func(by int32) {
		_, b := m.bodies.Slot(m.server, 1)
		b.X += by
		m.serve()
		m.predictor.Reconcile(m.now, m.server)
	}
	correct(1000)
	m.now = m.now.Add(HalfLife)
	before := m.shown(0xffff)
	correct(-3000)
	if after := m.shown(0xffff); after < before-2 || after > before+2 {
		t.Errorf("the second correction moved the view from %d to %d at once", before, after)
	}
}

// A teleport is not smoothed.
func TestCorrectionSnaps(t *testing.T) {
	m := newMatch(t)
	m.begin()
	_, b := m.bodies.Slot(m.server, 1)
	b.X -= 30000
	want := m.shown(0xffff) - 30000
	m.serve()
	m.predictor.Reconcile(m.now, m.server)
	if got := m.shown(0xffff); got != want {
		t.Errorf("shown at %d, want %d at once", got, want)
	}
}

// However far the server falls behind, a replay is bounded; and a server that
// is ahead is followed.
func TestReplayIsBounded(t *testing.T) {
	m := newMatch(t)
	m.begin()
	for range 200 {
		m.predictor.Step(push{Move: 1})
	}
	before := m.predictor.Stats()
	m.predictor.Reconcile(m.now, m.server)
	after := m.predictor.Stats()
	if n := after.Replayed - before.Replayed; n != Ring {
		t.Errorf("replayed %d ticks, want %d", n, Ring)
	}
	if n := after.Skipped - before.Skipped; n != 206-Ring {
		t.Errorf("skipped %d ticks, want %d", n, 206-Ring)
	}
	m.server.SetTick(m.predictor.Tick() + 5)
	m.predictor.Reconcile(m.now, m.server)
	if got := m.predictor.Tick(); got != m.server.Tick() {
		t.Errorf("predicted tick %d, want the server's %d", got, m.server.Tick())
	}
}

func TestPredictorDoesNotAllocate(t *testing.T) {
	m := newMatch(t)
	m.begin()
	view := m.server.Schema().NewWorld()
	if n := testing.AllocsPerRun(200, func() {
		m.now = m.now.Add(time.Second / 60)
		m.predictor.Step(push{Move: -1})
		m.serve()
		_, b := m.bodies.Slot(m.server, 1)
		b.X++
		m.predictor.Reconcile(m.now, m.server)
		m.predictor.View(view, m.now, 0x8000)
	}); n != 0 {
		t.Errorf("%v allocations a tick, want 0", n)
	}
}
