package server

import (
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// Stats describe a server. Counters count since New.
type Stats struct {
	Players int // seated now, bots included
	Bots    int

	Joined, Left   uint64
	Returned       uint64 // came back into a seat that was held for them
	Rejected       uint64 // turned away: full, without a good token, or by Admit
	Resynchronised uint64 // clients that started a new timeline
	Malformed      uint64 // messages dropped because they could not be decoded

	Ticks    uint64
	Overruns uint64        // ticks dropped from the schedule: the server was too slow
	LastTick time.Duration // wall time of the last Advance that ran ticks, under Run
	MaxTick  time.Duration // the longest such

	Snapshots       uint64 // sent
	FullSnapshots   uint64 // of these, without a baseline
	SnapshotBytes   uint64
	SnapshotsUnsent uint64 // that the connection did not take
	MessagesUnsent  uint64 // broadcasts that a connection did not take

	Inputs InputStats

	Network netcode.CoreStats // bytes, datagrams, drops
}

// Stats returns the counters.
func (s *Server[I]) Stats() Stats {
	out := s.stats
	out.Overruns = s.schedule.dropped
	out.Network = s.core.Stats()
	out.Rejected += out.Network.NotAdmitted
	for _, seat := range s.seats {
		if seat == nil {
			continue
		}
		out.Players++
		if seat.brain != nil {
			out.Bots++
		}
		out.Inputs.add(seat.queue.stats)
	}
	return out
}
