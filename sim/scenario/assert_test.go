package scenario

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

// measured is a run of the duel for assertions to judge.
func measured() *result.Run {
	latency := func(ms ...int) *result.Histogram {
		h := &result.Histogram{}
		for _, v := range ms {
			h.Add(time.Duration(v) * time.Millisecond)
		}
		return h
	}
	up := result.Figures{Sent: 100, Delivered: 98, Loss: 0.02, P50: 20, P99: 40, Max: 40, Latency: latency(10, 20, 30, 40)}
	down := result.Figures{Sent: 300, Delivered: 300, P50: 50, P99: 90, Max: 90, Latency: latency(50, 50, 50, 90)}
	all := result.Figures{Sent: 400, Delivered: 398, Loss: 0.005, P50: 50, P99: 90, Max: 90, Latency: latency(10, 20, 30, 40, 50, 50, 50, 90)}
	return &result.Run{
		VirtualSeconds: 10,
		Flows: []result.Flow{{
			Name: "duel", Kind: "chat", Figures: all, Counters: map[string]float64{"rtt_ms": 81, "kills": 3},
			Parts: []result.Part{{Channel: "state", Direction: "up", Figures: up}, {Channel: "state", Direction: "down", Figures: down}},
		}},
		Links: []result.Link{
			{Name: "client", Direction: "up", Sent: 1000, Delivered: 900, Loss: 0.1, DroppedQueue: 50, DeliveredBytes: 1_000_000, Bursts: []uint64{10, 5}},
			{Name: "client", Direction: "down", Sent: 3000, Delivered: 3000, Series: &result.Series{QueueBytes: []uint64{10, 900, 20}}},
		},
		Events: []result.Event{
			{Seconds: 0.25, Kind: "connected", Subject: "duel"},
			{Seconds: 4, Kind: "stalled", Subject: "duel", Lasted: 1.5},
			{Seconds: 5, Kind: "rebind", Subject: "home"},
		},
	}
}

