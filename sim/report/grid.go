package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// heatMaps draws a figure over the first two axes: one map for each value of
// the third, or one of the median over it if there are too many. A grid of one axis has
// none.
func heatMaps(g *result.Grid, f *result.GridFigure, s *spread) []*plot.Heat {
	if len(g.Axes) < 2 {
		return nil
	}
	// The whole ramp is for what was measured, as evenly as an axis would be.
	ramp := plot.Fitting(s.values[0], s.values[len(s.values)-1])
	ramp.Low, ramp.High = s.values[0], s.values[len(s.values)-1]
	if len(g.Axes) == 2 {
		return []*plot.Heat{heatMap(g, f, ramp, plot.Plain(f.Name), func([]int) bool { return true })}
	}
	third := &g.Axes[2]
	if len(third.Values) > maxMaps {
		return []*plot.Heat{heatMap(g, f, ramp, fmt.Sprintf("%s, median over %s", plot.Plain(f.Name), plot.Plain(third.Name)), func([]int) bool { return true })}
	}
	var maps []*plot.Heat
	for k := range third.Values {
		title := fmt.Sprintf("%s at %s %s", plot.Plain(f.Name), plot.Plain(third.Name), axisText(third, k))
		if third.Labels == nil && third.Unit != "" {
			title += " " + plot.Plain(third.Unit)
		}
		maps = append(maps, heatMap(g, f, ramp, title, func(at []int) bool { return at[2] == k }))
	}
	return maps
}

// heatMap draws the median of the points that belong.
func heatMap(g *result.Grid, f *result.GridFigure, ramp plot.Scale, title string, belongs func(at []int) bool) *plot.Heat {
	x, y := &g.Axes[0], &g.Axes[1]
	h := &plot.Heat{
		Title: title, XLabel: axisTitle(x), YLabel: axisTitle(y), Unit: plot.Plain(f.Unit), Ramp: ramp,
		Description: "Each cell is the median of the runs at one point. The numbers are in the cells where there is room.",
		Cells:       make([]plot.Cell, len(x.Values)*len(y.Values)),
	}
	for i := range x.Values {
		h.X = append(h.X, axisText(x, i))
	}
	for i := range y.Values {
		h.Y = append(h.Y, axisText(y, i))
	}
	values := make([][]float64, len(h.Cells))
	for i := range g.Points {
		p := &g.Points[i]
		if !belongs(p.At) {
			continue
		}
		cell := p.At[1]*len(x.Values) + p.At[0]
		if v, ok := p.Figures[f.Name]; ok {
			values[cell] = append(values[cell], v)
		}
		for _, a := range p.Assertions {
			h.Cells[cell].Failed = h.Cells[cell].Failed || !a.Pass && !a.Sometimes
		}
		h.Cells[cell].Failed = h.Cells[cell].Failed || p.Error != ""
	}
	for i := range values {
		h.Cells[i].None = len(values[i]) == 0
		if slices.Sort(values[i]); !h.Cells[i].None {
			h.Cells[i].Value = quantile(values[i], 50)
		}
	}
	return h
}

// along returns the values of a figure by their place on an axis, sorted, of
// the points that belong.
func along(g *result.Grid, f *result.GridFigure, axis int, belongs func(at []int) bool) [][]float64 {
	values := make([][]float64, len(g.Axes[axis].Values))
	for i := range g.Points {
		p := &g.Points[i]
		if v, ok := p.Figures[f.Name]; ok && belongs(p.At) {
			values[p.At[axis]] = append(values[p.At[axis]], v)
		}
	}
	for i := range values {
		slices.Sort(values[i])
	}
	return values
}

