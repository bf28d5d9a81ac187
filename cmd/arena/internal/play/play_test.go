package play

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/arena/internal/options"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// A table is a session and a server that pass datagrams to each other at
// once, in a time of their own.
type table struct {
	t       *testing.T
	now     time.Time
	session *Session
	server  *server.Server[arena.Input]
}

type sender func(datagram []byte)

func (f sender) SendDatagram(_ netcode.Path, datagram []byte) { f(datagram) }

var (
	serverPath = netcode.Path{Remote: netip.MustParseAddrPort("192.0.2.1:7777")}
	clientPath = netcode.Path{Remote: netip.MustParseAddrPort("192.0.2.2:1000")}
)

func newTable(t *testing.T, opt options.Options, bots int) *table {
	t.Helper()
	g := arena.New()
	srv, err := server.New(server.Config[arena.Input]{Schema: g.Schema, Input: g.Input, Game: g, MaxPlayers: bots + 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range bots {
		if _, err := srv.AddBot(arena.BotName(i), g.NewBot(uint64(i)).Think); err != nil {
			t.Fatal(err)
		}
	}
	opt.Name = "Ada"
	session, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	b := &table{t: t, now: time.Unix(1000, 0), session: session, server: srv}
	if err := session.Client.Connect(b.now, serverPath); err != nil {
		t.Fatal(err)
	}
	return b
}

// run lets time pass, in frames of a 60th of a second.
func (b *table) run(d time.Duration, held Held) {
	for end := b.now.Add(d); b.now.Before(end); b.now = b.now.Add(time.Second / 60) {
		b.server.Advance(b.now)
		b.server.Core().Flush(b.now, sender(func(datagram []byte) {
			b.session.Client.Core().Receive(b.now, serverPath, datagram)
		}))
		b.session.Update(b.now, held)
		b.session.Client.Core().Flush(b.now, sender(func(datagram []byte) {
			b.server.Core().Receive(b.now, clientPath, datagram)
		}))
	}
}

func TestSession(t *testing.T) {
	b := newTable(t, options.Options{}, 3)
	b.run(2*time.Second, Held{})
	if got := b.session.Client.State(); got != client.Playing {
		t.Fatalf("state %v, %v, want playing", got, b.session.Client.Err())
	}
	before := *b.session.Me(b.session.Client.Predicted())
	b.run(time.Second, Held{Right: true, Down: true, Rifle: true, AimX: -1})
	after := b.session.Me(b.session.Client.Predicted())
	if after.X == before.X && after.Y == before.Y || after.RifleShots == before.RifleShots || after.Aim != arena.HalfTurn {
		t.Errorf("from %+v to %+v, want to have walked, shot and turned", before, after)
	}
	if line := b.session.StatusLine(); !strings.Contains(line, "players=4") || !strings.Contains(line, " alive=") {
		t.Errorf("status line %q", line)
	}
	if b.session.History.At(239).RTT == 0 {
		t.Error("the network graph's history is empty")
	}
}

func TestDemo(t *testing.T) {
	b := newTable(t, options.Options{Demo: true, Seconds: 5}, 3)
	b.run(5*time.Second, Held{})
	s := b.session.Summary()
	if err := s.Check(); err != nil || s.Players != 4 {
		t.Errorf("%+v: %v", s, err)
	}
	p := b.session.Me(b.session.Client.Predicted())
	if p.VX == 0 && p.VY == 0 && p.RifleShots == 0 {
		t.Error("the autopilot does nothing")
	}
}

func TestStatusBeforeTheGame(t *testing.T) {
	session, err := New(options.Options{Connect: "example.org:7777"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := session.StatusLine(), "arena: connecting to example.org:7777"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := session.Summary().Check(); err == nil {
		t.Error("a session that never was counts as good")
	}
}

func TestControls(t *testing.T) {
	for _, test := range []struct {
		name string
		held Held
		want arena.Input
	}{
		{"nothing", Held{}, arena.Input{}},
		{"left and up", Held{Left: true, Up: true}, arena.Input{MoveX: -1, MoveY: -1}},
		{"against each other", Held{Left: true, Right: true, Down: true}, arena.Input{MoveY: 1}},
		{"aim down", Held{AimY: 3}, arena.Input{Aim: arena.QuarterTurn}},
		{"weapons", Held{Rifle: true, Rocket: true}, arena.Input{Fire: true, Alt: true}},
		{"a stick at rest", Held{StickX: 0.2}, arena.Input{}},
		{"a stick", Held{StickX: 0.9, StickY: -0.2}, arena.Input{MoveX: 1}},
		{"a stick across", Held{StickX: 0.6, StickY: -0.6}, arena.Input{MoveX: 1, MoveY: -1}},
		{"keys before stick", Held{Left: true, StickX: 1}, arena.Input{MoveX: -1}},
	} {
		var c controls
		if got := c.input(test.held); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// A click that is over before a tick has seen it still fires, once.
func TestShortClick(t *testing.T) {
	var c controls
	c.input(Held{Rifle: true})
	if in := c.input(Held{}); !in.Fire {
		t.Error("the click is lost")
	}
	c.used()
	if in := c.input(Held{}); in.Fire {
		t.Error("the click goes on after a tick has taken it")
	}
}

func TestAimStays(t *testing.T) {
	var c controls
	c.input(Held{AimX: -5})
	if in := c.input(Held{}); in.Aim != arena.HalfTurn {
		t.Errorf("aim %d, want %d as before", in.Aim, arena.HalfTurn)
	}
}

func TestNotices(t *testing.T) {
	now := time.Unix(0, 0)
	n := Notices{now: now}
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		n.add(text)
	}
	if got := n.Visible(now); len(got) != maxNotices || got[0].Text != "b" {
		t.Errorf("got %v, want b to e", got)
	}
	if got := n.Visible(now.Add(noticeLife + 1)); len(got) != 0 {
		t.Errorf("got %v after their time, want none", got)
	}
}