func TestJudge(t *testing.T) {
	s, err := Parse("duel.toml", []byte(duel), chatKind)
	if err != nil {
		t.Fatal(err)
	}
	run := measured()
	for _, test := range []struct {
		text string
		pass bool
		want string
	}{
		{"p99 of channel state < 120 ms", true, "90 ms"},
		{"p50 of channel state up <= 19ms", false, "20.05 ms"},
		{"p99 of state of duel down < p99 of state up", false, "90 ms against 40 ms"},
		{"p75 of duel > 40 ms", true, "50.07 ms"},
		{"max of duel >= 90 ms", true, "90 ms"},
		{"mean < 50 ms", true, "42.44 ms"},
		{"p50 of duel within 5 % of 42 ms", true, "40.11 ms"},
		{"loss of duel < 2 %", true, "0.5 %"},
		{"loss of channel state up < 2 %", false, "2 %"},
		{"delivered of duel > 397", true, "398"},
		{"rate of duel > 30/s", true, "39.8 a second"},
		{"counter rtt_ms of duel < 100 ms", true, "81"},
		{"counter rtt_ms < 80", false, "81"},
		{"counter wins of duel > 1", false, "there is no such counter; there are: kills, rtt_ms"},
		{"loss of link client < 3 %", true, "2.5 %"},
		{"loss of client up < 3%", false, "10 %"},
		{"queue-loss of link client up < 6 %", true, "5 %"},
		{"queue of link client down < 1 kB", true, "900 bytes"},
		{"queue of link client up < 1 kB", false, "the queue was not measured"},
		{"rate of link client up within 1 % of 0.8 mbit/s", true, "800 kbit/s"},
		{"longest-burst of link client <= 2", true, "2"},
		{"mean-burst of link client up < 1.5", true, "1.333"},
		{"loss of link bot < 1%", false, "there is no such link in this run"},
		{"no disconnect", true, "none"},
		{"no error", true, "none"},
		{"no stall", false, "1 stall, the first at 4 s"},
		{"no stall longer than 2 s of duel", true, "the longest of 1.5 s"},
		{"no stall longer than 1 s", false, "1 stall, the first at 4 s, the longest of 1.5 s"},
		{"sometimes: a rebind happened", true, "1 rebind, the first at 5 s"},
		{"Sometimes: rebind of link home happened", true, "1 rebind, the first at 5 s"},
		{"always: a migration happened", false, "none"},
		{"connected within 300 ms", true, "0.25 s"},
		{"connected within 0.2 s of duel", false, "0.25 s"},
	} {
		a, err := s.ParseAssertion(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got := a.Judge(run); got.Pass != test.pass || got.Measured != test.want {
			t.Errorf("%s: %v, %q, want %v, %q", test.text, got.Pass, got.Measured, test.pass, test.want)
		}
	}
}

func TestAssertionErrors(t *testing.T) {
	s, err := Parse("duel.toml", []byte(duel), chatKind)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":                              "column 1: want a figure or an event: there is p50",
		"p99":                           "column 4: want <, <=, >, >= or within 5 % of",
		"p99 of duel < 120":             "column 15: want a time such as 120 ms",
		"p99 of duel < 120 ms now":      "column 22: want nothing more",
		"p99 of dule < 120 ms":          "column 8: want the name of a flow or channel: did you mean duel?",
		"p99 of channel stat < 1 ms":    "column 16: want the name of a channel: did you mean state?",
		"p99 of channel state of x < 1": "column 25: want the name of a flow with a channel state: there is duel",
		"p99 of link client < 1 ms":     "column 8: want flow or channel, as only they have that",
		"loss of duel < 2":              "column 16: want a share such as 2 %",
		"lost of duel < 2 %":            "column 1: want a figure or an event: did you mean loss?",
		"no disconect":                  "column 4: want an event: did you mean disconnect?",
		"a rebind hapened":              "column 10: want happened",
		"sometimes a rebind happened":   "column 11: want a colon",
		"p99 within 5 of 3 ms":          "column 12: want a share such as 5 %",
		"p99 < loss":                    "column 11: want a figure of the same kind as p99",
		"connected within soon":         "column 18: want a time such as 2 s",
		"queue < 3 kB":                  "column 7: want of, and the name of a link",
		"counter <":                     "column 9: want the name of a counter, such as rtt_ms",
	} {
		_, err := s.ParseAssertion(text)
		if err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Whatever is typed is judged or refused in one line.
func FuzzAssertion(f *testing.F) {
	for _, s := range []string{
		"p99 of channel state < 120 ms", "no stall longer than 2 s of duel", "sometimes: a rebind happened",
		"loss of link client up within 5 % of 3 %", "counter rtt_ms of duel < 3", "p99.9 < max", "connected within 3 s",
		"p < - % /", "rate of duel > 5 / s",
	} {
		f.Add(s)
	}
	s, err := Parse("duel.toml", []byte(duel), chatKind)
	if err != nil {
		f.Fatal(err)
	}
	run := measured()
	f.Fuzz(func(t *testing.T, text string) {
		a, err := s.ParseAssertion(text)
		if err != nil {
			if containsLineBreak(err.Error()) && !containsLineBreak(text) {
				t.Errorf("an error of more than one line: %q", err)
			}
			return
		}
		first := a.Judge(run)
		if first.Measured == "" {
			t.Errorf("%q measured nothing", text)
		}
		again, err := s.ParseAssertion(a.Text)
		if err != nil {
			t.Fatalf("%q is refused as %q: %v", text, a.Text, err)
		}
		if second := again.Judge(run); first.Pass != second.Pass || first.Measured != second.Measured {
			t.Errorf("%q is judged %v, and %q %v", text, first, a.Text, second)
		}
		a.Judge(&result.Run{})
	})
}

func containsLineBreak(s string) bool {
	for _, c := range s {
		if c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}
