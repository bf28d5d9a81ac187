package report

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// A Comparison is the same traffic carried in several ways, under one condition
// or several.
type Comparison struct {
	Title string
	About string // what was compared, in a sentence; may be empty

	// Measure names what the figures are of, on the axes: "age of a position
	// update". If empty, "latency".
	Measure string

	// Sentences say what came out, and Caption what the table has. If empty,
	// they are about latencies of messages.
	Sentences []string
	Caption   string

	Cases   []Case
	Command string // what to type to get the same again; may be empty
	Footer  string // who made the page, with what and when; may be empty
}

// A Case is one condition of a Comparison.
type Case struct {
	Name    string  // "125 ms, 5 % loss"; may be empty if there is only one
	Entries []Entry // in the order of the page, the one of interest first; at most 7

	// Samples is what the figures are of, where not of messages: "pictures".
	// Then there is no plot of how soon they arrive.
	Samples string
}

// An Entry is one way of carrying the traffic. An entry of the same name has
// the same colour and marker in every case.
type Entry struct {
	Name    string         // "Reckon", "TCP cubic"
	Note    string         // beside it in the table: "unreliable channel"; may be empty
	Figures result.Figures // Latency is needed for the plots of distributions, Series for those over time
}

// EntryOf returns the figures of one channel of a run in one direction as an
// entry. If channel is empty, it is the whole flow; if flow is empty, the first
// one.
func EntryOf(name string, r *result.Run, flow, channel, direction string) (Entry, error) {
	for i := range r.Flows {
		f := &r.Flows[i]
		if flow != "" && f.Name != flow {
			continue
		}
		if channel == "" {
			return Entry{Name: name, Figures: f.Figures}, nil
		}
		for j := range f.Parts {
			if f.Parts[j].Channel == channel && f.Parts[j].Direction == direction {
				return Entry{Name: name, Figures: f.Parts[j].Figures}, nil
			}
		}
	}
	return Entry{}, fmt.Errorf("report: the run %q has no flow %q with a channel %q %s", r.Scenario, flow, channel, direction)
}

// check returns an error if something in a comparison cannot be drawn.
func (c *Comparison) check() error {
	if len(c.Cases) == 0 {
		return fmt.Errorf("report: nothing to compare")
	}
	if n := len(c.names()); n > plot.Styles {
		return fmt.Errorf("report: %d names in a comparison, want at most %d, as many as can be told apart", n, plot.Styles)
	}
	for i := range c.Cases {
		for j := range c.Cases[i].Entries {
			e := &c.Cases[i].Entries[j]
			if err := checkFigures(fmt.Sprintf("%q in case %q", e.Name, c.Cases[i].Name), &e.Figures); err != nil {
				return err
			}
		}
	}
	return nil
}

// names returns the names of all entries, each once: a name's place is its
// style.
func (c *Comparison) names() []string {
	var names []string
	for _, one := range c.Cases {
		for _, e := range one.Entries {
			if !slices.Contains(names, e.Name) {
				names = append(names, e.Name)
			}
		}
	}
	return names
}

func (c *Comparison) measure() string {
	if c.Measure == "" {
		return "latency"
	}
	return plot.Plain(c.Measure)
}

type compareView struct {
	Title, About, Footer, Command, Caption string

	Sentences []string
	Cases     []caseView
	Overview  []figure
}

type caseView struct {
	Name  string
	Rows  []compareRow
	Plots []figure
}

type compareRow struct {
	Name, Note string
	Cells      []string
}

// Compare writes several runs side by side as one page that needs nothing else.
// It returns an error, and writes nothing, if there is nothing to compare, too
// much to tell apart, or a figure that is not finite.
func Compare(w io.Writer, c Comparison) error {
	if err := c.check(); err != nil {
		return err
	}
	g := &gallery{}
	v := &compareView{
		Title: nameOr(c.Title, "A comparison"), About: plot.Plain(c.About), Footer: plot.Plain(c.Footer),
		Command: plot.Plain(c.Command), Caption: plot.Plain(c.Caption),
	}
	if v.Caption == "" {
		v.Caption = capital(c.measure()) + ", of the messages that arrived"
	}
	for _, s := range c.Sentences {
		v.Sentences = append(v.Sentences, plot.Plain(s))
	}
	if p := c.ranges(); p != nil {
		v.Overview = append(v.Overview, g.hang("At a glance", "Half took at most what the circle shows, 99 % at most the square; the diamond is the slowest.", p))
	}
	for i := range c.Cases {
		v.Cases = append(v.Cases, c.view(&c.Cases[i], g))
		if s := c.sentence(&c.Cases[i]); s != "" && len(c.Sentences) == 0 {
			v.Sentences = append(v.Sentences, s)
		}
	}
	return write(w, "compare", v)
}

