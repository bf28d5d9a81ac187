package scenario

import (
	"regexp"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/sim/link"
)

// reference is what makes a source one: an address, a paper, a year.
var reference = regexp.MustCompile(`github\.com/|arXiv|https?://|\b(19|20)\d\d\b|IEEE|RFC \d`)

// TestPresets: every figure of every preset says where it is from, or the word
// JUDGEMENT, and every delay says whether it is one way or a round trip.
func TestPresets(t *testing.T) {
	all := Presets()
	if len(all) < 40 {
		t.Errorf("there are %d presets", len(all))
	}
	for i := range all {
		p := &all[i]
		if p.Title == "" || p.About == "" || strings.Contains(p.About, "\n") || len(p.About) > 100 {
			t.Errorf("%s: want a title and a line about it", p.Name)
		}
		sources := map[string]string{}
		for _, s := range p.Sources {
			sources[s.About] = s.Text
			if !reference.MatchString(s.Text) && !strings.Contains(s.Text, "JUDGEMENT") {
				t.Errorf("%s: %s: want a reference or the word JUDGEMENT: %q", p.Name, s.About, s.Text)
			}
		}
		for _, about := range figuresOf(&p.Line) {
			if sources[about] == "" {
				t.Errorf("%s: want a source of the %s", p.Name, about)
			}
		}
		trip := strings.Contains(sources["delay"], "round trip")
		if s := sources["delay"]; s != "" && (!trip && !strings.Contains(s, "one way") || trip && !strings.Contains(p.Text, "rtt") && !strings.Contains(s, "one way")) {
			t.Errorf("%s: want its delay to say one way or round trip: %q", p.Name, s)
		}
	}
}

// figuresOf returns what a preset has figures about.
func figuresOf(line *Line) []string {
	var about []string
	add := func(name string, has func(c *link.Config) bool) {
		if has(&line.Up) || has(&line.Down) {
			about = append(about, name)
		}
	}
	add("delay", func(c *link.Config) bool { return c.Delay > 0 })
	add("jitter", func(c *link.Config) bool { return c.Jitter > 0 })
	add("loss", func(c *link.Config) bool {
		return c.Loss > 0 || c.Burst != link.GilbertElliott{} || c.Markov != link.FourState{}
	})
	add("spikes", func(c *link.Config) bool { return c.Spikes != link.Spikes{} })
	add("slots", func(c *link.Config) bool { return c.Slots != link.Slots{} })
	add("outage", func(c *link.Config) bool { return c.Outage != link.Outage{} })
	add("reorder", func(c *link.Config) bool { return c.Reorder > 0 })
	add("rate", func(c *link.Config) bool { return c.Rate > 0 || c.Trace != nil })
	add("queue", func(c *link.Config) bool { return c.Rate > 0 || c.Trace != nil })
	return about
}

func TestFindPreset(t *testing.T) {
	p, err := FindPreset("bufferbloat")
	if err != nil || p.Line.Up.QueueBytes != 262_500 || p.Line.Down.QueueBytes != 2_100_000 {
		t.Errorf("bufferbloat: %v, %+v", err, p.Line)
	}
	if _, err := FindPreset("bufferblot"); err == nil || !strings.Contains(err.Error(), "did you mean bufferbloat?") {
		t.Errorf("a slip: %v", err)
	}
	if _, err := FindPreset("../presets/lte"); err == nil {
		t.Error("a path is no name")
	}
}
