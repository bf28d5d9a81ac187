package fit

import (
	"cmp"
	"math"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// hidden is what cannot be recovered of a preset, and why.
var hidden = map[string]string{
	"starlink":      slotsHide,
	"starlink-busy": slotsHide,
}

const slotsHide = "slots change the delay by the clock: no model here has them, and jitter takes them up"

// trafficOf is a game at 60 Hz that goes on until enough is lost, and then, if
// the line has a rate, fills it for some seconds.
func trafficOf(c *link.Config, most int) []source {
	loss := c.Loss + c.Burst.MeanLoss()
	n := 20_000
	if loss > 0 {
		n = max(n, int(1200*max(1, c.Burst.MeanBurst())/loss))
	}
	if c.Spikes.Every > 0 {
		n = max(n, int(1200*(c.Spikes.Every+c.Spikes.Length)))
	}
	every := time.Second / 60
	if c.ReorderDelay > 0 && c.ReorderDelay < 2*every {
		every = c.ReorderDelay / 4 // nothing would pass else
	}
	until := time.Duration(min(n, most)) * every
	sources := []source{{every, 120, until}}
	if c.Rate == 0 {
		return sources
	}
	const size = 1200
	gap := time.Duration(8e9 * (size + 28) / 1.3 / float64(c.Rate))
	length := min(12*time.Second, max(4*time.Second, 4000*gap))
	// A deep queue takes its time to fill.
	length += 4 * time.Duration(8e9*float64(c.QueueBytes+c.QueuePackets*size)/float64(c.Rate))
	return append(sources, source{gap, size, until + length}, source{every, 120, until + length + 20*time.Second})
}

// recovers fits a capture of one direction of a preset and compares.
func recovers(t *testing.T, c link.Config, most int, withDelay bool) {
	c.Overhead = 28
	report, err := captured(t, c, 7, trafficOf(&c, most)...)
	if err != nil {
		t.Fatal(err)
	}
	m := report.Models[0]
	got := m.Config
	// within compares; of what was seen only so often chance allows more.
	within := func(what string, got, want float64, seen int) {
		t.Helper()
		limit := 0.1
		if seen >= 0 {
			limit = max(limit, 3.5/math.Sqrt(float64(max(1, seen))))
		}
		if math.Abs(got-want) > limit*want {
			t.Errorf("%s = %.5g, want %.5g (within %.0f%%)", what, got, want, 100*limit)
		}
	}
	bursts := int(float64(m.Loss.Bursts))
	want := c.Loss + c.Burst.MeanLoss()
	within("loss", got.Loss+got.Burst.MeanLoss()+got.Markov.MeanLoss(), want, bursts)
	if c.Burst.P > 0 {
		within("mean burst", got.Burst.MeanBurst(), c.Burst.MeanBurst(), bursts)
	}
	if withDelay {
		within("delay", float64(got.Delay), float64(c.Delay), -1)
		within("jitter", float64(got.Jitter), float64(c.Jitter), -1)
		if c.Jitter > 0 && got.Shape != c.Shape {
			t.Errorf("shape = %v, want %v", got.Shape, c.Shape)
		}
	}
	within("rate", float64(got.Rate), float64(c.Rate), -1)
	if c.Rate > 0 && withDelay { // the queue is a delay, less that of the jitter
		queue := cmp.Or(c.QueueBytes, c.QueuePackets*1228, int(max(3000, c.Rate/80)))
		// What does not fill another packet is no queue: a packet either way.
		if math.Abs(float64(got.QueueBytes-queue)) > max(0.1*float64(queue), 1228) {
			t.Errorf("queue = %d, want %d", got.QueueBytes, queue)
		}
	}
	within("reorder", got.Reorder, c.Reorder, int(c.Reorder*float64(m.Calm)))
	within("reorder delay", float64(got.ReorderDelay), float64(c.ReorderDelay), -1)
	if c.Spikes.Every > 0 {
		if m.Spikes == nil {
			t.Fatal("no spikes")
		}
		within("spikes every", got.Spikes.Every, c.Spikes.Every, m.Spikes.Seen)
		within("spike length", got.Spikes.Length, c.Spikes.Length, m.Spikes.Seen)
		within("spike delay", float64(got.Spikes.Delay), float64(c.Spikes.Delay), -1)
		within("spike loss", got.Spikes.Loss, c.Spikes.Loss, m.Spikes.Seen)
	}
	within("outage", float64(got.Outage.For), float64(c.Outage.For), -1)
	within("outages every", float64(got.Outage.Every), float64(c.Outage.Every), -1)
	roundTrip(t, report)
}

// roundTrip: the preset that is written is the link that was found.
func roundTrip(t *testing.T, r *Report) {
	t.Helper()
	p, err := scenario.ParsePreset("fitted.toml", []byte(r.Preset))
	if err != nil {
		t.Fatalf("%v\n%s", err, r.Preset)
	}
	for _, side := range []struct {
		name      string
		got, want link.Config
	}{{"up", p.Line.Up, r.Line.Up}, {"down", p.Line.Down, r.Line.Down}} {
		got, want := side.got, side.want
		if (got.Table == nil) != (want.Table == nil) {
			t.Errorf("%s: table %v, want %v", side.name, got.Table, want.Table)
		}
		got.Table, want.Table = nil, nil
		if got.Burst.P > 0 && math.Abs(got.Burst.P-want.Burst.P) < 1e-6 && math.Abs(got.Burst.R-want.Burst.R) < 1e-6 {
			got.Burst = want.Burst // written as loss and burst, which rounds
		}
		if got != want {
			t.Errorf("%s:\n got %+v\nwant %+v\n%s", side.name, got, want, r.Preset)
		}
	}
	if len(p.Sources) == 0 {
		t.Error("the preset has no sources")
	}
}

// TestPresets: what the simulator does by a preset, fit finds in a capture of
// it. This is one of each kind; TestSoakPresets has all.
func TestPresets(t *testing.T) {
	if race.Enabled {
		t.Skip("there is one thread")
	}
	for _, name := range []string{"lightyear-poor", "str0m-lossy", "wifi-congested", "dsl", "terrible", "gns-wifi", "lte-driving", "metro", "cable", "edge"} {
		t.Run(name, func(t *testing.T) {
			p, err := scenario.FindPreset(name)
			if err != nil {
				t.Fatal(err)
			}
			recovers(t, p.Line.Up, 40_000, hidden[name] == "")
		})
	}
}

// TestSoakPresets: the same for both directions of every preset, with so many
// datagrams that chance allows 10 %.
func TestSoakPresets(t *testing.T) {
	if race.Enabled {
		t.Skip("there is one thread")
	}
	if long.Of(0, 1) == 0 {
		t.Skip("takes minutes; TestPresets has a part")
	}
	for _, p := range scenario.Presets() {
		for _, side := range []struct {
			name string
			c    link.Config
		}{{"up", p.Line.Up}, {"down", p.Line.Down}} {
			if side.name == "down" && p.Line.Up == p.Line.Down {
				continue
			}
			t.Run(p.Name+" "+side.name, func(t *testing.T) {
				recovers(t, side.c, 2_500_000, hidden[p.Name] == "")
			})
		}
	}
}
