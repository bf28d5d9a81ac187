package server_test

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// A cable carries datagrams between one server and one client without losing
// or allocating any.
type cable struct {
	st    *stage
	slots [2][64][]byte
	n     [2]int
}

// end is one direction of a cable.
type end struct {
	c  *cable
	to int
}

func (e end) SendDatagram(_ netcode.Path, data []byte) {
	slot := &e.c.slots[e.to][e.c.n[e.to]]
	*slot = append((*slot)[:0], data...)
	e.c.n[e.to]++
}

// tick carries what the other side sent and lets both sides run one tick.
func (c *cable) tick(a *actor, toServer, toClient netcode.Sender) {
	c.st.now = c.st.now.Add(time.Second/60 + 1)
	for _, data := range c.slots[0][:c.n[0]] {
		c.st.server.Core().Receive(c.st.now, a.path, data)
	}
	for _, data := range c.slots[1][:c.n[1]] {
		a.Core().Receive(c.st.now, serverPath, data)
	}
	c.n = [2]int{}
	c.st.server.Advance(c.st.now)
	c.st.server.Core().Flush(c.st.now, toClient)
	a.Update(c.st.now, wander(c.st.now))
	a.View(c.st.now)
	a.Core().Flush(c.st.now, toServer)
}

func newCable(t testing.TB) (*cable, func()) {
	st := newStage(t, weather{}, func(c *server.Config[walkInput]) { c.MaxPlayers = 16 })
	for range 15 {
		if _, err := st.server.AddBot("bot", func(w *engine.World, p engine.PlayerID) walkInput {
			return walkInput{Move: int8((uint32(w.Tick())/30+uint32(p))%3) - 1}
		}); err != nil {
			t.Fatal(err)
		}
	}
	a := st.enter(nil)
	c := &cable{st: st}
	var toServer, toClient netcode.Sender = end{c, 0}, end{c, 1}
	tick := func() { c.tick(a, toServer, toClient) }
	for range 3000 {
		tick()
	}
	if a.Predicted() == nil {
		t.Fatalf("the client is %v, want playing", a.State())
	}
	return c, tick
}

// Server and client together, cores included, run a tick without allocating.
func TestTickDoesNotAllocate(t *testing.T) {
	_, tick := newCable(t)
	if n := testing.AllocsPerRun(600, tick); n > 0 {
		t.Errorf("%v allocations a tick, want 0", n)
	}
}

// BenchmarkTick is one tick of a server with 16 players, of whom one is a
// client, and one frame of that client, all but the sockets.
func BenchmarkTick(b *testing.B) {
	_, tick := newCable(b)
	b.ReportAllocs()
	for b.Loop() {
		tick()
	}
}
