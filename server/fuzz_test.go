package server

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/interp"
	"github.com/reckon-engine/reckon/engine/session"
)

// still is a game in which nothing happens.
type still struct {
	table engine.Table[struct {
		Owner engine.PlayerID `net:"owner"`
	}]
}

type press struct {
	Move int8 `net:"range=-1..1"`
	Fire bool
}

func (still) Step(_ *engine.World, in *engine.Inputs[press]) { in.Seen(0) }
func (g still) Join(w *engine.World, p engine.PlayerID, _ string) {
	g.table.SpawnAt(w, int(p))
}
func (still) Leave(*engine.World, engine.PlayerID) {}

func newStill(t testing.TB) *Server[press] {
	t.Helper()
	schema := engine.NewSchema("still", 1)
	g := still{table: engine.AddTable[struct {
		Owner engine.PlayerID `net:"owner"`
	}](schema, "players", 4)}
	s, err := New(Config[press]{Schema: schema, Input: engine.SetInput[press](schema), Game: g})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever a client sends, the server goes on, and rewinds no further than it
// may.
func FuzzReceive(f *testing.F) {
	s := newStill(f)
	m := session.InputMessage[press]{Tick: 3, Inputs: []session.Input[press]{{
		Input: press{Move: 1}, View: interp.View{From: 1, Span: 2, Frac: 0x8000},
	}}}
	f.Add(session.NewInputCodec(s.cfg.Input).Append(nil, &m), false)
	f.Add(session.AppendApplication(nil, []byte("hello")), true)
	now := time.Unix(0, 0)
	s.Advance(now)
	f.Fuzz(func(t *testing.T, data []byte, ordered bool) {
		seat := s.sit("mallory")
		if ordered {
			s.receiveOrdered(seat, data)
		} else {
			s.receiveInputs(seat, data)
		}
		for range 4 {
			now = now.Add(s.interval)
			s.step()
			from, to, _ := s.seen(seat.player)
			if from == nil {
				continue
			}
			if age := s.world.Tick().Sub(from.Tick()); age > 16 || !to.Tick().Before(s.world.Tick()) {
				t.Fatalf("rewound from tick %d to %d", s.world.Tick(), from.Tick())
			}
		}
		s.leave(seat)
	})
}

// A client that lacks a baseline gets full snapshots until one has landed,
// whatever still flies.
func TestNeedFull(t *testing.T) {
	s := newStill(t)
	s.Advance(time.Unix(0, 0))
	seat := s.sit("amnesiac")
	seat.flights.add(1, 10)
	seat.flights.add(2, 11)
	seat.flights.land(1, true)
	if f := &seat.flights; !f.known || f.baseline != 10 {
		t.Fatalf("baseline %d, known %v, want 10", f.baseline, f.known)
	}
	m := session.InputMessage[press]{Tick: 2, NeedFull: true, Inputs: []session.Input[press]{{}}}
	s.receiveInputs(seat, session.NewInputCodec(s.cfg.Input).Append(nil, &m))
	seat.flights.land(2, true)
	if seat.flights.known {
		t.Error("a snapshot from before the request is a baseline")
	}
	seat.flights.add(3, 12)
	seat.flights.add(4, 13)
	seat.flights.land(4, false)
	seat.flights.land(3, true)
	if f := &seat.flights; !f.known || f.baseline != 12 {
		t.Errorf("baseline %d, known %v, want 12", f.baseline, f.known)
	}
}

func TestQueue(t *testing.T) {
	var q queue[int]
	in := func(v int) session.Input[int] { return session.Input[int]{Input: v} }
	if !q.file(10, 12, in(12)) || !q.file(10, 13, in(13)) {
		t.Error("inputs in time are not news")
	}
	if q.file(10, 13, in(99)) || q.file(10, 11, in(11)) {
		t.Error("a repetition, or a hole filled, is news")
	}
	if q.file(10, 10+queueTicks, in(0)) {
		t.Error("an input too far in the future was taken")
	}
	var got []int
	for tick := engine.Tick(10); tick < 18; tick++ {
		got = append(got, q.take(tick, 2, -1).Input)
	}
	want := []int{0, 11, 12, 13, 13, 13, -1, -1}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("took %v, want %v", got, want)
		}
	}
	if q.file(18, 15, in(15)); q.stats.Late != 1 {
		t.Errorf("%d late, want 1", q.stats.Late)
	}
	if s := q.stats; s.Used != 3 || s.Missing != 5 || s.Duplicated != 1 || s.Early != 1 {
		t.Errorf("stats %+v, want 3 used, 5 missing, 1 duplicated, 1 early", s)
	}
}

func TestSchedule(t *testing.T) {
	start := time.Unix(100, 0)
	s := schedule{interval: 10 * time.Millisecond}
	run := func(at time.Duration) int {
		n := s.due(start.Add(at))
		s.ran += int64(n)
		return n
	}
	for _, step := range []struct {
		at      time.Duration
		want    int
		dropped uint64
	}{
		{0, 1, 0},
		{9999999, 0, 0},
		{10 * time.Millisecond, 1, 0},
		{49 * time.Millisecond, 3, 0},
		{200 * time.Millisecond, 5, 11},
		{209 * time.Millisecond, 0, 11},
		{210 * time.Millisecond, 1, 11},
	} {
		if got := run(step.at); got != step.want || s.dropped != step.dropped {
			t.Errorf("at %v: %d due, %d dropped, want %d, %d", step.at, got, s.dropped, step.want, step.dropped)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	good := newStill(t).cfg
	for name, spoil := range map[string]func(c *Config[press]){
		"no schema":     func(c *Config[press]) { c.Schema = nil },
		"bad schema":    func(c *Config[press]) { c.Schema = engine.NewSchema("", 1) },
		"no game":       func(c *Config[press]) { c.Game = nil },
		"tick rate":     func(c *Config[press]) { c.TickRate = 1001 },
		"snapshot rate": func(c *Config[press]) { c.SnapshotEvery = -1 },
		"players":       func(c *Config[press]) { c.MaxPlayers = 256 },
		"rewind":        func(c *Config[press]) { c.MaxRewind = time.Minute },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: New = nil, want an error", name)
		} else {
			t.Log(err)
		}
	}
}
