package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// A SweepPage is what Sweep shows: a grid, and what else a reader wants to know
// of it.
type SweepPage struct {
	Grid *result.Grid

	About   string // what the sweep is for, in a sentence; may be empty
	Command string // what to type to get the same again; may be empty
	Footer  string // who made the page, with what and when; may be empty
}

// maxWorst is how many of the worst runs each figure lists.
const maxWorst = 12

// maxMaps is how many values of a third axis have a map of their own. Of
// more there is one map, of the median over them.
const maxMaps = 9

// maxLines is how many values of a second axis have a curve of their own.
const maxLines = 6

type sweepView struct {
	Title, About, Footer, Command string

	Verdict verdict
	Facts   []fact
	Demands []demand
	Figures []sweepFigure
	Worst   []worstTable
}

// A demand is an assertion over all runs of a sweep.
type demand struct {
	Text, Held, First string
	Pass, Sometimes   bool
}

type sweepFigure struct {
	Name, Sentence string
	Plots          []figure
}

type worstTable struct {
	Caption, Figure string
	Axes            []string
	Rows            []worstRow
}

type worstRow struct {
	At            []string
	Value, Replay string
}

// Sweep writes a sweep as one page that needs nothing else. It returns an
// error, and writes nothing, if there is no grid, if a point lies outside of
// it, or if a figure is not finite.
func Sweep(w io.Writer, p SweepPage) error {
	if err := checkGrid(p.Grid); err != nil {
		return err
	}
	g, hall := p.Grid, &gallery{}
	v := &sweepView{
		Title: nameOr(g.Scenario, "A sweep"), About: plot.Plain(p.About), Footer: plot.Plain(p.Footer), Command: plot.Plain(p.Command),
	}
	v.judge(g)
	v.Facts = append(v.Facts, fact{"Runs", count(uint64(len(g.Points)))})
	for i := range g.Axes {
		v.Facts = append(v.Facts, fact{plot.Plain(g.Axes[i].Name), fmt.Sprintf("%s, %s to %s", plural(uint64(len(g.Axes[i].Values)), "value", "values"), axisText(&g.Axes[i], 0), axisText(&g.Axes[i], len(g.Axes[i].Values)-1))})
	}
	if g.WallSeconds > 0 {
		v.Facts = append(v.Facts, fact{"Took", seconds(g.WallSeconds)})
	}
	for i := range g.Figures {
		v.figure(g, &g.Figures[i], hall)
	}
	return write(w, "sweep", v)
}

// checkGrid returns an error if something in a grid cannot be drawn.
func checkGrid(g *result.Grid) error {
	if g == nil {
		return fmt.Errorf("report: no grid")
	}
	if n := len(g.Axes); n < 1 || n > 3 {
		return fmt.Errorf("report: a grid of %d axes, want 1 to 3", n)
	}
	for i := range g.Axes {
		a := &g.Axes[i]
		if len(a.Values) == 0 || a.Labels != nil && len(a.Labels) != len(a.Values) {
			return fmt.Errorf("report: axis %q has %d values and %d labels", a.Name, len(a.Values), len(a.Labels))
		}
		for _, v := range a.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("report: axis %q has the value %v, want a finite number", a.Name, v)
			}
		}
	}
	if err := finite("the time of the sweep", g.WallSeconds); err != nil {
		return err
	}
	for i := range g.Points {
		if err := checkPoint(g, i); err != nil {
			return err
		}
	}
	return nil
}

func checkPoint(g *result.Grid, i int) error {
	p := &g.Points[i]
	if len(p.At) != len(g.Axes) {
		return fmt.Errorf("report: point %d has %d places on %d axes", i+1, len(p.At), len(g.Axes))
	}
	for k, at := range p.At {
		if at < 0 || at >= len(g.Axes[k].Values) {
			return fmt.Errorf("report: point %d is at %d of axis %q, which has %d values", i+1, at, g.Axes[k].Name, len(g.Axes[k].Values))
		}
	}
	for _, name := range sortedKeys(p.Figures) {
		if v := p.Figures[name]; math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("report: figure %q of point %d is %v, want a finite number", name, i+1, v)
		}
	}
	return nil
}

// axisText is one value of an axis without its unit.
func axisText(a *result.Axis, i int) string {
	if a.Labels != nil {
		return plot.Plain(a.Labels[i])
	}
	return plot.Short(a.Values[i])
}

// axisTitle is the name of an axis with its unit.
func axisTitle(a *result.Axis) string { return withUnit(a.Name, a.Unit) }

func withUnit(name, unit string) string {
	if unit == "" {
		return plot.Plain(name)
	}
	return plot.Plain(name) + ", " + plot.Plain(unit)
}

