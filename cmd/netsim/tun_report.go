package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/tun"
)

// tunStatus tells what happened between two counts.
func tunStatus(last, s *tun.Stats, elapsed, passed time.Duration) string {
	line := fmt.Sprintf("%4.0fs  up %s  down %s  %d on their way",
		elapsed.Seconds(), flowText(last.Up, s.Up, passed), flowText(last.Down, s.Down, passed), s.Held)
	if n := s.DeviceDrops - last.DeviceDrops; n > 0 {
		line += fmt.Sprintf("  %d DROPPED BY THE KERNEL", n)
	}
	return line
}

// A tunSummary is what --json prints.
type tunSummary struct {
	Seconds     float64     `json:"seconds"`
	ExitStatus  int         `json:"exit_status"`
	DeviceDrops uint64      `json:"device_drops"` // lost before the links, because the machine was too slow
	Errors      uint64      `json:"errors"`
	Up          flowSummary `json:"up"`
	Down        flowSummary `json:"down"`
	LateP50     float64     `json:"late_p50_ms"`
	LateP99     float64     `json:"late_p99_ms"`
	LateMax     float64     `json:"late_max_ms"`

	// Of a scenario, as for netsim proxy.
	Run *result.Run `json:"run,omitempty"`

	stats   tun.Stats
	elapsed time.Duration
	from    *source
}

func tunSummaryOf(s tun.Stats, elapsed time.Duration, code int) *tunSummary {
	return &tunSummary{
		Seconds: elapsed.Seconds(), ExitStatus: code, DeviceDrops: s.DeviceDrops, Errors: s.Errors,
		Up: summaryOf(s.Up), Down: summaryOf(s.Down),
		LateP50: milliseconds(s.Lateness.P50), LateP99: milliseconds(s.Lateness.P99), LateMax: milliseconds(s.Lateness.Max),
		stats: s, elapsed: elapsed,
	}
}

func (s *tunSummary) writeJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}

func (s *tunSummary) writeText(w io.Writer) error {
	fmt.Fprintf(w, "netsim: %.1f s, exit status %d\n", s.Seconds, s.ExitStatus)
	if err := writeFlows(w, s.stats.Up, s.stats.Down, s.elapsed); err != nil {
		return err
	}
	if s.DeviceDrops > 0 {
		fmt.Fprintf(w, "%d packets were dropped by the kernel before the links saw them: this machine is too slow\n", s.DeviceDrops)
	}
	if s.Run != nil {
		writeVerdicts(w, s.from.scenario, s.Run)
	}
	return writeLateness(w, s.stats.Lateness.P50, s.stats.Lateness.P99, s.stats.Lateness.Max)
}
