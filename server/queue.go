package server

import (
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/session"
)

// queueTicks is how far ahead of the server inputs are accepted, and a power
// of two: one second at 60 Hz. Clients run ahead by a round trip and a bit.
const queueTicks = 64

// InputStats count what became of inputs.
type InputStats struct {
	Used       uint64 // stepped with, in their tick
	Missing    uint64 // not there in time: repeated or neutral instead
	Late       uint64 // arrived after their tick
	Duplicated uint64 // arrived again: redundancy that was not needed
	Early      uint64 // rejected: too far in the future
}

func (s *InputStats) add(o InputStats) {
	s.Used += o.Used
	s.Missing += o.Missing
	s.Late += o.Late
	s.Duplicated += o.Duplicated
	s.Early += o.Early
}

// A queue holds one player's inputs until their ticks. The zero value is
// empty and ready to use.
type queue[I any] struct {
	inputs [queueTicks]queued[I]
	newest engine.Tick // of all received since the last reset
	any    bool

	last   session.Input[I] // stepped with last
	missed int              // ticks since that
	stats  InputStats
}

type queued[I any] struct {
	tick  engine.Tick
	held  bool
	input session.Input[I]
}

// reset forgets every input that waits, since the client's ticks mean
// something else from now on. Counts stay, and so does the last input.
func (q *queue[I]) reset() {
	clear(q.inputs[:])
	q.any = false
}

// file puts the input of a tick where it will be found, next being the next
// tick to run. It reports whether it was news: the first word of its tick,
// in time or late.
func (q *queue[I]) file(next, tick engine.Tick, input session.Input[I]) bool {
	news := !q.any || q.newest.Before(tick)
	switch {
	case tick.Sub(next) >= queueTicks:
		q.stats.Early++
		return false
	case tick.Before(next):
		if news {
			q.stats.Late++
			q.newest, q.any = tick, true
		} else {
			q.stats.Duplicated++
		}
		return news
	}
	at := &q.inputs[tick%queueTicks]
	if at.held && at.tick == tick {
		q.stats.Duplicated++
		return false
	}
	*at = queued[I]{tick, true, input}
	if news {
		q.newest, q.any = tick, true
	}
	return news
}

// take returns the input for tick: the one filed under it, else the last one
// for up to repeat ticks, else the neutral one. The view goes on with each
// repeated input, as the player's picture did.
func (q *queue[I]) take(tick engine.Tick, repeat int, neutral I) session.Input[I] {
	at := &q.inputs[tick%queueTicks]
	if at.held && at.tick == tick {
		at.held = false
		q.last, q.missed = at.input, 0
		q.stats.Used++
		return q.last
	}
	if q.any {
		q.stats.Missing++
	}
	q.missed++
	if q.missed > repeat {
		return session.Input[I]{Input: neutral}
	}
	if q.last.View.Shown() {
		q.last.View.From++
	}
	return q.last
}
