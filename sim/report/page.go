package report

import (
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// A Page is what HTML shows: one run, and what else a reader wants to know of
// it.
type Page struct {
	Run *result.Run

	About   string // what the scenario is for, in a sentence; may be empty
	Command string // what to type to get the same run again; may be empty
	Source  string // text of the scenario file; may be empty
	Footer  string // who made the page, with what and when; may be empty
}

// How much of a run is drawn. The tables have everything; the plots stop where
// nobody would look at more of them, so that a page stays under a megabyte.
const (
	maxFlowPlots  = 6  // flows with plots of their own
	maxTimePanels = 12 // panels of latency over time
	maxLinkPlots  = 3  // links with plots of their own
	maxRows       = 400
	maxSentences  = 10
)

type runView struct {
	Title, About, Footer, Command, Source string

	Verdict    verdict
	Facts      []fact
	Assertions []result.Assertion
	Sentences  []string
	Flows      []flowRow
	Counters   []flowFacts
	Timeline   []figure
	Kinds      []kindView
	Events     []eventRow
	MoreEvents string
	Latency    []figure
	LinkHead   []string
	Links      []linkRow
	LinkNotes  []string
	LinkPlots  []figure
}

type flowRow struct {
	Part                                             bool
	Name, Sent, Delivered, Loss, P50, P99, P999, Max string
}

type flowFacts struct {
	Flow  string
	Facts []fact
}

type kindView struct {
	Kind   string
	Marker template.HTML
}

type eventRow struct{ Number, Time, Subject, Kind, Text string }

type linkRow struct {
	Name  string
	Cells []string
}

// HTML writes a run as one page that needs nothing else. It returns an error,
// and writes nothing, if there is no run or if a figure of it is not finite.
func HTML(w io.Writer, p Page) error {
	if err := checkRun(p.Run); err != nil {
		return err
	}
	r, g := p.Run, &gallery{}
	events := sorted(r.Events)
	v := &runView{
		Title: nameOr(r.Scenario, "A run without a name"), About: plot.Plain(p.About), Footer: plot.Plain(p.Footer),
		Command: plot.Plain(p.Command), Source: p.Source,
		Verdict: judge(r), Facts: runFacts(r), Assertions: r.Assertions,
	}
	v.flows(r)
	v.events(r, events, g)
	v.latency(r, marks(events), g)
	v.links(r, marks(events), g)
	return write(w, "run", v)
}

// nameOr returns a name as it can be shown, or what to say if there is none.
func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return plot.Plain(name)
}

// judge says whether a run passed.
func judge(r *result.Run) verdict {
	failed := 0
	for _, a := range r.Assertions {
		if !a.Pass {
			failed++
		}
	}
	n := len(r.Assertions)
	v := verdict{Pass: r.Passed()}
	switch {
	case n == 0:
		v.Text = "The scenario demands nothing."
	case failed == 0 && n == 1:
		v.Text = "The one assertion holds."
	case failed == 0 && n == 2:
		v.Text = "Both assertions hold."
	case failed == 0:
		v.Text = fmt.Sprintf("All %d assertions hold.", n)
	case failed == 1:
		v.Text = fmt.Sprintf("1 of %d assertions does not hold.", n)
	default:
		v.Text = fmt.Sprintf("%d of %d assertions do not hold.", failed, n)
	}
	if r.Error != "" {
		v.Text = "The run ended before its time: " + plot.Plain(r.Error) + ". " + v.Text
	}
	return v
}

func runFacts(r *result.Run) []fact {
	facts := []fact{{"Mode", nameOr(r.Mode, "unknown")}, {"Seed", fmt.Sprint(r.Seed)}}
	how := seconds(r.VirtualSeconds)
	if r.Mode == result.Virtual && r.WallSeconds > 0 {
		how = fmt.Sprintf("%s in %s (%s × real time)", how, seconds(r.WallSeconds), plot.Short(r.VirtualSeconds/r.WallSeconds))
	}
	facts = append(facts, fact{"Time", how})
	if r.Digest != "" {
		facts = append(facts, fact{"Digest", plot.Plain(r.Digest)})
	}
	return facts
}

// flows fills in the sentences and the table.
func (v *runView) flows(r *result.Run) {
	for i := range r.Flows {
		f := &r.Flows[i]
		name := nameOr(f.Name, "unnamed")
		if i < maxSentences {
			v.Sentences = append(v.Sentences, sentence(fmt.Sprintf("Flow %s (%s)", name, plot.Plain(f.Kind)), &f.Figures))
		}
		if len(v.Flows) < maxRows {
			v.Flows = append(v.Flows, rowOf(name, false, &f.Figures))
			for j := range f.Parts {
				v.Flows = append(v.Flows, rowOf(plot.Plain(subject(&f.Parts[j])), true, &f.Parts[j].Figures))
			}
		}
		if len(f.Counters) > 0 && i < maxFlowPlots {
			ff := flowFacts{Flow: name + " also counts"}
			for _, key := range sortedKeys(f.Counters) {
				ff.Facts = append(ff.Facts, fact{plot.Plain(key), plot.Short(f.Counters[key])})
			}
			v.Counters = append(v.Counters, ff)
		}
	}
	if over := len(r.Flows) - maxSentences; over > 0 {
		v.Sentences = append(v.Sentences, fmt.Sprintf("And %s: see the table.", plural(uint64(over), "flow more", "flows more")))
	}
}

