package report

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/sim/result"
)

// update writes the golden files anew: look at what changed before committing.
var update = flag.Bool("update", false, "write the golden files")

var ids = regexp.MustCompile(` id="([^"]*)"`)

// svgs returns the SVGs of a page.
func svgs(html []byte) (all [][]byte) {
	for {
		from := bytes.Index(html, []byte("<svg"))
		if from < 0 {
			return all
		}
		to := from + bytes.Index(html[from:], []byte("</svg>")) + len("</svg>")
		all, html = append(all, html[from:to]), html[to:]
	}
}

// render writes with a function and returns what it wrote.
func render(t testing.TB, write func(w io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func page(p Page) func(io.Writer) error { return func(w io.Writer) error { return HTML(w, p) } }

func comparison(c Comparison) func(io.Writer) error {
	return func(w io.Writer) error { return Compare(w, c) }
}

func sweep(p SweepPage) func(io.Writer) error { return func(w io.Writer) error { return Sweep(w, p) } }

// samples are pages and plots of every kind.
func samples() map[string]func(io.Writer) error {
	c := race(4)
	run := duel(4)
	return map[string]func(io.Writer) error{
		"run.html":     page(Page{Run: run, About: "Does state stay fresh?", Command: "netsim run duel-lte.toml --seed 42", Source: "name = \"LTE duel\"\n"}),
		"compare.html": comparison(c),
		"sweep.html":   sweep(SweepPage{Grid: grid(3, 3, 1, 2), Command: "netsim sweep duel-lte.toml"}),
		"overview.svg": func(w io.Writer) error {
			p, err := c.Overview()
			if err != nil {
				return err
			}
			return p.WriteSVG(w)
		},
		"arrived.svg": func(w io.Writer) error { return c.Arrived(&c.Cases[2]).WriteSVG(w) },
		"flows.csv":   func(w io.Writer) error { return FlowsCSV(w, run) },
		"links.csv":   func(w io.Writer) error { return LinksCSV(w, run) },
		"series.csv":  func(w io.Writer) error { return SeriesCSV(w, run) },
		"grid.csv":    func(w io.Writer) error { return GridCSV(w, grid(3, 3, 1, 2)) },
	}
}

func TestGolden(t *testing.T) {
	all := samples()
	for _, name := range sortedKeys(all) {
		t.Run(name, func(t *testing.T) {
			got := render(t, all[name])
			if again := render(t, all[name]); !bytes.Equal(got, again) {
				t.Error("the same twice is not the same bytes")
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what it was; look at it (go test -run TestLook -look DIR) and write it anew with -update", name)
			}
		})
	}
}

// TestPagesAreWhole: every SVG is well-formed XML with a title and a
// description, ids are unique, and nothing asks for anything from elsewhere.
func TestPagesAreWhole(t *testing.T) {
	all := samples()
	all["long.html"] = page(Page{Run: large(20, 600)})
	all["sweep3.html"] = sweep(SweepPage{Grid: grid(6, 4, 3, 2)})
	for _, name := range sortedKeys(all) {
		if strings.HasSuffix(name, ".csv") {
			continue
		}
		t.Run(name, func(t *testing.T) { checkWhole(t, render(t, all[name])) })
	}
}

func checkWhole(t *testing.T, html []byte) {
	t.Helper()
	found := svgs(html)
	if len(found) == 0 {
		t.Error("there is no plot")
	}
	for _, svg := range found {
		checkXML(t, svg)
		if s := string(svg); !strings.Contains(s, "aria-hidden") && (!strings.Contains(s, "<title ") || !strings.Contains(s, "<desc ")) {
			t.Errorf("no title or no description: %.200s", s)
		}
	}
	seen := map[string]bool{}
	for _, id := range ids.FindAllSubmatch(html, -1) {
		if seen[string(id[1])] {
			t.Errorf("the id %s is there twice", id[1])
		}
		seen[string(id[1])] = true
	}
	text := strings.ReplaceAll(string(html), "http://www.w3.org/2000/svg", "")
	for _, bad := range []string{"<script", "http:", "https:", "url(", "@import", " src=", " href=", "NaN", "Inf", "ZgotmplZ", "%!"} {
		if at := strings.Index(text, bad); at >= 0 {
			t.Errorf("the page has %q: ...%.120s", bad, text[max(at-60, 0):])
		}
	}
}

func checkXML(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %.300s", err, svg)
		}
	}
}