// axisScale is a parameter as the axis of a plot: to scale if its values grow
// and have no names, evenly otherwise. It returns where each value lies.
func axisScale(a *result.Axis) (plot.Scale, []float64) {
	n := len(a.Values)
	if a.Labels == nil && slices.IsSorted(a.Values) && a.Values[n-1] > a.Values[0] {
		if a.Values[0] > 0 && a.Values[n-1] > 20*a.Values[0] {
			return plot.Scale{Low: a.Values[0], High: a.Values[n-1], Log: true}, a.Values
		}
		return plot.Scale{Low: a.Values[0], High: a.Values[n-1]}, a.Values
	}
	s := plot.Scale{Low: -0.5, High: float64(n) - 0.5, Ticks: []plot.Tick{}}
	places := make([]float64, n)
	for i := range n {
		places[i] = float64(i)
		s.Ticks = append(s.Ticks, plot.Tick{Value: float64(i), Text: axisText(a, i)})
	}
	return s, places
}

// quantileBands draws a figure over one parameter, whatever the others are.
func quantileBands(g *result.Grid, f *result.GridFigure, axis int) *plot.Figure {
	a := &g.Axes[axis]
	x, places := axisScale(a)
	values := along(g, f, axis, func([]int) bool { return true })
	curve := func(percent int) []plot.Point {
		ps := make([]plot.Point, len(values))
		for i, v := range values {
			ps[i] = plot.Point{X: places[i], Gap: len(v) == 0}
			if len(v) > 0 {
				ps[i].Y = quantile(v, percent)
			}
		}
		return ps
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if len(v) > 0 {
			low, high = min(low, quantile(v, 10)), max(high, quantile(v, 90))
		}
	}
	return &plot.Figure{
		Title: plot.Plain(f.Name) + " over " + plot.Plain(a.Name), XLabel: axisTitle(a), X: x,
		Description: "Median of all runs at each value, the middle half of them as a dark band and the middle 80 % as a pale one.",
		Panels: []plot.Panel{{
			YLabel: withUnit(f.Name, f.Unit), Y: lineScale(low, high), Height: 240,
			Bands:  []plot.Band{{Low: curve(10), High: curve(90)}, {Low: curve(25), High: curve(75)}},
			Curves: []plot.Curve{{Name: "9 of 10 below", Points: curve(90), Thin: true}, {Name: "median", Points: curve(50), Dots: true}},
		}},
	}
}

// lineScale is the axis of a curve that need not begin at zero.
func lineScale(low, high float64) plot.Scale {
	if low > high/2 {
		return plot.Linear(low, high)
	}
	return plot.Fitting(low, high)
}

// linesOver draws a figure over one parameter, a curve for each value of the
// next one; nil if there is no next one or too many values.
func linesOver(g *result.Grid, f *result.GridFigure, axis int) *plot.Figure {
	if len(g.Axes) < 2 {
		return nil
	}
	other := (axis + 1) % len(g.Axes)
	a, b := &g.Axes[axis], &g.Axes[other]
	if len(b.Values) < 2 || len(b.Values) > maxLines {
		return nil
	}
	x, places := axisScale(a)
	low, high := math.Inf(1), math.Inf(-1)
	fig := &plot.Figure{
		Title: fmt.Sprintf("%s over %s, by %s", plot.Plain(f.Name), plot.Plain(a.Name), plot.Plain(b.Name)), XLabel: axisTitle(a), X: x,
		Description: "Median of the runs at each value, a curve for each value of the other parameter.",
		Panels:      []plot.Panel{{YLabel: withUnit(f.Name, f.Unit), Height: 240}},
	}
	for k := range b.Values {
		var points []plot.Point
		for i, v := range along(g, f, axis, func(at []int) bool { return at[other] == k }) {
			p := plot.Point{X: places[i], Gap: len(v) == 0}
			if len(v) > 0 {
				p.Y = quantile(v, 50)
				low, high = min(low, p.Y), max(high, p.Y)
			}
			points = append(points, p)
		}
		name := axisText(b, k)
		if b.Labels == nil && b.Unit != "" {
			name += " " + plot.Plain(b.Unit)
		}
		fig.Panels[0].Curves = append(fig.Panels[0].Curves, plot.Curve{Name: name, Style: k, Points: points, Dots: true})
	}
	if low > high {
		return nil
	}
	fig.Panels[0].Y = lineScale(low, high)
	return fig
}
