package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// linkNames returns the names of a run's links, each once, in their order.
func linkNames(r *result.Run) []string {
	var names []string
	seen := map[string]bool{}
	for _, l := range r.Links {
		if !seen[l.Name] {
			seen[l.Name] = true
			names = append(names, l.Name)
		}
	}
	return names
}

// drawnLinks returns which links have plots, in their order: those that lost
// most, with as many others as there is room for.
func drawnLinks(r *result.Run) []string {
	names := linkNames(r)
	lost := map[string]uint64{}
	for i := range r.Links {
		lost[r.Links[i].Name] += r.Links[i].Sent - min(r.Links[i].Delivered, r.Links[i].Sent)
	}
	most := slices.Clone(names)
	slices.SortStableFunc(most, func(a, b string) int { return cmp.Compare(lost[b], lost[a]) })
	most = most[:min(len(most), maxLinkPlots)]
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(most, name) })
}

// directions returns the directions of one link.
func directions(r *result.Run, name string) []*result.Link {
	var both []*result.Link
	for i := range r.Links {
		if r.Links[i].Name == name {
			both = append(both, &r.Links[i])
		}
	}
	return both
}

// linkTime is a link's rate, queue and loss over time, nil if there is no
// series.
func linkTime(name string, both []*result.Link, duration float64, marks []plot.Mark) *plot.Figure {
	f := &plot.Figure{
		Title: "Link " + name + " over time", XLabel: "time, s", X: timeScale(duration), Marks: marks,
		Description: "Rate delivered, bytes in the queue and share of datagrams lost, in each step of time, for both directions.",
	}
	rate := seriesPanel("Rate delivered", rateUnits, 130, both, func(s *result.Series) []uint64 { return s.Bytes },
		func(v uint64, step float64) float64 { return float64(v) * 8 / step })
	queue := seriesPanel("Queue, most in the step", byteUnits, 100, both, func(s *result.Series) []uint64 { return s.QueueBytes },
		func(v uint64, _ float64) float64 { return float64(v) })
	for _, p := range []*plot.Panel{rate, queue} {
		if p != nil {
			f.Panels = append(f.Panels, *p)
		}
	}
	for i, l := range both {
		if l.Series == nil {
			continue
		}
		if p := lostPanel(l.Series, i, duration); p != nil {
			p.Title, p.YLabel = "Lost "+l.Direction, "%"
			f.Panels = append(f.Panels, *p)
		}
	}
	if len(f.Panels) == 0 {
		return nil
	}
	return f
}

// seriesPanel draws one series of each direction; nil if all of it is zero.
func seriesPanel(title string, units []unit, height float64, both []*result.Link,
	values func(*result.Series) []uint64, convert func(v uint64, step float64) float64,
) *plot.Panel {
	high := 0.0
	for _, l := range both {
		if l.Series != nil {
			for _, v := range values(l.Series) {
				high = math.Max(high, convert(v, l.Series.StepSeconds))
			}
		}
	}
	if high == 0 {
		return nil
	}
	u := unitFor(units, high)
	p := &plot.Panel{Title: title, YLabel: u.name, Y: plot.Linear(0, high/u.size), Height: height}
	for i, l := range both {
		if l.Series == nil || len(values(l.Series)) == 0 {
			continue
		}
		v := values(l.Series)
		p.Curves = append(p.Curves, plot.Curve{Name: l.Direction, Style: i, Points: points(l.Series, func(k int) (float64, bool) {
			return convert(v[k], l.Series.StepSeconds) / u.size, true
		})})
	}
	return p
}

// bursts shows how many datagrams in a row were lost, beside how it would be
// if the same share were lost independently: what lies above the line is what
// makes real lines bad. It is nil if nothing was lost.
func bursts(name string, both []*result.Link) *plot.Figure {
	longest, most := 0, 0.0
	for _, l := range both {
		for i, n := range l.Bursts {
			if n > 0 {
				longest, most = max(longest, i+1), math.Max(most, float64(n))
			}
		}
	}
	if longest == 0 {
		return nil
	}
	f := &plot.Figure{
		Title: "Link " + name + ": losses in a row", XLabel: "datagrams lost in a row",
		Description: "How often how many datagrams in a row did not arrive, and how often it would be if each were lost on its own.",
		X:           plot.Scale{Low: 0.4, High: float64(max(longest, 6)) + 0.6, Ticks: burstTicks(max(longest, 6))},
		Panels:      []plot.Panel{{YLabel: "how often", Title: barsTitle(both), Height: 190}},
	}
	p := &f.Panels[0]
	wide := 0.8 / float64(max(len(both), 1))
	for i, l := range both {
		for k, n := range l.Bursts {
			if n > 0 && k < longest {
				x := float64(k+1) - 0.4 + float64(i)*wide
				p.Bars = append(p.Bars, plot.Bar{X0: x + 0.02, X1: x + wide - 0.02, Y: float64(n), Style: i})
			}
		}
		p.Curves = append(p.Curves, independent(l, i, longest))
		for _, q := range p.Curves[i].Points {
			most = math.Max(most, q.Y)
		}
	}
	p.Y = plot.Logarithmic(0.5, math.Max(most, 2))
	return f
}

