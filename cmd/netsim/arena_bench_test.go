package main

import (
	"testing"

	"github.com/reckon-engine/reckon/sim/flow"
	simrun "github.com/reckon-engine/reckon/sim/run"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// BenchmarkArena is a match of sixty-four over good Wi-Fi, ten virtual seconds
// an iteration with everyone's joining. The figure is virtual seconds per
// second.
func BenchmarkArena(b *testing.B) {
	s, err := scenario.Parse("arena.toml", []byte(`
seconds = 10
[hosts.player]
count = 64
link = { preset = "wifi-good" }
[[flow]]
name = "match"
kind = "arena"
`), flow.ScenarioKinds(kinds())...)
	if err != nil {
		b.Fatal(err)
	}
	virtual := 0.
	for b.Loop() {
		r, err := simrun.Run(b.Context(), s, simrun.Options{Kinds: kinds()})
		if err != nil || r.Error != "" {
			b.Fatal(err, r.Error)
		}
		virtual += r.VirtualSeconds
	}
	b.ReportMetric(virtual/b.Elapsed().Seconds(), "×realtime")
}
