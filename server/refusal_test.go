package server_test

import (
	"errors"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// mustClose runs until a is closed for reason.
func (st *stage) mustClose(a *actor, reason netcode.CloseReason) {
	st.t.Helper()
	for range 15000 {
		if a.State() == client.Closed {
			break
		}
		st.run(time.Millisecond)
	}
	var closed *netcode.CloseError
	if !errors.As(a.Err(), &closed) || closed.Reason != reason {
		st.t.Errorf("the client is %v, err %v, want closed: %v", a.State(), a.Err(), reason)
	}
}

func TestServerFull(t *testing.T) {
	st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) { c.MaxPlayers = 2 })
	for range 2 {
		st.mustPlay(st.enter(nil))
	}
	st.mustClose(st.enter(nil), netcode.CloseFull)
	if got := st.server.Stats(); got.Players != 2 || got.Rejected != 1 {
		t.Errorf("%d players, %d rejected, want 2, 1", got.Players, got.Rejected)
	}
	if _, err := st.server.AddBot("bot", nil); !errors.Is(err, server.ErrFull) {
		t.Errorf("AddBot = %v, want ErrFull", err)
	}
}

func TestKickAndAdmit(t *testing.T) {
	st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) {
		c.Admit = func(a netcode.Applicant, name string) error {
			if a.PeerKey == ([32]byte{}) {
				t.Error("Admit is asked about no key")
			}
			if name == "mallory" {
				return &netcode.CloseError{Reason: netcode.CloseBanned, Text: "you know why"}
			}
			return nil
		}
	})
	a := st.enter(nil)
	st.mustPlay(a)
	b := st.enter(func(c *client.Config[walkInput]) { c.Name = "mallory" })
	st.mustClose(b, netcode.CloseBanned)
	var closed *netcode.CloseError
	if errors.As(b.Err(), &closed); closed.Text != "you know why" || !closed.Remote {
		t.Errorf("Err() = %+v, want the server's text", closed)
	}
	if got := st.server.Stats().Rejected; got != 1 {
		t.Errorf("%d rejected, want 1", got)
	}
	st.server.Kick(a.Player(), netcode.CloseKicked, "language")
	st.mustClose(a, netcode.CloseKicked)
	if a.View(st.now) == nil {
		t.Error("View after the end = nil, want the last picture")
	}
}

// Either side may be the older one; both are told.
func TestWrongVersion(t *testing.T) {
	for _, version := range []uint32{0, 2} {
		st := newStage(t, weather{delay: 20 * ms}, nil)
		a := st.enter(func(c *client.Config[walkInput]) {
			game := newWalk(version)
			c.Schema, c.Input, c.Rules = game.schema, game.input, game
		})
		st.mustClose(a, netcode.CloseWrongVersion)
		t.Log(a.Err())
		if st.server.Stats().Joined != 0 {
			t.Error("a client of another version joined")
		}
	}
}

// A player whose line went dead takes its place again without waiting for the
// old connection to time out.
func TestSameKeyReplaces(t *testing.T) {
	key, err := netcode.GenerateKeyPair(seeded(99))
	if err != nil {
		t.Fatal(err)
	}
	st := newStage(t, weather{delay: 20 * ms}, func(c *server.Config[walkInput]) { c.MaxPlayers = 1 })
	as := func(c *client.Config[walkInput]) { c.Key = key }
	a := st.enter(as)
	st.mustPlay(a)
	a.asleep = true
	b := st.enter(as)
	st.mustPlay(b)
	if got := st.server.Stats(); got.Players != 1 || got.Joined != 2 || got.Left != 1 {
		t.Errorf("%d players, %d joined, %d left, want 1, 2, 1", got.Players, got.Joined, got.Left)
	}
}

// A server that falls silent is noticed.
func TestTimeout(t *testing.T) {
	st := newStage(t, weather{delay: 20 * ms}, nil)
	a := st.enter(func(c *client.Config[walkInput]) { c.Timeout, c.StayAway = 2*time.Second, true })
	st.mustPlay(a)
	st.deaf = true
	st.run(3 * time.Second)
	st.mustClose(a, netcode.CloseTimeout)
}