// judge adds up the assertions of all runs. One that is to hold sometimes needs
// one run.
func (v *sweepView) judge(g *result.Grid) {
	var order []string
	held, runs, sometimes, first := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]string{}
	broken := 0
	for i := range g.Points {
		p := &g.Points[i]
		if p.Error != "" {
			broken++
		}
		for _, a := range p.Assertions {
			if runs[a.Text] == 0 {
				order = append(order, a.Text)
			}
			runs[a.Text]++
			sometimes[a.Text] = sometimes[a.Text] || a.Sometimes
			if a.Pass {
				held[a.Text]++
			} else if first[a.Text] == "" {
				first[a.Text] = plot.Plain(p.Replay)
			}
		}
	}
	failed := 0
	for _, text := range order {
		d := demand{Text: plot.Plain(text), Sometimes: sometimes[text], Pass: held[text] == runs[text]}
		d.Held = fmt.Sprintf("%s of %s", count(uint64(held[text])), count(uint64(runs[text])))
		if d.Sometimes {
			d.Pass = held[text] > 0
		}
		if !d.Pass {
			failed++
			d.First = first[text]
		}
		v.Demands = append(v.Demands, d)
	}
	v.Verdict = verdict{Pass: failed == 0 && broken == 0, Text: fmt.Sprintf("%d of %d assertions failed in some run.", failed, len(order))}
	if len(order) == 1 {
		v.Verdict.Text = "The one assertion failed in some run."
	}
	if failed == 0 {
		v.Verdict.Text = fmt.Sprintf("All assertions hold in all %s.", plural(uint64(len(g.Points)), "run", "runs"))
	}
	if len(order) == 0 {
		v.Verdict.Text = "The scenario demands nothing."
	}
	if broken > 0 {
		v.Verdict.Text += fmt.Sprintf(" %s ended before their time.", plural(uint64(broken), "run", "runs"))
	}
}

// figure adds the maps, the curves and the worst runs of one figure.
func (v *sweepView) figure(g *result.Grid, f *result.GridFigure, hall *gallery) {
	s := survey(g, f)
	one := sweepFigure{Name: withUnit(f.Name, f.Unit)}
	if len(s.values) == 0 {
		one.Sentence = "No run measured it."
		v.Figures = append(v.Figures, one)
		return
	}
	one.Sentence = s.sentence(g, f)
	for _, m := range heatMaps(g, f, s) {
		one.Plots = append(one.Plots, hall.hang(m.Title, "The median of the runs at each point. Crosses mark where an assertion did not hold.", m))
	}
	for k := range g.Axes {
		if len(g.Axes[k].Values) > 1 {
			one.Plots = append(one.Plots, hall.hang(plot.Plain(f.Name)+" over "+plot.Plain(g.Axes[k].Name), "The line is the median of all runs at a value; half of them are in the dark band, 8 of 10 in the pale one.", quantileBands(g, f, k)))
			if lines := linesOver(g, f, k); lines != nil {
				one.Plots = append(one.Plots, hall.hang(lines.Title, "The median of the runs at each value.", lines))
			}
		}
	}
	v.Figures = append(v.Figures, one)
	v.Worst = append(v.Worst, worst(g, f))
}

// A spread is all values of one figure.
type spread struct {
	values      []float64 // from the least to the largest
	least, most int       // points that have them
}

func survey(g *result.Grid, f *result.GridFigure) *spread {
	s := &spread{}
	for i := range g.Points {
		x, ok := g.Points[i].Figures[f.Name]
		if !ok {
			continue
		}
		if len(s.values) == 0 || x < g.Points[s.least].Figures[f.Name] {
			s.least = i
		}
		if len(s.values) == 0 || x > g.Points[s.most].Figures[f.Name] {
			s.most = i
		}
		s.values = append(s.values, x)
	}
	slices.Sort(s.values)
	return s
}

func (s *spread) sentence(g *result.Grid, f *result.GridFigure) string {
	unit := ""
	if f.Unit != "" {
		unit = " " + plot.Plain(f.Unit)
	}
	t := fmt.Sprintf("From %s%s (at %s) to %s%s (at %s), with %s%s in the middle.", plot.Short(s.values[0]), unit, where(g, s.least),
		plot.Short(s.values[len(s.values)-1]), unit, where(g, s.most), plot.Short(quantile(s.values, 50)), unit)
	if missing := len(g.Points) - len(s.values); missing > 0 {
		t += fmt.Sprintf(" %s did not measure it.", plural(uint64(missing), "run", "runs"))
	}
	return t
}

// where says where a point lies, in words.
func where(g *result.Grid, point int) string {
	var places []string
	for k, at := range g.Points[point].At {
		place := plot.Plain(g.Axes[k].Name) + " " + axisText(&g.Axes[k], at)
		if u := g.Axes[k].Unit; u != "" && g.Axes[k].Labels == nil {
			place += " " + plot.Plain(u)
		}
		places = append(places, place)
	}
	return strings.Join(places, ", ")
}

// quantile returns the nearest rank of sorted values.
func quantile(sorted []float64, percent int) float64 {
	return sorted[min(max((len(sorted)*percent+99)/100, 1), len(sorted))-1]
}

// worst lists the runs with the worst values of a figure.
func worst(g *result.Grid, f *result.GridFigure) worstTable {
	t := worstTable{Caption: "By " + plot.Plain(f.Name), Figure: withUnit(f.Name, f.Unit)}
	for i := range g.Axes {
		t.Axes = append(t.Axes, axisTitle(&g.Axes[i]))
	}
	var points []int
	for i := range g.Points {
		if _, ok := g.Points[i].Figures[f.Name]; ok {
			points = append(points, i)
		}
	}
	slices.SortStableFunc(points, func(a, b int) int {
		c := cmp.Compare(g.Points[b].Figures[f.Name], g.Points[a].Figures[f.Name])
		if f.HigherBetter {
			c = -c
		}
		return c
	})
	for _, i := range points[:min(len(points), maxWorst)] {
		row := worstRow{Value: plot.Short(g.Points[i].Figures[f.Name]), Replay: plot.Plain(g.Points[i].Replay)}
		for k, at := range g.Points[i].At {
			row.At = append(row.At, axisText(&g.Axes[k], at))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