// barsTitle says which bar is whose.
func barsTitle(both []*result.Link) string {
	if len(both) < 2 {
		return ""
	}
	var names []string
	for _, l := range both {
		names = append(names, plot.Plain(l.Direction))
	}
	return "Bars, from the left: " + strings.Join(names, ", ")
}

// independent is how often so many in a row would be lost if each datagram of a
// link were lost on its own, with the same share: n·p^k·(1−p)², and all longer
// ones together for the last length that the link counts.
func independent(l *result.Link, style, longest int) plot.Curve {
	c := plot.Curve{Name: l.Direction + ", if independent", Style: style, Dots: true}
	share := math.Min(l.Loss, 1)
	for k := 1; k <= longest; k++ {
		expected := float64(l.Sent) * math.Pow(share, float64(k)) * (1 - share) * (1 - share)
		if k == result.MaxBurst {
			expected /= math.Max(1-share, 1e-9)
		}
		c.Points = append(c.Points, plot.Point{X: float64(k), Y: math.Max(expected, 0.5)})
		if expected < 0.5 {
			break // less than once: the curve ends on the axis
		}
	}
	return c
}

// burstTicks counts the lengths; the last that a link tells apart is "or more".
func burstTicks(longest int) []plot.Tick {
	step := max(int(plot.Step(float64(longest), 14)), 1)
	var ticks []plot.Tick
	for k := step; k <= longest; k += step {
		ticks = append(ticks, plot.Tick{Value: float64(k), Text: count(uint64(k))})
	}
	if longest == result.MaxBurst {
		ticks[len(ticks)-1] = plot.Tick{Value: float64(longest), Text: count(uint64(longest)) + " or more"}
	}
	return ticks
}

// meanBurst returns how many datagrams are lost in a row on average. The last
// length stands for all longer ones: where there were such, it is too low.
func meanBurst(l *result.Link) float64 {
	var datagrams, runs float64
	for i, n := range l.Bursts {
		datagrams += float64(i+1) * float64(n)
		runs += float64(n)
	}
	if runs == 0 {
		return 0
	}
	return datagrams / runs
}

// A linkColumn is a column of the table of links.
type linkColumn struct {
	head   string
	always bool // also if all of it is zero
	count  func(l *result.Link) uint64
	text   func(l *result.Link) string // instead of count
}

// linkColumns returns the columns of the table for a run that lasted so many
// seconds.
func linkColumns(seconds float64) []linkColumn {
	return []linkColumn{
		{head: "Sent", always: true, count: func(l *result.Link) uint64 { return l.Sent }},
		{head: "Arrived", always: true, count: func(l *result.Link) uint64 { return l.Delivered }},
		{head: "Lost", always: true, text: func(l *result.Link) string { return percent(l.Loss) }},
		{head: "by chance", count: func(l *result.Link) uint64 { return l.LostRandom }},
		{head: "in bursts", count: func(l *result.Link) uint64 { return l.LostBurst }},
		{head: "otherwise", count: func(l *result.Link) uint64 { return l.LostOther }},
		{head: "queue full", count: func(l *result.Link) uint64 { return l.DroppedQueue }},
		{head: "over MTU", count: func(l *result.Link) uint64 { return l.DroppedMTU }},
		{head: "Mean burst", always: true, text: func(l *result.Link) string {
			if m := meanBurst(l); m > 0 {
				return plot.Decimal(m, 2)
			}
			return "–"
		}},
		{head: "Doubled", count: func(l *result.Link) uint64 { return l.Duplicated }},
		{head: "Out of order", count: func(l *result.Link) uint64 { return l.Reordered }},
		{head: "Damaged", count: func(l *result.Link) uint64 { return l.Corrupted }},
		{head: "Rate", always: true, text: func(l *result.Link) string {
			if seconds <= 0 {
				return "–"
			}
			return rateText(float64(l.DeliveredBytes) * 8 / seconds)
		}},
	}
}

// linkTable returns the head and the rows of the table of links, without the
// columns that are zero in every row.
func linkTable(r *result.Run) (head []string, rows []linkRow) {
	links := r.Links[:min(len(r.Links), maxRows)]
	for i := range links {
		rows = append(rows, linkRow{Name: plot.Plain(links[i].Name + " " + links[i].Direction)})
	}
	for _, c := range linkColumns(r.VirtualSeconds) {
		if !c.always && !slices.ContainsFunc(links, func(l result.Link) bool { return c.count(&l) > 0 }) {
			continue
		}
		head = append(head, c.head)
		for i := range links {
			text := ""
			if c.text != nil {
				text = c.text(&links[i])
			} else {
				text = count(c.count(&links[i]))
			}
			rows[i].Cells = append(rows[i].Cells, text)
		}
	}
	return head, rows
}
