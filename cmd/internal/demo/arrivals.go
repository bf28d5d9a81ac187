package demo

import (
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// Arrivals works out from the ticks of the snapshots that arrived how many
// the server sent. The zero value is ready to use. It is not safe for
// concurrent use.
type Arrivals struct {
	first, last engine.Tick
	since       time.Time
	interval    int32 // smallest distance between two; zero until there are two
	any         bool
}

// Add notes a snapshot that arrived at now: client.Config.OnSnapshot. Order
// and repetition do not matter.
func (a *Arrivals) Add(now time.Time, tick engine.Tick) {
	if !a.any {
		*a = Arrivals{first: tick, last: tick, since: now, any: true}
		return
	}
	gap := tick.Sub(a.last)
	if gap <= 0 {
		return
	}
	if a.interval == 0 || gap < a.interval {
		a.interval = gap
	}
	a.last = tick
}

// Sent returns how many snapshots the server sent from the first that arrived
// until now.
//
// A server sends one every so many ticks. That distance is the smallest seen
// between two that arrived, and the ticks from the first to the last say how
// often it fitted in. What was lost after the last leaves no trace in ticks;
// so the clock is asked too, with the twentieth by which a run may fall short
// of its ticks anyway.
func (a *Arrivals) Sent(now time.Time) uint64 {
	switch {
	case !a.any:
		return 0
	case a.interval == 0:
		return 1
	}
	ticks := float64(a.last.Sub(a.first))
	ticks = max(ticks, minTicks*arena.TickRate*now.Sub(a.since).Seconds())
	return uint64(ticks)/uint64(a.interval) + 1
}