// view makes the rows and the plots of one case.
func (c *Comparison) view(one *Case, g *gallery) caseView {
	v := caseView{Name: plot.Plain(one.Name)}
	where := ""
	if v.Name != "" {
		where = v.Name + ": "
	}
	for i := range one.Entries {
		e := &one.Entries[i]
		row := rowOf("", false, &e.Figures)
		v.Rows = append(v.Rows, compareRow{plot.Plain(e.Name), plot.Plain(e.Note), []string{
			row.Sent, row.Loss, row.P50, row.P99, row.P999, row.Max, times(e.Figures.P99, one.Entries[0].Figures.P99, i == 0),
		}})
	}
	slowest, course := tailCaption, courseCaption
	if samples := plot.Plain(one.Samples); samples != "" {
		slowest = "99 % of the " + samples + " had at most what the curve shows above 99 %. The axis makes room for the worst few."
		course = "Median and 99th percentile of the " + samples + " in each step of time; between them the band."
	}
	if p := c.Arrived(one); p != nil && one.Samples == "" {
		v.Plots = append(v.Plots, g.hang(where+"how soon updates arrive", arrivalCaption, p.drawing))
	}
	if p := c.Slowest(one); p != nil {
		v.Plots = append(v.Plots, g.hang(where+"the slowest", slowest, p.drawing))
	}
	if p := c.OverTime(one); p != nil {
		v.Plots = append(v.Plots, g.hang(where+"over time", course, p.drawing))
	}
	return v
}

// times says how many times the first one's value another is.
func times(v, first float64, same bool) string {
	switch {
	case same:
		return "1"
	case first <= 0 || v <= 0:
		return "–"
	}
	return plot.Short(v/first) + " ×"
}

// sentence compares the first entry of a case with all others; empty if there
// is nothing to say.
func (c *Comparison) sentence(one *Case) string {
	if len(one.Entries) < 2 || one.Entries[0].Figures.P99 <= 0 {
		return ""
	}
	first := &one.Entries[0]
	s := fmt.Sprintf("Of the updates that arrived over %s, 99 %% did so within %s", plot.Plain(first.Name), millis(first.Figures.P99))
	if one.Name != "" {
		s = plot.Plain(one.Name) + ": of" + s[len("Of"):]
	}
	joint := "; over "
	for i := range one.Entries[1:] {
		if e := &one.Entries[i+1]; e.Figures.P99 > 0 {
			s += fmt.Sprintf("%s%s within %s (%s)", joint, plot.Plain(e.Name), millis(e.Figures.P99), ratio(e.Figures.P99/first.Figures.P99))
			joint = ", over "
		}
	}
	return s + "."
}

// ratio says a ratio in words.
func ratio(r float64) string {
	switch {
	case r > 1.05:
		return plot.Short(r) + " times as long"
	case r < 0.95:
		return percent(r) + " of that"
	}
	return "the same"
}

// ranges shows the quantiles of all cases on one axis.
func (c *Comparison) ranges() *plot.Ranges {
	low, high := math.Inf(1), 0.0
	names := c.names()
	r := &plot.Ranges{
		Title: nameOr(c.Title, "A comparison"), Key: []string{"median", "99 %", "slowest"},
		Description: "Median, 99th percentile and largest value of each, on one axis.",
	}
	for _, one := range c.Cases {
		for _, e := range one.Entries {
			if e.Figures.Delivered > 0 {
				low, high = math.Min(low, e.Figures.P50), math.Max(high, e.Figures.Max)
			}
		}
	}
	if high == 0 {
		return nil
	}
	u := timeUnit(high)
	r.X, r.XLabel = plot.Fitting(low/u.size, high/u.size), c.measure()+", "+u.name
	for _, one := range c.Cases {
		group := plot.RangeGroup{Name: one.Name}
		for _, e := range one.Entries {
			row := plot.RangeRow{Name: e.Name, Style: slices.Index(names, e.Name), Text: "nothing arrived"}
			if e.Figures.Delivered > 0 {
				row.Values = []float64{e.Figures.P50 / u.size, e.Figures.P99 / u.size, e.Figures.Max / u.size}
				row.Text = fmt.Sprintf("99 %%: %s", millis(e.Figures.P99))
				if e.Figures.Loss > 0 {
					row.Text += ", " + percent(e.Figures.Loss) + " lost"
				}
			}
			group.Rows = append(group.Rows, row)
		}
		r.Groups = append(r.Groups, group)
	}
	return r
}