func rowOf(name string, part bool, f *result.Figures) flowRow {
	row := flowRow{
		Part: part, Name: name, Sent: count(f.Sent), Delivered: count(f.Delivered), Loss: percent(f.Loss),
		P50: millis(f.P50), P99: millis(f.P99), P999: "–", Max: millis(f.Max),
	}
	if f.Delivered == 0 {
		row.P50, row.P99, row.Max = "–", "–", "–"
	} else if f.Latency != nil && f.Latency.Total > 0 {
		row.P999 = millis(float64(f.Latency.Quantile(999_000)) / 1e6)
	}
	return row
}

// events fills in the timeline.
func (v *runView) events(r *result.Run, events []result.Event, g *gallery) {
	lanes, kinds := timeline(events, duration(r))
	if lanes == nil {
		return
	}
	v.Timeline = append(v.Timeline, g.hang("What happened when", "The same lines and numbers cross the plots over time below.", lanes))
	for _, k := range kinds {
		v.Kinds = append(v.Kinds, kindView{plot.Plain(k.Kind), template.HTML(plot.Key(k.Style))})
	}
	for i, e := range events {
		if i == maxEvents {
			v.MoreEvents = fmt.Sprintf("And %s.", plural(uint64(len(events)-maxEvents), "event more", "events more"))
			break
		}
		v.Events = append(v.Events, eventRow{
			count(uint64(i + 1)), plot.Decimal(e.Seconds, 3) + " s",
			plot.Plain(e.Subject), plot.Plain(e.Kind), plot.Plain(e.Text),
		})
	}
}

// latency fills in the plots of what messages took.
func (v *runView) latency(r *result.Run, marks []plot.Mark, g *gallery) {
	if len(r.Flows) > 1 {
		var all []named
		for i := range r.Flows {
			all = append(all, named{plot.Plain(r.Flows[i].Name), &r.Flows[i].Figures, i})
		}
		if len(all) <= plot.Styles {
			v.distributions("All flows", all, g)
		}
	}
	panels := 0
	for i := range min(len(r.Flows), maxFlowPlots) {
		f := &r.Flows[i]
		who := nameOr(f.Name, "unnamed")
		all := []named{{who, &f.Figures, 0}}
		if len(f.Parts) > 0 {
			all = nil
			for j := range f.Parts {
				all = append(all, named{plot.Plain(subject(&f.Parts[j])), &f.Parts[j].Figures, j % plot.Styles})
			}
		}
		for some := range slices.Chunk(all, plot.Styles) {
			v.distributions(who, some, g)
		}
		for some := range slices.Chunk(all, 4) {
			if panels += len(some); panels > maxTimePanels {
				break
			}
			if p := overTime(who+": latency over time", some, duration(r), marks); p != nil {
				v.Latency = append(v.Latency, g.hang(who+": latency over time", "Median and 99th percentile of what was sent in each step of time; between them the band. The bars below show the share that never arrived.", p))
			}
		}
	}
}

const (
	arrivalCaption = "Of all messages sent, the share that had arrived within a time. A curve that ends below 100 % lost the rest."
	courseCaption  = "Median and 99th percentile of what was sent in each step of time; between them the band. The bars below show the share that never arrived."
	tailCaption    = "99 % of the messages that arrived took at most what the curve shows above 99 %. The axis makes room for the slowest few."
)

// distributions adds both plots of a distribution.
func (v *runView) distributions(who string, all []named, g *gallery) {
	if p := arrival(who+": arrived within a time", "one way", all); p != nil {
		v.Latency = append(v.Latency, g.hang(who+": how soon messages arrive", arrivalCaption, p))
	}
	if p := tail(who+": the slowest messages", "one way", all); p != nil {
		v.Latency = append(v.Latency, g.hang(who+": the slowest messages", tailCaption, p))
	}
}

// links fills in the table and the plots of the links.
func (v *runView) links(r *result.Run, marks []plot.Mark, g *gallery) {
	v.LinkHead, v.Links = linkTable(r)
	if n := len(linkNames(r)); n > maxLinkPlots {
		v.LinkNotes = append(v.LinkNotes, fmt.Sprintf("Of %d links, the %d that lost most have plots.", n, maxLinkPlots))
	}
	for _, name := range drawnLinks(r) {
		both, shown := directions(r, name), plot.Plain(name)
		if p := linkTime(shown, both, duration(r), marks); p != nil {
			v.LinkPlots = append(v.LinkPlots, g.hang("Link "+shown+": rate, queue and loss over time", "", p))
		}
		if p := bursts(shown, both); p != nil {
			v.LinkPlots = append(v.LinkPlots, g.hang("Link "+shown+": losses in a row", "How often so many datagrams in a row were lost. The lines show how often it would be if the same share were lost one by one: bars above them are what makes a line bad.", p))
		}
	}
}
