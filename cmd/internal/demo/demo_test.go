package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// good is a run of ten seconds without fault.
var good = Summary{Players: 5, Ticks: 595, Snapshots: 590, SnapshotsSent: 595, InputsAcked: 580, Seconds: 10}

func TestLine(t *testing.T) {
	if got, want := good.String(), "demo: ok players=5 ticks=595 snapshots=590 inputs_acked=580"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Summary)
		want   string // "" for a good run
	}{
		{"good", func(*Summary) {}, ""},
		{"just enough ticks", func(s *Summary) { s.Ticks = 570 }, ""},
		{"a tick too few", func(s *Summary) { s.Ticks = 569 }, "569 ticks in 10 s, want 570"},
		{"just enough snapshots", func(s *Summary) { s.Snapshots = 476 }, ""},
		{"a snapshot too few", func(s *Summary) { s.Snapshots = 475 }, "475 of 595 snapshots arrived, want 476"},
		{"nobody", func(s *Summary) { s.Players = 0 }, "players is 0"},
		{"no ticks", func(s *Summary) { s.Ticks = 0 }, "ticks is 0"},
		{"no snapshots", func(s *Summary) { s.Snapshots = 0 }, "snapshots is 0"},
		{"none sent", func(s *Summary) { s.SnapshotsSent = 0 }, "snapshots sent is 0"},
		{"no acks", func(s *Summary) { s.InputsAcked = 0 }, "inputs_acked is 0"},
	} {
		s := good
		test.change(&s)
		err := s.Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: Check = %v, want %q", test.name, err, test.want)
		}
	}
}

func TestArrivals(t *testing.T) {
	start := time.Unix(0, 0)
	for _, test := range []struct {
		name  string
		ticks []engine.Tick
		after time.Duration
		want  uint64
	}{
		{"none", nil, time.Second, 0},
		{"one", []engine.Tick{7}, time.Millisecond, 1},
		{"every tick", []engine.Tick{5, 6, 7, 8}, 50 * time.Millisecond, 4},
		{"a hole", []engine.Tick{5, 6, 8, 9}, 50 * time.Millisecond, 5},
		{"every third", []engine.Tick{3, 6, 12, 15}, 200 * time.Millisecond, 5},
		{"swapped and repeated", []engine.Tick{5, 7, 6, 7, 8}, 50 * time.Millisecond, 4},
		{"wraps", []engine.Tick{1<<32 - 2, 1<<32 - 1, 0, 1}, 50 * time.Millisecond, 4},
		{"silence at the end", []engine.Tick{5, 6}, 10 * time.Second, 571},
	} {
		var a Arrivals
		for _, tick := range test.ticks {
			a.Add(start, tick)
		}
		if got := a.Sent(start.Add(test.after)); got != test.want {
			t.Errorf("%s: Sent = %d, want %d", test.name, got, test.want)
		}
	}
}