// TestLittle: what has nothing, or hardly anything, to show is still a page.
func TestLittle(t *testing.T) {
	one := result.Figures{Sent: 1, Delivered: 1, P50: 5, P99: 5, Max: 5, Latency: &result.Histogram{}}
	one.Latency.Add(5e6)
	series := &result.Series{StepSeconds: 1, Sent: []uint64{1}, Lost: []uint64{0}, P50: []float64{5}, P99: []float64{5}}
	instant := one
	instant.P50, instant.P99, instant.Max, instant.Latency = 0, 0, 0, &result.Histogram{}
	instant.Latency.Add(0)
	step := one
	step.Series = series
	for name, write := range map[string]func(io.Writer) error{
		"an empty run":        page(Page{Run: &result.Run{}}),
		"a run that failed":   page(Page{Run: &result.Run{Error: "nobody answered", Flows: []result.Flow{{Name: "duel"}}}}),
		"a silent flow":       page(Page{Run: &result.Run{Flows: []result.Flow{{Name: "duel", Kind: "udp", Parts: []result.Part{{Channel: "state"}}}}}}),
		"nothing arrived":     page(Page{Run: &result.Run{Flows: []result.Flow{{Figures: result.Figures{Sent: 9, Loss: 1, Latency: &result.Histogram{}}}}}}),
		"one message":         page(Page{Run: &result.Run{Flows: []result.Flow{{Figures: one}}}}),
		"one step":            page(Page{Run: &result.Run{Flows: []result.Flow{{Figures: step}}}}),
		"no delay at all":     page(Page{Run: &result.Run{Flows: []result.Flow{{Figures: instant}}}}),
		"a link without loss": page(Page{Run: &result.Run{VirtualSeconds: 1, Links: []result.Link{{Name: "a", Sent: 5, Delivered: 5, Bursts: []uint64{0}}}}}),
		"a link with only":    page(Page{Run: &result.Run{Links: []result.Link{{Name: "a", Sent: 5, Loss: 1, Bursts: []uint64{0, 1}}}}}),
		"an event":            page(Page{Run: &result.Run{Events: []result.Event{{Kind: "rebind"}}}}),
		"one entry":           comparison(Comparison{Cases: []Case{{Entries: []Entry{{Name: "ours", Figures: one}}}}}),
		"empty entries":       comparison(Comparison{Cases: []Case{{Entries: []Entry{{}, {}}}, {}}}),
		"an empty grid":       sweep(SweepPage{Grid: &result.Grid{Axes: []result.Axis{{Values: []float64{1}}}, Figures: []result.GridFigure{{Name: "p99"}}}}),
		"one point": sweep(SweepPage{Grid: &result.Grid{
			Axes: []result.Axis{{Values: []float64{1}}, {Values: []float64{0}, Labels: []string{"lte"}}}, Figures: []result.GridFigure{{Name: "p99"}},
			Points: []result.GridPoint{{At: []int{0, 0}, Figures: map[string]float64{"p99": 0}}},
		}}),
	} {
		t.Run(name, func(t *testing.T) {
			html := render(t, write)
			for _, svg := range svgs(html) {
				checkXML(t, svg)
			}
			if bytes.Contains(html, []byte("NaN")) || bytes.Contains(html, []byte("Inf")) {
				t.Errorf("the page has a number that is none:\n%s", html)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	run := func(change func(r *result.Run)) func(io.Writer) error {
		r := duel(2)
		change(r)
		return page(Page{Run: r})
	}
	swept := func(change func(g *result.Grid)) func(io.Writer) error {
		g := grid(2, 2, 1, 1)
		change(g)
		return sweep(SweepPage{Grid: g})
	}
	for _, test := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"no run", page(Page{}), "no run"},
		{"no grid", sweep(SweepPage{}), "no grid"},
		{"nothing", comparison(Comparison{}), "nothing to compare"},
		{"NaN", run(func(r *result.Run) { r.Flows[0].P99 = math.NaN() }), `of flow "duel" is NaN`},
		{"Inf", run(func(r *result.Run) { r.Links[0].Loss = math.Inf(1) }), `link "client" up is +Inf`},
		{"below zero", run(func(r *result.Run) { r.Events[1].Seconds = -1 }), "event 2"},
		{"in a series", run(func(r *result.Run) { r.Flows[0].Parts[1].Series.P50[1] = math.NaN() }), `channel "state" down is NaN`},
		{"a counter", run(func(r *result.Run) { r.Flows[0].Counters["rtt_ms"] = math.Inf(-1) }), `"rtt_ms"`},
		{"lengths", run(func(r *result.Run) { r.Links[0].Series.Lost = make([]uint64, 3) }), "one length"},
		{"no step", run(func(r *result.Run) { r.Links[0].Series.StepSeconds = 0 }), "no length"},
		{"a histogram", run(func(r *result.Run) { r.Flows[0].Latency.Total++ }), "buckets"},
		{"too many names", comparison(Comparison{Cases: []Case{{Entries: []Entry{{Name: "1"}, {Name: "2"}, {Name: "3"}, {Name: "4"}, {Name: "5"}, {Name: "6"}, {Name: "7"}, {Name: "8"}}}}}), "8 names"},
		{"outside", swept(func(g *result.Grid) { g.Points[1].At[0] = 2 }), "point 2 is at 2"},
		{"places", swept(func(g *result.Grid) { g.Points[1].At = nil }), "0 places on 2 axes"},
		{"axes", swept(func(g *result.Grid) { g.Axes = nil }), "0 axes"},
		{"labels", swept(func(g *result.Grid) { g.Axes[0].Labels = []string{"one"} }), "2 values and 1 labels"},
		{"a point", swept(func(g *result.Grid) { g.Points[2].Figures["p99 of channel state"] = math.NaN() }), "of point 3 is NaN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			err := test.write(&b)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one with %q", err, test.want)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written all the same", b.Len())
			}
		})
	}
}

