package main

import (
	"time"

	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/result"
)

// Result returns what the match measured: its messages are snapshots, from the
// tick that made them to the player's hands.
func (m *match) Result() result.Flow {
	m.settle()
	meters := []*flow.Meter{m.total}
	now := min(m.stage.Net.Now().Sub(m.stage.Epoch), m.to)
	for _, c := range m.players {
		c.silence.End(m.stage, now)
		meters = append(meters, c.meter)
	}
	all := flow.Together(meters...)
	return result.Flow{
		Name: m.name, Kind: "arena", Figures: all,
		Parts:    []result.Part{{Channel: arenaChannel, Direction: "down", Figures: all}},
		Counters: m.counters(now),
	}
}

// counters returns what else was counted, from the beginning of the run unless
// it is a figure of snapshots. docs/SCENARIOS.md names them.
func (m *match) counters(now time.Duration) map[string]float64 {
	var in, out, corrections, confirmed, frames, starved, undecodable, resynchronised uint64
	var delay time.Duration
	for _, c := range m.players {
		s, n := c.Stats(), c.Core().Stats()
		in += n.BytesIn
		out += n.BytesOut
		corrections += s.Corrections
		confirmed += s.Confirmed
		frames += s.Frames
		starved += s.Starved
		undecodable += s.Undecodable
		resynchronised += s.Resynchronised
		delay += s.InterpolationDelay
	}
	players := float64(len(m.players))
	perPlayer := players * max(now.Seconds(), 1e-9)
	server := m.Server.Stats()
	return map[string]float64{
		"players": players, "disconnects": float64(m.disconnects),
		"ticks": float64(server.Ticks), "snapshots": float64(server.Snapshots),
		"bytes_per_snapshot":               float64(server.SnapshotBytes) / float64(max(server.Snapshots, 1)),
		"down_bytes_per_second_per_player": float64(in) / perPlayer,
		"up_bytes_per_second_per_player":   float64(out) / perPlayer,
		"age_p50_ms":                       float64(m.age.Quantile(500_000)) / 1e6,
		"age_p99_ms":                       float64(m.age.Quantile(990_000)) / 1e6,
		"corrections":                      float64(corrections),
		"corrections_share":                float64(corrections) / float64(max(corrections+confirmed, 1)),
		"frames":                           float64(frames),
		"starved_frames":                   float64(starved),
		"starved_share":                    float64(starved) / float64(max(frames, 1)),
		"undecodable":                      float64(undecodable),
		"resynchronised":                   float64(resynchronised),
		"interpolation_delay_ms":           float64(delay) / players / 1e6,
		"inputs_missing":                   float64(server.Inputs.Missing),
	}
}
