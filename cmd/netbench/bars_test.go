package main

import (
	"context"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/internal/race"
)

// found measures a command line.
func found[F figures](t *testing.T, c command, line string) F {
	t.Helper()
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	measure, err := c.parse(set, strings.Fields(line))
	if err != nil {
		t.Fatalf("%s %s: %v", c.name, line, err)
	}
	f, err := measure(context.Background(), io.Discard)
	if err != nil {
		t.Fatalf("%s %s: %v", c.name, line, err)
	}
	return f.(F)
}

// miss fails, or says that a bar is not met yet.
func miss(t *testing.T, pending bool, format string, args ...any) {
	t.Helper()
	if pending {
		t.Logf("not yet met: "+format, args...)
		return
	}
	t.Errorf(format, args...)
}

// The bars of latency, each with three seeds: the figures that players could
// have from others are in docs/BENCHMARKS.md.
func TestSoakLatencyBars(t *testing.T) {
	if race.Enabled {
		t.Skip("figures, not memory: the race detector only makes it slow")
	}
	for _, test := range []struct {
		line      string
		p99, wire float64 // at most
		above     float64 // p99 at most so much above the link's
		delivered float64 // at least
		pending   bool
	}{
		{line: "--rtt 100ms", above: 2, wire: 1.35, delivered: 1},
		{line: "--rtt 100ms --loss 1", p99: 80, wire: 2.5, delivered: 1},
		{line: "--rtt 100ms --loss 5", p99: 110, wire: 3, delivered: 1},
		{line: "--rtt 125ms --loss 10", p99: 150, wire: 3.6, delivered: 1},
		{line: "--rtt 60ms --jitter 10ms --loss 3 --burst 4", p99: 115, wire: 2.5, delivered: 1},
		{line: "--mode unreliable --rtt 100ms", above: 2, wire: 1.35, delivered: 1},
		{line: "--mode unreliable --rtt 100ms --loss 5", above: 2, wire: 3, delivered: 0.93},
		{line: "--mode unreliable --rtt 60ms --jitter 10ms --loss 3 --burst 4", above: 2, wire: 2.5, delivered: 0.94},
	} {
		for _, seed := range []string{"1", "2", "3"} {
			line := test.line + " --seed " + seed
			f := found[*latencyFigures](t, latencyCommand(), line)
			t.Logf("%s: p50 %.1f, p99 %.1f (link %.1f), worst %.1f ms, %.4f delivered, wire %.2f", line, f.P50, f.P99, f.LinkP99, f.Max, f.Delivered, f.Wire)
			if test.p99 > 0 && f.P99 > test.p99 {
				miss(t, test.pending, "%s: p99 %.1f ms, want at most %.0f", line, f.P99, test.p99)
			}
			if test.above > 0 && f.P99 > f.LinkP99+test.above {
				miss(t, test.pending, "%s: p99 %.1f ms, want at most the link's %.1f and %.0f", line, f.P99, f.LinkP99, test.above)
			}
			if f.Wire > test.wire {
				miss(t, test.pending, "%s: %.2f bytes on the wire for each delivered, want at most %.2f", line, f.Wire, test.wire)
			}
			if f.Delivered < test.delivered {
				miss(t, test.pending, "%s: %.4f delivered, want %.4f", line, f.Delivered, test.delivered)
			}
		}
	}
}

// The bars of bulk.
func TestSoakBulkBars(t *testing.T) {
	if race.Enabled {
		t.Skip("figures, not memory: the race detector only makes it slow")
	}
	for _, test := range []struct {
		line        string
		utilisation float64 // at least
		p99, above  float64 // of the state: at most, and at most above idle
		fair        bool    // between a third and three times the competitor's share
		delivered   float64 // of the state, at least
		pending     bool
	}{
		{line: "--rate 2mbit --rtt 40ms --queue 250ms", utilisation: 0.9, p99: 60, delivered: 0.999},
		{line: "--rate 20mbit --rtt 280ms --queue 100ms --loss 0.5", utilisation: 0.85, above: 10, delivered: 0.99},
		{line: "--rate 100mbit --rtt 40ms --loss 5", utilisation: 0.7, delivered: 0.94},
		{line: "--rate 10mbit --rtt 40ms --queue 100ms --competitor cubic", fair: true, delivered: 0.95},
	} {
		f := found[*bulkFigures](t, bulkCommand(), test.line)
		t.Logf("%s: utilisation %.3f, state p50 %.1f, p99 %.1f (idle %.1f) ms, %.4f delivered, queue %.1f ms, wire %.2f, ours %.3f, TCP %.3f",
			test.line, f.Utilisation, f.StateP50, f.StateP99, f.IdleP99, f.Delivered, f.QueueP99, f.Wire, f.Share, f.Competitor)
		if f.Utilisation < test.utilisation {
			miss(t, test.pending, "%s: utilisation %.3f, want %.2f", test.line, f.Utilisation, test.utilisation)
		}
		if test.p99 > 0 && f.StateP99 > test.p99 {
			miss(t, test.pending, "%s: state p99 %.1f ms, want at most %.0f", test.line, f.StateP99, test.p99)
		}
		if test.above > 0 && f.StateP99 > f.IdleP99+test.above {
			miss(t, test.pending, "%s: state p99 %.1f ms, want at most the idle %.1f and %.0f", test.line, f.StateP99, f.IdleP99, test.above)
		}
		if test.fair && (f.Share < f.Competitor/3 || f.Share > 3*f.Competitor) {
			miss(t, test.pending, "%s: our share %.3f beside TCP's %.3f, want a third to three times", test.line, f.Share, f.Competitor)
		}
		if f.Delivered < test.delivered {
			miss(t, test.pending, "%s: %.4f of the state delivered, want %.4f", test.line, f.Delivered, test.delivered)
		}
	}
}
