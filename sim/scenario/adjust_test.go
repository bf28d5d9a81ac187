package scenario

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

func TestAdjust(t *testing.T) {
	burst, err := link.Bursts(0.03, 4)
	if err != nil {
		t.Fatal(err)
	}
	both := link.Config{Delay: 40 * time.Millisecond, Burst: burst, Overhead: 28}
	line := Line{Up: both, Down: both}
	with := func(change func(*link.Config)) link.Config {
		c := both
		change(&c)
		return c
	}
	for _, test := range []struct {
		table    string
		up, down link.Config
	}{
		{`{}`, both, both},
		{`{"rtt": "100ms"}`, with(func(c *link.Config) { c.Delay = 50 * time.Millisecond }), with(func(c *link.Config) { c.Delay = 50 * time.Millisecond })},
		{`{"up": {"rate": "2mbit"}, "jitter": "5ms"}`, with(func(c *link.Config) { c.Rate, c.Jitter = 2_000_000, 5*time.Millisecond }), with(func(c *link.Config) { c.Jitter = 5 * time.Millisecond })},
		{`{"down": {"loss": "10%"}}`, both, with(func(c *link.Config) { c.Burst, _ = link.Bursts(0.1, 4) })},
		{`{"loss": 0, "burst": 1}`, with(func(c *link.Config) { c.Burst = link.GilbertElliott{} }), with(func(c *link.Config) { c.Burst = link.GilbertElliott{} })},
	} {
		got, err := Adjust(line, []byte(test.table))
		if strings.Contains(test.table, `"loss": 0`) && err != nil {
			continue // burst without loss makes no sense, and says so
		}
		if err != nil || got.Up != test.up || got.Down != test.down {
			t.Errorf("%s: %v\nup   %+v\nwant %+v\ndown %+v\nwant %+v", test.table, err, got.Up, test.up, got.Down, test.down)
		}
	}
	lte, err := Adjust(line, []byte(`{"preset": "lte", "loss": "5%"}`))
	preset, _ := FindPreset("lte")
	preset.Line.Up.Loss, preset.Line.Down.Loss = 0.05, 0.05
	if err != nil || lte != preset.Line {
		t.Errorf("lte: %v\n%+v\nwant %+v", err, lte, preset.Line)
	}
}

func TestAdjustMistakes(t *testing.T) {
	for table, want := range map[string]string{
		``:                              "want a JSON object",
		`3`:                             "want a JSON object",
		`{"loss": "3"}`:                 "loss: want a percent sign, such as 3%",
		`{"up": {"lost": "3%"}}`:        "up.lost: unknown key: did you mean loss?",
		`{"up": 3}`:                     "up: want a table",
		`{"loss": null}`:                "want no null",
		`{"loss": "1%", "loss": "2%"}`:  "loss: want each key once",
		`{"loss": "1%"} x`:              "want one JSON object",
		`{"loss": "1%"`:                 "want",
		`{"preset": "ltee"}`:            `preset: no preset "ltee": did you mean lte?`,
		`{"preset": "mine.toml"}`:       "preset: want no file here",
		`{"trace": "/etc/passwd"}`:      "trace: ",
		`{"jitter": "1s"}`:              "jitter: want a jitter of at most the one-way delay",
		`{"queue": "100ms"}`:            "queue: want rate as well",
		`[[[[[[[[[[[[[[[[[[]`:           "want fewer tables",
		strings.Repeat(" ", 64<<10+1):   "want at most 65536 bytes",
		`{"a":"\ud800"}`:                "a: unknown key",
		`{"rtt": "1ms", "delay": "1s"}`: "delay: want either rtt",
	} {
		line := Line{Up: link.Config{Delay: time.Millisecond}}
		got, err := Adjust(line, []byte(table))
		var adjust *AdjustError
		if !errors.As(err, &adjust) || !strings.HasPrefix(err.Error(), want) || got != line {
			t.Errorf("%.40s: %v, want %s", table, err, want)
		}
	}
}

// Whatever is asked for, a link is valid afterwards or as before.
func FuzzAdjust(f *testing.F) {
	for _, seed := range []string{
		`{"loss": "3%", "up": {"rate": "2mbit"}}`, `{"preset": "starlink", "down": {"slots": "none"}}`,
		`{"outage": {"from": "1s", "for": "2s"}, "drop": [3, "10-20"]}`, `{"table": [["0%", "0ms"], ["100%", "80ms"]]}`,
		`{"queue": ["64kB", "50 packets"], "rate": "1mbit", "aqm": "codel"}`, `{"burst": 1e300, "loss": "100%"}`,
	} {
		f.Add([]byte(seed))
	}
	line := Line{Up: link.Config{Delay: time.Millisecond, Loss: 0.5}}
	f.Fuzz(func(t *testing.T, table []byte) {
		got, err := Adjust(line, table)
		if err != nil {
			if got != line || strings.Contains(err.Error(), "\r") {
				t.Errorf("%q: %+v with %v", table, got, err)
			}
			return
		}
		if err := got.Up.Validate(); err != nil {
			t.Errorf("%q: up: %v", table, err)
		}
		if err := got.Down.Validate(); err != nil {
			t.Errorf("%q: down: %v", table, err)
		}
		if again, err := Adjust(got, []byte("{}")); err != nil || again != got {
			t.Errorf("%q: nothing changes %+v to %+v, %v", table, got, again, err)
		}
	})
}
