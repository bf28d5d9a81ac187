package main

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/server"
)

// A status writes a line a second.
type status struct {
	next time.Time
	last server.Stats
	at   time.Time
}

func newStatus(now time.Time) *status {
	return &status{next: now.Add(time.Second), at: now}
}

// due reports whether it is time for a line. Seconds in which the server did
// not get that far are skipped.
func (s *status) due(now time.Time) bool {
	if now.Before(s.next) {
		return false
	}
	s.next = s.next.Add(now.Sub(s.next).Truncate(time.Second) + time.Second)
	return true
}

// line tells the state and the rates since the last line.
func (s *status) line(now time.Time, stats server.Stats, g *arena.Game, w *engine.World) string {
	seconds := max(now.Sub(s.at), time.Millisecond).Seconds()
	rate := func(now, last uint64) float64 { return float64(now-last) / seconds }
	line := fmt.Sprintf("arenad: tick %d, %d players (%d bots), %.0f ticks/s, out %.1f kB/s, in %.1f kB/s, %.0f snapshots/s, "+
		"inputs missing %d late %d, overruns %d, %d s left",
		w.Tick(), stats.Players, stats.Bots,
		rate(stats.Ticks, s.last.Ticks),
		rate(stats.Network.BytesOut, s.last.Network.BytesOut)/1000,
		rate(stats.Network.BytesIn, s.last.Network.BytesIn)/1000,
		rate(stats.Snapshots, s.last.Snapshots),
		stats.Inputs.Missing-min(s.last.Inputs.Missing, stats.Inputs.Missing),
		stats.Inputs.Late-min(s.last.Inputs.Late, stats.Inputs.Late),
		stats.Overruns, g.TicksLeft(w)/arena.TickRate)
	s.last, s.at = stats, now
	return line
}