// TestStaysSmall: however large a run or a sweep, a page stays under a
// megabyte.
func TestStaysSmall(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"64 players for 20 minutes": page(Page{Run: large(64, 1200)}),
		"10,000 points":             sweep(SweepPage{Grid: grid(100, 100, 1, 1)}),
		"3 axes":                    sweep(SweepPage{Grid: grid(20, 20, 9, 2)}),
	} {
		if n := len(render(t, write)); n > 1_000_000 {
			t.Errorf("%s: %d bytes, want at most a million", name, n)
		}
	}
}

// hostile is a run, a comparison and a grid in which every text is the same.
func hostile(text string) []func(io.Writer) error {
	r := duel(1)
	r.Flows, r.Links, r.Events, r.Assertions = r.Flows[:2], r.Links[:1], r.Events[:2], r.Assertions[:1]
	r.Flows[0].Parts = r.Flows[0].Parts[:1]
	r.Scenario, r.Mode, r.Digest, r.Error = text, text, text, text
	for i := range r.Flows {
		f := &r.Flows[i]
		f.Name, f.Kind, f.Counters = text, text, map[string]float64{text: 1}
		for j := range f.Parts {
			f.Parts[j].Channel, f.Parts[j].Direction = text, text
		}
	}
	for i := range r.Links {
		r.Links[i].Name, r.Links[i].Direction = text, text
	}
	for i := range r.Events {
		r.Events[i].Kind, r.Events[i].Subject, r.Events[i].Text = text, text, text
	}
	for i := range r.Assertions {
		r.Assertions[i].Text, r.Assertions[i].Measured = text, text
	}
	c := race(1)
	c.Title, c.About, c.Measure, c.Command, c.Footer = text, text, text, text, text
	c.Cases = c.Cases[:1]
	c.Cases[0].Name, c.Cases[0].Entries = text, c.Cases[0].Entries[:1]
	c.Cases[0].Entries[0].Name, c.Cases[0].Entries[0].Note = text, text
	g := grid(2, 2, 1, 1)
	g.Scenario, g.Axes[0].Name, g.Axes[1].Unit, g.Figures[0].Unit = text, text, text, text
	g.Axes[0].Labels = []string{text, text}
	g.Figures, g.Points = g.Figures[:1], g.Points[:1]
	g.Points[0].Replay, g.Points[0].Assertions[0].Text = text, text
	return []func(io.Writer) error{
		page(Page{Run: r, About: text, Command: text, Source: text, Footer: text}), comparison(c), sweep(SweepPage{Grid: g, About: text, Command: text}),
	}
}

