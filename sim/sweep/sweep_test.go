package sweep

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/internal/race"
)

// tiny is a run of a few milliseconds.
const tiny = `
seconds = 0.5
assert = ["p99 of udp < 1 s", "loss of udp <= 35 %", "sometimes: loss of udp > 6 %"]
[link]
rtt = "20ms"
[[flow]]
kind = "udp"
`

func tinyConfig(t *testing.T) Config {
	t.Helper()
	loss, err := ParseAxis("link.loss=0%,10%,60%")
	if err != nil {
		t.Fatal(err)
	}
	delay, err := ParseAxis("link.rtt=20ms..40ms/+20ms")
	if err != nil {
		t.Fatal(err)
	}
	return Config{File: "tiny.toml", Data: []byte(tiny), Axes: []Axis{loss, delay}, Seeds: []uint64{1, 2, 3}, Version: "v1"}
}

func mustNew(t *testing.T, c Config) *Sweep {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustRun(t *testing.T, s *Sweep, o Options) *Outcome {
	t.Helper()
	if err := s.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return s.Outcome()
}

func csvOf(t *testing.T, s *Sweep, o *Outcome) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.CSV(&b, o, func(*Point) string { return "-" }); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJobsDoNotMatter(t *testing.T) {
	one, four := mustNew(t, tinyConfig(t)), mustNew(t, tinyConfig(t))
	a, b := mustRun(t, one, Options{Jobs: 1}), mustRun(t, four, Options{Jobs: 4})
	if len(a.Points) != 18 || a.Digest != b.Digest {
		t.Errorf("%d points: digest %s with 1 job, %s with 4", len(a.Points), a.Digest, b.Digest)
	}
	if csvOf(t, one, a) != csvOf(t, four, b) {
		t.Error("the tables differ")
	}
	last := a.Points[17]
	if last.At[0] != "60%" || last.At[1] != "40ms" || last.Seed != 3 || last.Figures["p50"] < 19 || last.Figures["p50"] > 21 {
		t.Errorf("the last point is %+v", last)
	}
}

// What must hold must at every point; what must sometimes, with one seed of
// each combination of values.
func TestAssertions(t *testing.T) {
	s := mustNew(t, tinyConfig(t))
	o := mustRun(t, s, Options{})
	if len(o.Verdicts) != 3 || o.Passed() || !o.Complete() {
		t.Fatalf("passed %v: %+v", o.Passed(), o.Verdicts)
	}
	always, loss, sometimes := o.Verdicts[0], o.Verdicts[1], o.Verdicts[2]
	if !always.Pass || always.Held != 18 || always.Runs != 18 || always.First != -1 {
		t.Errorf("what holds everywhere: %+v", always)
	}
	if loss.Pass || loss.Held != 12 || loss.First != 12 {
		t.Errorf("what fails at 60%%: %+v", loss)
	}
	if sometimes.Pass || !sometimes.Sometimes || sometimes.First != 0 {
		t.Errorf("what never happens at 0%%: %+v", sometimes)
	}
	grid := s.Grid(o, func(*Point) string { return "-" })
	if grid.Points[2].Assertions[2].Pass || !grid.Points[7].Assertions[2].Pass || grid.Points[12].Assertions[1].Pass {
		t.Errorf("the grid has %+v", grid.Points)
	}
	if a := grid.Axes[0]; a.Unit != "%" || a.Values[2] != 60 || a.Labels != nil || grid.Axes[1].Values[1] != 40 {
		t.Errorf("the axes are %+v", grid.Axes)
	}
	worst := s.Worst(o)
	if len(worst) != 7 || worst[0].Index < 12 || worst[6].Index != 0 {
		t.Errorf("the worst are %+v", worst)
	}
	c := tinyConfig(t)
	c.Axes = []Axis{{"link.loss", []string{"9%", "11%"}}}
	c.Seeds = []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	c.Data = []byte(strings.Replace(tiny, "> 6 %", "> 10 %", 1))
	if o := mustRun(t, mustNew(t, c), Options{}); !o.Passed() || o.Verdicts[2].Held == o.Verdicts[2].Runs {
		t.Errorf("one seed of each is enough: %+v", o.Verdicts)
	}
}

// A process may be killed at any time: the file ends anywhere.
func TestResume(t *testing.T) {
	c := tinyConfig(t)
	c.Axes = c.Axes[:1]
	c.Axes[0].Values = c.Axes[0].Values[1:]
	c.Seeds = c.Seeds[:2]
	dir := t.TempDir()
	first := mustNew(t, c)
	log, err := first.Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	want := mustRun(t, first, Options{Log: log, Jobs: 1})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, PointsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if race.Enabled {
		step = 37
	}
	for length := 0; length <= len(whole); length += step {
		if err := os.WriteFile(path, whole[:length], 0o644); err != nil {
			t.Fatal(err)
		}
		s := mustNew(t, c)
		log, err := s.Open(dir, true)
		if err != nil {
			t.Fatalf("cut at %d: %v", length, err)
		}
		had := len(s.Outcome().Points)
		if lines := bytes.Count(whole[:length], []byte{'\n'}); had != max(lines-1, 0) {
			t.Fatalf("cut at %d: %d points, want %d", length, had, lines-1)
		}
		// To measure for each of the lengths would take long: one of each
		// number of whole lines does.
		if length == 0 || whole[length-1] == '\n' || length == len(whole)-1 {
			if o := mustRun(t, s, Options{Log: log, Jobs: 1}); o.Digest != want.Digest || !o.Complete() {
				t.Fatalf("cut at %d: digest %s, want %s", length, o.Digest, want.Digest)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole) {
				t.Fatalf("cut at %d: the file is\n%s\nwant\n%s", length, now, whole)
			}
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	s := mustNew(t, tinyConfig(t))
	log, err := s.Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, s, Options{Log: log})
	log.Close()
	if _, err := s.Open(dir, false); !errors.Is(err, ErrExists) {
		t.Errorf("a second sweep without resume: %v", err)
	}
	for _, test := range []struct {
		change func(c *Config)
		want   string
	}{
		{func(c *Config) { c.Version = "v2" }, `the program's version: was "v1", is "v2"`},
		{func(c *Config) { c.Seeds = []uint64{1, 2, 3, 4} }, `--seeds: was "1..3", is "1..4"`},
		{func(c *Config) { c.Axes = c.Axes[:1] }, `--vary: was "link.rtt=20ms,40ms", is "nothing"`},
		{func(c *Config) { c.Axes[0].Values[2] = "31%" }, `--vary: was "link.loss=0%,10%,60%", is "link.loss=0%,10%,31%"`},
		{func(c *Config) { c.Metrics = []string{"p50"} }, "--metric: was ["},
		{func(c *Config) { c.Duration = 1e8 }, "--seconds: was 0, is 0.1"},
		{func(c *Config) { c.Data = append(c.Data, '\n') }, "the text of the scenario or of a file it names has changed"},
	} {
		c := tinyConfig(t)
		test.change(&c)
		if _, err := mustNew(t, c).Open(dir, true); err == nil || !strings.Contains(err.Error(), "is of another sweep:\n"+test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	path := filepath.Join(dir, PointsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		data string
		want string
	}{
		{"hello", ":1: want the points of a sweep"},
		{"hello\n", ":1: want the points of a sweep"},
		{strings.Replace(string(data), `"seed":2`, `"seed":9`, 1), "it has the values of another"},
		{strings.Replace(string(data), `"digest"`, `"digets"`, 1), ":2: want a point of the sweep"},
		{strings.Replace(string(data), `{"point":1,`, `{"point":18,`, 1), "point 18: want 0 to 17"},
	} {
		if err := os.WriteFile(path, []byte(test.data), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := mustNew(t, tinyConfig(t)).Open(dir, true); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		change func(c *Config)
		want   string
	}{
		{func(c *Config) { c.Axes[0].Key = "link.los" }, "at link.los=0%, link.rtt=20ms: tiny.toml: link.los: unknown key"},
		{func(c *Config) { c.Axes[0].Values[1] = "110%" }, "at link.loss=110%, link.rtt=20ms: tiny.toml: link.loss: want 0% to 100%"},
		{func(c *Config) { c.Axes[0].Key = "link.rtt" }, "link.rtt varies twice"},
		{func(c *Config) { c.Axes[0].Key = "seed" }, "seed: the seeds are said on their own"},
		{func(c *Config) { c.Axes[0].Values = nil }, "link.loss: want at least one value"},
		{func(c *Config) { c.Axes[0].Values[1] = "0%" }, "link.loss: 0% is there twice"},
		{func(c *Config) { c.Seeds = make([]uint64, MaxPoints) }, "the grid has more points than 1000000"},
		{func(c *Config) { c.Seeds = []uint64{} }, "want at least one seed"},
		{func(c *Config) { c.Metrics = []string{"p99 of nobody"} }, `the metric "p99 of nobody": column 8: want the name`},
		{func(c *Config) { c.Metrics = []string{"p99", "p99"} }, `the metric "p99" is there twice`},
		{func(c *Config) { c.Axes = make([]Axis, 9) }, "9 keys vary, want at most 8"},
	} {
		c := tinyConfig(t)
		test.change(&c)
		if _, err := New(c); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

// The first seed that fails is the first of the grid, whatever was first.
func TestFindSeed(t *testing.T) {
	for _, jobs := range []int{1, 4} {
		s := mustNew(t, tinyConfig(t))
		o := mustRun(t, s, Options{Jobs: jobs, FindSeed: true})
		if len(o.Points) != 13 || o.Points[12].At[0] != "60%" || !o.Complete() || o.Passed() {
			t.Errorf("%d jobs: %d points", jobs, len(o.Points))
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	s := mustNew(t, tinyConfig(t))
	n := 0
	if err := s.Run(ctx, Options{Jobs: 2, Progress: func(*Point) {
		if n++; n == 5 {
			interrupt()
		}
	}}); err != nil {
		t.Fatal(err)
	}
	o := s.Outcome()
	if len(o.Points) < 5 || len(o.Points) > 6 || o.Complete() || o.Passed() {
		t.Errorf("%d points", len(o.Points))
	}
	if whole := mustRun(t, s, Options{}); !whole.Complete() {
		t.Error("it does not go on")
	}
}

// A run that does not come to its end fails its point, not the sweep.
func TestErrors(t *testing.T) {
	c := tinyConfig(t)
	c.Axes = []Axis{{"link.loss", []string{"0%", "100%"}}}
	c.Duration = 15e9
	c.Data = []byte(strings.ReplaceAll(tiny, "udp", "connection"))
	s := mustNew(t, c)
	o := mustRun(t, s, Options{})
	if o.Errors() != 3 || o.Passed() || s.Worst(o)[0].Index != 3 || o.Points[3].Figures != nil {
		t.Errorf("%d errors, the worst %+v", o.Errors(), s.Worst(o))
	}
	if !strings.Contains(csvOf(t, s, o), "3,100%,1,,,,") {
		t.Errorf("the table is\n%s", csvOf(t, s, o))
	}
}
