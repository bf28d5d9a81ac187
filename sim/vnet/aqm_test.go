package vnet

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A queue that drops what has waited too long: links then have nothing to
// deliver when they are due, and the observer hears of a drop later.
func TestLinksThatDropLate(t *testing.T) {
	cfg := link.Config{Rate: 400_000, QueueBytes: 1 << 20, Delay: 10 * time.Millisecond, AQM: link.ActiveQueue{Algorithm: link.CoDel}}
	events := map[EventKind]uint64{}
	observer := func(e Event) {
		events[e.Kind]++
		if e.Kind == Dropped && (e.Fate.Cause == link.Delivered || e.Fate.Cause == link.Pending) {
			t.Errorf("dropped: %+v", e.Fate)
		}
	}
	check := func(name string, sent, received uint64, c link.Counters) {
		t.Helper()
		if c.Sent != sent || c.Delivered != received || c.DroppedAQM == 0 || c.Pending != 0 || events[Dropped] != c.DroppedAQM {
			t.Errorf("%s: sent %d, received %d, %d events of drops, counters %+v", name, sent, received, events[Dropped], c)
		}
		clear(events)
	}
	const overload = time.Millisecond // 100 bytes each: twice the rate
	a, b := &ticker{interval: overload, size: 100}, &ticker{}

	flat := mustNew(t, Config{Link: cfg, Observer: observer})
	a.peers = append(a.peers[:0], bob)
	mustAdd(t, flat, alice, a, nil)
	mustAdd(t, flat, bob, b, nil)
	mustRun(t, flat, 10*time.Second)
	a.interval, a.next = 0, time.Time{}
	mustRun(t, flat, 20*time.Second)
	check("flat", a.sent, b.received, flat.Counters(alice, bob))

	for _, lastHop := range []bool{false, true} {
		tree := NewInternet(InternetConfig{Observer: observer})
		at, access := Attachment{}, Attachment{Up: cfg}
		if lastHop {
			at, access = Attachment{Down: cfg}, at
		}
		a, b := &ticker{interval: overload, size: 100}, &ticker{}
		s := mustBind(t, mustMachine(t, tree, "server", at), 7, b, nil)
		a.peers = append(a.peers, s.Addr4())
		mustBind(t, mustMachine(t, tree, "client", access), 0, a, nil)
		runFor(t, tree, 10*time.Second)
		edge, d := tree.Edge("client"), Up
		if lastHop {
			edge, d = tree.Edge("server"), Down
		}
		if backlog := edge.Backlog(d); backlog.Datagrams == 0 || backlog.Bytes != 100*backlog.Datagrams {
			t.Errorf("backlog %+v", backlog)
		}
		a.interval, a.next = 0, time.Time{}
		runFor(t, tree, 10*time.Second)
		check("tree", a.sent, b.received, edge.Counters(d))
	}
}
