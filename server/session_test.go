package server_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/server"
)

const ms = time.Millisecond

func TestJoinPlayLeaveRejoin(t *testing.T) {
	st := newStage(t, weather{delay: 20 * ms}, nil)
	a := st.enter(nil)
	st.mustPlay(a)
	a.play = func(time.Time) walkInput { return walkInput{Move: 1} }
	st.run(time.Second)
	if got := st.server.Stats().Players; got != 1 {
		t.Fatalf("%d players, want 1", got)
	}
	row := a.own(st.game, st.server.World())
	if row == nil || row.X <= mapMiddle+1000 {
		t.Fatalf("after a second of walking the row is %+v, want it far to the right", row)
	}
	if name := st.game.names[a.Player()]; name != "tester" {
		t.Errorf("joined as %q, want tester", name)
	}
	a.Close()
	a.Core().Flush(st.now, up{st, a})
	st.run(200 * ms)
	if got := st.server.Stats(); got.Players != 0 || got.Left != 1 || len(st.game.left) != 1 {
		t.Fatalf("after Close: %d players, %d left, Leave called %d times, want 0, 1, 1", got.Players, got.Left, len(st.game.left))
	}
	for range 3 { // at once, although the goodbye is still being said
		if err := a.Connect(st.now, serverPath); err != nil {
			t.Fatal(err)
		}
		st.mustPlay(a)
	}
	st.run(500 * ms)
	if got := st.server.Stats(); got.Players != 1 || got.Joined != 4 {
		t.Errorf("%d players, %d joined, want 1, 4", got.Players, got.Joined)
	}
	if row := a.own(st.game, st.server.World()); row == nil {
		t.Error("no row after joining again")
	}
}

// What the client decodes is what the server has, tick for tick.
func TestSnapshotsAgree(t *testing.T) {
	for _, every := range []int{1, 3} {
		for _, sky := range []weather{{delay: 20 * ms}, {delay: 40 * ms, jitter: 30 * ms, loss: 0.1}} {
			hashes := map[engine.Tick]uint64{}
			compared := 0
			st := newStage(t, sky, func(c *server.Config[walkInput]) {
				c.SnapshotEvery = every
				c.OnSnapshot = func(tick engine.Tick, hash uint64) { hashes[tick] = hash }
			})
			for range 3 {
				a := st.enter(func(c *client.Config[walkInput]) {
					c.OnSnapshot = func(tick engine.Tick, hash uint64) {
						compared++
						if want, ok := hashes[tick]; !ok || hash != want {
							t.Errorf("tick %d has hash %x, want %x (known: %v)", tick, hash, want, ok)
						}
					}
				})
				a.play = wander
			}
			st.run(10 * time.Second)
			if want := 3 * 500 / every * 8 / 10; compared < want {
				t.Errorf("%+v, every %d: compared %d snapshots, want at least %d", sky, every, compared, want)
			}
			for i, a := range st.actors {
				if s := a.Stats(); s.Undecodable > 0 || s.Malformed > 0 {
					t.Errorf("client %d: %d undecodable, %d malformed, want 0", i, s.Undecodable, s.Malformed)
				}
			}
			if m := st.server.Stats().Malformed; m > 0 {
				t.Errorf("the server found %d messages malformed, want 0", m)
			}
		}
	}
}

// Application messages travel both ways, in order, welcome first.
func TestMessages(t *testing.T) {
	var toServer, toClient []string
	st := newStage(t, weather{delay: 30 * ms, jitter: 20 * ms, loss: 0.2}, func(c *server.Config[walkInput]) {
		c.OnMessage = func(p engine.PlayerID, m []byte) { toServer = append(toServer, fmt.Sprint(p, string(m))) }
	})
	a := st.enter(func(c *client.Config[walkInput]) {
		c.OnMessage = func(m []byte) { toClient = append(toClient, string(m)) }
	})
	if err := a.Send(nil); !errors.Is(err, client.ErrNotConnected) {
		t.Errorf("Send before joining = %v, want ErrNotConnected", err)
	}
	st.mustPlay(a)
	for _, m := range []string{"one", "two", "three"} {
		if err := a.Send([]byte(m)); err != nil {
			t.Fatal(err)
		}
		st.server.Broadcast([]byte(m))
	}
	st.run(3 * time.Second)
	if want := []string{"0one", "0two", "0three"}; !slices.Equal(toServer, want) {
		t.Errorf("the server got %q, want %q", toServer, want)
	}
	if want := []string{"one", "two", "three"}; !slices.Equal(toClient, want) {
		t.Errorf("the client got %q, want %q", toClient, want)
	}
	if err := st.server.Send(3, nil); !errors.Is(err, server.ErrNoPlayer) {
		t.Errorf("Send to nobody = %v, want ErrNoPlayer", err)
	}
}

// Bots sit, play and are seen like players, without a connection.
func TestBots(t *testing.T) {
	st := newStage(t, weather{delay: 20 * ms}, nil)
	bot, err := st.server.AddBot("  Marvin ", func(*engine.World, engine.PlayerID) walkInput {
		return walkInput{Move: -1}
	})
	if err != nil {
		t.Fatal(err)
	}
	if name := st.server.Name(bot); name != "Marvin" {
		t.Errorf("the bot is called %q, want Marvin", name)
	}
	a := st.enter(nil)
	st.mustPlay(a)
	st.run(time.Second)
	_, row := st.game.players.Slot(a.View(st.now), int(bot))
	if row == nil || row.X >= mapMiddle-1000 {
		t.Errorf("the client sees the bot as %+v, want it far to the left", row)
	}
	st.server.Kick(bot, 0, "")
	st.run(100 * ms)
	if got := st.server.Stats(); got.Players != 1 || got.Bots != 0 {
		t.Errorf("%d players, %d bots after the kick, want 1, 0", got.Players, got.Bots)
	}
}
