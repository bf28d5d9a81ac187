package main

import (
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/netcode"
)

// A lab is a server and one client in virtual time, with a network between
// them that delays and loses datagrams by its seed.
type lab struct {
	t      *testing.T
	now    time.Time
	host   *host
	client *client.Client[arena.Input]
	game   *arena.Game // the client's
	chance *rand.Rand
	delay  time.Duration
	loss   float64
	wire   []flight
	told   []string
}

type flight struct {
	due      time.Time
	toServer bool
	data     []byte
}

// direction is a netcode.Sender: one way through the lab's network.
type direction struct {
	*lab
	toServer bool
}

func (d direction) SendDatagram(_ netcode.Path, datagram []byte) {
	if d.chance.Float64() >= d.loss {
		d.wire = append(d.wire, flight{d.now.Add(d.delay), d.toServer, append([]byte(nil), datagram...)})
	}
}

// pathOf is what the one calls the other.
func pathOf(port uint16) netcode.Path {
	return netcode.Path{Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), port)}
}

func newLab(t *testing.T, bots int, delay time.Duration, loss float64) *lab {
	t.Helper()
	h, err := newHost(options{bots: bots, maxPlayers: 16, name: "lab", round: 5 * time.Minute, seed: 7}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{
		t: t, now: time.Unix(0, 0), host: h, game: arena.New(),
		chance: rand.New(rand.NewPCG(1, 2)), delay: delay, loss: loss,
	}
	l.client, err = client.New(client.Config[arena.Input]{
		Schema: l.game.Schema, Input: l.game.Input, Rules: l.game, Name: "Ada",
		ServerKey: h.server.PublicKey(),
		OnMessage: func(message []byte) {
			if _, text, err := arena.ReadNotice(message); err != nil {
				t.Errorf("notice %q: %v", message, err)
			} else {
				l.told = append(l.told, text)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.client.Connect(l.now, pathOf(7777)); err != nil {
		t.Fatal(err)
	}
	return l
}

// run lets time pass, a millisecond at a time, and asks play for an input at
// every frame of a 120 Hz display.
func (l *lab) run(d time.Duration, play func(view *engine.World) arena.Input) {
	var input arena.Input
	for end, frame := l.now.Add(d), l.now; l.now.Before(end); l.now = l.now.Add(time.Millisecond) {
		l.deliver()
		l.host.server.Advance(l.now)
		l.host.tell()
		l.host.server.Core().Flush(l.now, direction{l, false})
		if !l.now.Before(frame) {
			frame = frame.Add(time.Second / 120)
			l.client.Update(l.now, input)
			if view := l.client.View(l.now); view != nil && play != nil {
				input = play(view)
			}
		}
		l.client.Core().Flush(l.now, direction{l, true})
	}
}

func (l *lab) deliver() {
	kept := l.wire[:0]
	for _, f := range l.wire {
		switch {
		case l.now.Before(f.due):
			kept = append(kept, f)
		case f.toServer:
			l.host.server.Core().Receive(l.now, pathOf(1), f.data)
		default:
			l.client.Core().Receive(l.now, pathOf(7777), f.data)
		}
	}
	l.wire = kept
}

// Somebody plays for a minute through a network with 100 ms of round trip and
// 2 % of loss. Every shot of his is seen exactly once, at once; his own
// movement is hardly ever corrected; he hits what he sees.
func TestArenaOverABadNetwork(t *testing.T) {
	l := newLab(t, 7, 50*time.Millisecond, 0.02)
	l.run(2*time.Second, nil)
	me := l.client.Player()
	if l.client.State() != client.Playing {
		t.Fatalf("state %v, %v", l.client.State(), l.client.Err())
	}
	brain := l.game.NewBot(99)
	seen := make(map[engine.ID]bool)
	gone := make(map[engine.ID]bool)
	again := make(map[engine.ID]bool)
	thought := engine.Tick(0)
	var input arena.Input
	var moved [2]int32
	jumps := 0
	l.run(time.Minute, func(view *engine.World) arena.Input {
		now := l.client.Predicted().Tick()
		if now != thought { // bots think in ticks, not in frames
			thought = now
			input = brain.Think(view, me)
		}
		for id := range seen {
			if l.game.Effects.At(view, id) == nil {
				gone[id] = true
			}
		}
		for id, e := range l.game.Effects.All(view) {
			if e.Owner != me || e.Kind != arena.EffectTracer && e.Kind != arena.EffectHit {
				continue
			}
			if gone[id] {
				again[id] = true
			}
			seen[id] = true
		}
		if _, p := l.game.Players.Slot(view, int(me)); p != nil && p.Alive {
			dx, dy := p.X-moved[0], p.Y-moved[1]
			if far := dx*dx + dy*dy; far > 200*200 && far < 1500*1500 {
				jumps++
			}
			moved = [2]int32{p.X, p.Y}
		}
		return input
	})
	_, p := l.host.Players.Slot(l.host.server.World(), int(me))
	s := l.client.Stats()
	t.Logf("%d shots, %d seen, %d hits, %d frags, %d deaths; %d corrections of %d; round trip %v",
		p.RifleShots, len(seen), p.Hits, p.Frags, p.Deaths, s.Corrections, s.Corrections+s.Confirmed, s.RTT)
	if p.RifleShots == 0 || p.Hits == 0 {
		t.Error("he never shot, or never hit")
	}
	if off := len(seen) - int(p.RifleShots); off < -2 || off > 2 {
		t.Errorf("%d shots are seen of %d fired", len(seen), p.RifleShots)
	}
	// A correction may take a predicted shot back for a moment: one in a hundred
	// flickers, with 0 to 12 bots.
	if len(again)*50 > len(seen) {
		t.Errorf("%d of %d shots are seen twice", len(again), len(seen))
	}
	if s.Corrections*5 > s.Corrections+s.Confirmed {
		t.Errorf("%d of %d predictions were wrong", s.Corrections, s.Corrections+s.Confirmed)
	}
	if jumps > 30 {
		t.Errorf("he jumped %d times", jumps)
	}
	if len(l.told) < 2 || l.told[0] != "welcome to lab" || l.told[1] != "Ada joined" {
		t.Errorf("told %q", l.told)
	}
}
