package client

import (
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/engine/snapshot"
	"github.com/reckon-engine/reckon/netcode"
)

type row struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..1000,lerp"`
}

type press struct {
	Move int8 `net:"range=-1..1"`
}

type slide struct{ rows engine.Table[row] }

func (g slide) Step(w *engine.World, in *engine.Inputs[press]) {
	for _, r := range g.rows.All(w) {
		if input, ok := in.For(r.Owner); ok {
			r.X += int32(input.Move)
		}
	}
}

func newSlide(t testing.TB) (*Client[press], slide) {
	t.Helper()
	schema := engine.NewSchema("slide", 1)
	g := slide{engine.AddTable[row](schema, "rows", 8)}
	c, err := New(Config[press]{Schema: schema, Input: engine.SetInput[press](schema), Rules: g})
	if err != nil {
		t.Fatal(err)
	}
	return c, g
}

// Whatever a server sends, the client goes on.
func FuzzReceive(f *testing.F) {
	c, g := newSlide(f)
	welcome := session.AppendWelcome(nil, session.Welcome{
		Player: 1, MaxPlayers: 4, SnapshotEvery: 1, TickRate: 60, Tick: 99,
	})
	w := c.cfg.Schema.NewWorld()
	w.SetTick(100)
	_, r := g.rows.SpawnAt(w, 1)
	r.Owner, r.X = 1, 500
	q := snapshot.New(c.cfg.Schema)
	q.Capture(w)
	first := session.AppendSnapshotHeader(nil, session.SnapshotHeader{}, 100)
	first = snapshot.NewCodec(c.cfg.Schema).Append(first, q, nil)
	f.Add(first, uint8(1))
	f.Add(welcome, uint8(2))
	f.Add(session.AppendApplication(nil, []byte("hello")), uint8(2))
	path := netcode.Path{Remote: netip.MustParseAddrPort("10.0.0.1:7777")}
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		c, _ := newSlide(t)
		now := time.Unix(0, 0)
		if err := c.Connect(now, path); err != nil {
			t.Fatal(err)
		}
		c.state = Joining
		if kind&4 == 0 {
			c.receiveOrdered(welcome)
			c.receiveSnapshot(first)
		}
		for i := range 40 {
			now = now.Add(time.Duration(i%3*8) * time.Millisecond)
			c.now = now
			if i == 3 {
				if kind&1 != 0 {
					c.receiveSnapshot(data)
				} else {
					c.receiveOrdered(data)
				}
			}
			c.play(press{Move: 1})
			c.View(now)
			c.Stats()
		}
	})
}

// A snapshot whose baseline is not there is asked for again, in full.
func TestMissingBaseline(t *testing.T) {
	c, _ := newSlide(t)
	if err := c.Connect(time.Unix(0, 0), netcode.Path{Remote: netip.MustParseAddrPort("10.0.0.1:7777")}); err != nil {
		t.Fatal(err)
	}
	c.receiveOrdered(session.AppendWelcome(nil, session.Welcome{MaxPlayers: 1, SnapshotEvery: 1, TickRate: 60}))
	encode := func(tick, base engine.Tick, full bool) []byte {
		w := c.cfg.Schema.NewWorld()
		cur, from := snapshot.New(c.cfg.Schema), snapshot.New(c.cfg.Schema)
		w.SetTick(base)
		from.Capture(w)
		w.SetTick(tick)
		cur.Capture(w)
		if full {
			from = nil
		}
		header := session.AppendSnapshotHeader(nil, session.SnapshotHeader{}, tick)
		return snapshot.NewCodec(c.cfg.Schema).Append(header, cur, from)
	}
	for _, step := range []struct {
		data     []byte
		needFull bool
		decoded  uint64
	}{
		{encode(100, 90, false), true, 0},
		{encode(101, 0, true), false, 1},
		{encode(102, 101, false), false, 2},
		{encode(102, 101, false), false, 3}, // again
		{encode(300, 0, true), false, 4},
		{encode(103, 0, true), false, 4}, // too old for the ring
	} {
		c.receiveSnapshot(step.data)
		if c.match.needFull != step.needFull || c.stats.snapshots != step.decoded {
			t.Errorf("after %x: need full %v, %d decoded, want %v, %d",
				step.data, c.match.needFull, c.stats.snapshots, step.needFull, step.decoded)
		}
	}
	if s := Closed.String(); s != "closed" {
		t.Errorf("Closed is called %q", s)
	}
}

func TestConfigErrors(t *testing.T) {
	good, _ := newSlide(t)
	for name, spoil := range map[string]func(c *Config[press]){
		"no schema":  func(c *Config[press]) { c.Schema = nil },
		"bad schema": func(c *Config[press]) { c.Schema = engine.NewSchema("", 1) },
		"no rules":   func(c *Config[press]) { c.Rules = nil },
	} {
		cfg := good.cfg
		spoil(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: New = nil, want an error", name)
		}
	}
}
