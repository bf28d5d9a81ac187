package server_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// TestComeBack: a player whose link died, or who asks, has its place and what
// it owns as if it had stood still, and nobody joined or left.
func TestComeBack(t *testing.T) {
	for _, test := range []struct {
		name   string
		ticket bool // else the ordinary handshake, as the same player
		away   func(st *stage, a *actor)
	}{
		{"outage", false, func(st *stage, _ *actor) {
			st.sky.loss = 1
			st.run(15 * time.Second) // both ends give up after ten
			st.sky.loss = 0
		}},
		{"short outage, noticed by the client only", true, func(st *stage, _ *actor) {
			st.sky.loss = 1
			st.run(3 * time.Second)
			st.sky.loss = 0
		}},
		{"new network", true, func(st *stage, a *actor) {
			a.path.Remote = netip.MustParseAddrPort("10.0.9.9:6000")
			if err := a.Rejoin(st.now); err != nil {
				st.t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			st := newStage(t, weather{delay: 20 * ms}, nil)
			other := st.enter(nil)
			st.mustPlay(other)
			a := st.enter(func(c *client.Config[walkInput]) { c.Timeout = 2500 * ms })
			st.mustPlay(a)
			a.play = func(time.Time) walkInput { return walkInput{Move: 1} }
			st.run(time.Second)
			a.play = nil
			st.run(3 * time.Second)
			player, row := a.Player(), *a.own(st.game, st.server.World())
			before := st.server.Stats()
			test.away(st, a)
			for range 5000 {
				if st.run(ms); a.State() == client.Playing && other.State() == client.Playing {
					break
				}
			}
			st.run(500 * ms)
			after := st.server.Stats()
			if a.State() != client.Playing || a.Player() != player {
				t.Fatalf("state %v as player %d, want playing as %d; %v", a.State(), a.Player(), player, a.Err())
			}
			if got := a.own(st.game, st.server.World()); got == nil || got.Y != row.Y || got.Speed != row.Speed || got.Owner != player {
				t.Errorf("its row is %+v, was %+v", got, row)
			}
			if after.Joined != before.Joined || after.Left != before.Left || after.Returned == before.Returned || after.Players != 2 {
				t.Errorf("joined %d, left %d, returned %d, %d players; before: %d, %d, %d",
					after.Joined, after.Left, after.Returned, after.Players, before.Joined, before.Left, before.Returned)
			}
			if test.ticket != (after.Network.Rejoins > 0) {
				t.Errorf("%d came back with a ticket", after.Network.Rejoins)
			}
			y := row.Y
			a.play = func(time.Time) walkInput { return walkInput{Move: 1} }
			st.run(500 * ms)
			if got := a.own(st.game, st.server.World()).Y; got <= y {
				t.Errorf("it does not walk: at %d after %d", got, y)
			}
		})
	}
}

// TestCrashedPlayerComesBack: a program that starts again with the same key has
// the seat that is held for it.
func TestCrashedPlayerComesBack(t *testing.T) {
	key, err := netcode.GenerateKeyPair(seeded(200))
	if err != nil {
		t.Fatal(err)
	}
	st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) { c.Timeout = 2 * time.Second })
	a := st.enter(func(c *client.Config[walkInput]) { c.Key = key })
	st.mustPlay(a)
	player := a.Player()
	a.asleep = true // for ever
	st.run(4 * time.Second)
	b := st.enter(func(c *client.Config[walkInput]) { c.Key = key })
	st.mustPlay(b)
	if s := st.server.Stats(); b.Player() != player || s.Joined != 1 || s.Returned != 1 {
		t.Errorf("player %d, want %d; %d joined, %d returned", b.Player(), player, s.Joined, s.Returned)
	}
}

// TestSeatIsNotHeldForever: nor at all, if so configured, nor for who left.
func TestSeatIsNotHeldForever(t *testing.T) {
	for _, test := range []struct {
		hold time.Duration
		wait time.Duration
	}{{-1, 2500 * ms}, {3 * time.Second, 5500 * ms}} {
		st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) {
			c.Timeout, c.HoldSlot = 2*time.Second, test.hold
		})
		a := st.enter(func(c *client.Config[walkInput]) { c.StayAway = true })
		st.mustPlay(a)
		st.run(100 * ms)
		a.asleep = true
		st.run(test.wait - time.Second)
		if got := st.server.Stats().Players; got != 1 {
			t.Errorf("HoldSlot %v: %d players after %v", test.hold, got, test.wait-time.Second)
		}
		st.run(time.Second)
		if s := st.server.Stats(); s.Players != 0 || s.Left != 1 || len(st.game.left) != 1 {
			t.Errorf("HoldSlot %v: %d players, %d left", test.hold, s.Players, s.Left)
		}
	}
}