// FuzzNames: whatever a name is, the page has the same elements and the same
// attributes as with a harmless one.
func FuzzNames(f *testing.F) {
	for _, s := range []string{`</title><script>alert(1)</script>`, `" onload="alert(1)`, "]]>-->", "</style>", "{{.}}", "&#0;\x00\xfe", "\u202eevil", "'`=", "\n\r\t"} {
		f.Add(s)
	}
	var want [][2]int
	marks := func(html []byte) [2]int {
		return [2]int{bytes.Count(html, []byte("<")), bytes.Count(html, []byte(`"`))}
	}
	for _, write := range hostile("n") {
		want = append(want, marks(render(f, write)))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for i, write := range hostile("n" + s) {
			html := render(t, write)
			if got := marks(html); got != want[i] {
				t.Fatalf("page %d has %d < and %d quotes, want %d and %d", i, got[0], got[1], want[i][0], want[i][1])
			}
			for _, svg := range svgs(html) {
				checkXML(t, svg)
			}
		}
	})
}

func TestCSV(t *testing.T) {
	r := duel(2)
	r.Flows[0].Name = `=cmd|' /C calc'!A0`
	dir := filepath.Join(t.TempDir(), "new")
	if err := CSV(dir, r); err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{"flows.csv": 1 + 2 + 5, "links.csv": 1 + 2, "series.csv": 1 + 5*4 + 2*4}
	for _, name := range sortedKeys(lines) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil || len(all) != lines[name] {
			t.Errorf("%s has %d lines (%v), want %d", name, len(all), err, lines[name])
		}
		if name == "flows.csv" && !slices.Contains(all[1], `'=cmd|' /C calc'!A0`) {
			t.Errorf("the formula is not defused: %q", all[1])
		}
	}
	if err := CSV(dir, &result.Run{WallSeconds: math.NaN()}); err == nil {
		t.Error("NaN was written")
	}
}

func TestEntryOf(t *testing.T) {
	r := duel(2)
	e, err := EntryOf("ours", r, "duel", "state", "down")
	if err != nil || e.Name != "ours" || e.Figures.Sent != r.Flows[0].Parts[1].Sent {
		t.Errorf("EntryOf = %+v, %v", e, err)
	}
	if e, err := EntryOf("ours", r, "", "", ""); err != nil || e.Figures.Sent != r.Flows[0].Sent {
		t.Errorf("EntryOf the first flow = %+v, %v", e, err)
	}
	if _, err := EntryOf("ours", r, "duel", "state", "sideways"); err == nil {
		t.Error("a channel that is not there was found")
	}
}

func TestSentence(t *testing.T) {
	for _, test := range []struct {
		f    result.Figures
		want string
	}{
		{result.Figures{}, "It sent nothing."},
		{result.Figures{Sent: 7}, "It sent 7 messages; not one arrived."},
		{result.Figures{Sent: 1, Delivered: 1, Max: 3}, "It sent 1 message; all arrived. It took 3.0 ms."},
		{result.Figures{Sent: 2000, Delivered: 1990, Loss: 0.005, P50: 40.04, P99: 88, Max: 12_345}, "It sent 2,000 messages; 1,990 arrived and 10 (0.50 %) did not. Half took at most 40.0 ms, 99 of 100 at most 88.0 ms, and the slowest 12.3 s."},
	} {
		if got := strings.ReplaceAll(sentence("It", &test.f), "\u00a0", " "); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
