package client

import (
	"time"

	"github.com/reckon-engine/reckon/netcode"
)

// Stats describe how the game and the network are doing. Counters count since
// New.
type Stats struct {
	RTT     time.Duration // smoothed round trip
	Jitter  time.Duration // mean deviation of it
	LossIn  float64       // share of the server's packets that do not arrive, 0 to 1
	LossOut float64       // share of ours

	TickLead           float64       // ticks predicted ahead of the newest snapshot's arrival
	Slack              time.Duration // how early our inputs reach the server, smoothed
	InterpolationDelay time.Duration // how far behind the earliest arrivals others are shown
	SnapshotJitter     time.Duration // mean deviation of snapshots' arrivals

	BytesInPerSecond, BytesOutPerSecond     float64 // of UDP payload, over the last second
	PacketsInPerSecond, PacketsOutPerSecond float64

	Corrections uint64 // snapshots in which our own rows were not as predicted
	Confirmed   uint64 // in which they were
	Replayed    uint64 // ticks simulated again

	Snapshots   uint64 // decoded
	Undecodable uint64 // whose baseline was missing, or which made no sense
	Malformed   uint64 // other messages that made no sense

	Inputs      uint64 // made: predicted ticks
	InputsSent  uint64 // with every repetition
	InputsAcked uint64 // that the server has

	Frames  uint64 // moments of others shown
	Starved uint64 // of these, with no snapshot to go towards

	Resynchronised uint64 // times that everything was started over
}

// counters are what the client itself counts.
type counters struct {
	snapshots, undecodable, malformed       uint64
	inputs, inputsSent, inputsAcked, unsent uint64
	resynchronised                          uint64
	past                                    ended
}

// ended are the counts of matches that are over.
type ended struct {
	corrections, confirmed, replayed uint64
	frames, starved                  uint64
}

// Stats returns the counters and estimates.
func (c *Client[I]) Stats() Stats {
	s := Stats{
		Snapshots: c.stats.snapshots, Undecodable: c.stats.undecodable, Malformed: c.stats.malformed,
		Inputs: c.stats.inputs, InputsSent: c.stats.inputsSent, InputsAcked: c.stats.inputsAcked,
		Resynchronised:   c.stats.resynchronised,
		BytesInPerSecond: c.rates.in, BytesOutPerSecond: c.rates.out,
		PacketsInPerSecond: c.rates.packetsIn, PacketsOutPerSecond: c.rates.packetsOut,
	}
	if c.conn != nil {
		n := c.conn.Stats()
		s.RTT, s.Jitter, s.LossIn, s.LossOut = n.RTT, n.Jitter, n.LossIn, n.LossOut
	}
	past := c.total()
	s.Corrections, s.Confirmed, s.Replayed = past.corrections, past.confirmed, past.replayed
	s.Frames, s.Starved = past.frames, past.starved
	if m := c.match; m != nil && m.lead.Started() {
		s.TickLead = m.lead.Position(c.now).Sub(m.server.Arriving(c.now))
		s.Slack = m.lead.Slack()
		s.InterpolationDelay = m.playhead.Delay()
		s.SnapshotJitter = m.server.Jitter()
	}
	return s
}

// total returns the counts of all matches, the present one included.
func (c *Client[I]) total() ended {
	t := c.stats.past
	if c.match != nil {
		p := c.match.predict.Stats()
		starved, shown := c.match.buffer.Starved()
		t.corrections += p.Corrections
		t.confirmed += p.Confirmed
		t.replayed += p.Replayed
		t.starved += starved
		t.frames += shown
	}
	return t
}

// rateWindow is what rates are measured over.
const rateWindow = time.Second

// rates measure the traffic of a connection.
type rates struct {
	since                          time.Time
	last                           netcode.ConnStats
	in, out, packetsIn, packetsOut float64 // a second
}

func (r *rates) update(now time.Time, conn *netcode.Conn) {
	elapsed := now.Sub(r.since)
	if conn == nil || elapsed < rateWindow {
		return
	}
	stats := conn.Stats()
	if !r.since.IsZero() {
		per := 1 / elapsed.Seconds()
		r.in = float64(stats.BytesIn-r.last.BytesIn) * per
		r.out = float64(stats.BytesOut-r.last.BytesOut) * per
		r.packetsIn = float64(stats.PacketsIn-r.last.PacketsIn) * per
		r.packetsOut = float64(stats.PacketsOut-r.last.PacketsOut) * per
	}
	r.since, r.last = now, stats
}
