package server

import (
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/session"
	"github.com/reckon-engine/reckon/engine/snapshot"
)

// sheets are the encodings of one tick's snapshot, one for each baseline in
// use. Players whose connections are alike share a baseline most of the time,
// and then the work as well.
type sheets struct {
	list []sheet
	data []byte
}

type sheet struct {
	baseline   engine.Tick
	full       bool
	start, end int // in data
}

func (s *sheets) reset() { s.list, s.data = s.list[:0], s.data[:0] }

// of returns the encoding of cur against base, nil for full.
func (s *sheets) of(codec *snapshot.Codec, cur, base *snapshot.Snapshot) []byte {
	want := sheet{full: base == nil}
	if base != nil {
		want.baseline = base.Tick()
	}
	for _, have := range s.list {
		if have.full == want.full && have.baseline == want.baseline {
			return s.data[have.start:have.end]
		}
	}
	want.start = len(s.data)
	s.data = codec.Append(s.data, cur, base)
	want.end = len(s.data)
	s.list = append(s.list, want)
	return s.data[want.start:want.end]
}

// sendSnapshots tells every player what changed since its baseline.
func (s *Server[I]) sendSnapshots(tick engine.Tick) {
	cur := s.history.At(tick)
	if s.cfg.OnSnapshot != nil {
		s.cfg.OnSnapshot(tick, cur.Hash())
	}
	s.sheets.reset()
	for _, seat := range s.seats {
		if seat != nil && seat.conn != nil {
			s.sendSnapshot(seat, cur)
		}
	}
}

func (s *Server[I]) sendSnapshot(seat *seat[I], cur *snapshot.Snapshot) {
	var base *snapshot.Snapshot
	if seat.flights.known {
		base = s.history.At(seat.flights.baseline) // nil when too old: full
	}
	if base == nil {
		s.stats.FullSnapshots++
	}
	s.out = session.AppendSnapshotHeader(s.out[:0], seat.header(), cur.Tick())
	s.out = append(s.out, s.sheets.of(s.codec, cur, base)...)
	id, err := seat.conn.Send(s.now, session.ChannelSnapshot, s.out)
	if err != nil {
		s.stats.SnapshotsUnsent++
		return
	}
	seat.flights.add(id, cur.Tick())
	s.stats.Snapshots++
	s.stats.SnapshotBytes += uint64(len(s.out))
}
