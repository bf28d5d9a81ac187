package sweep

import "github.com/reckon-engine/reckon/sim/result"

// maxPlotted is how many axes a page shows.
const maxPlotted = 3

// Grid returns an outcome as pages show it. Replay says what repeats a point.
//
// A page has up to three axes: points that differ in further ones only lie on
// top of each other. Where nothing varies but the seed, that is the axis. An
// assertion that needs to hold only sometimes holds at a point if it does with
// one seed of its combination of values, or if not all of those were measured.
func (s *Sweep) Grid(o *Outcome, replay func(p *Point) string) *result.Grid {
	g := &result.Grid{Scenario: s.scenario.Name, Points: make([]result.GridPoint, 0, len(o.Points))}
	for i := range s.grid.axes[:min(len(s.grid.axes), maxPlotted)] {
		g.Axes = append(g.Axes, plotted(&s.grid.axes[i]))
	}
	bySeed := len(s.grid.axes) == 0
	if bySeed {
		a := result.Axis{Name: "seed"}
		for _, seed := range s.grid.seeds {
			a.Values = append(a.Values, float64(seed))
		}
		g.Axes = append(g.Axes, a)
	}
	for _, m := range s.metrics {
		g.Figures = append(g.Figures, result.GridFigure{Name: m.Name, Unit: m.Unit, HigherBetter: m.HigherBetter})
	}
	n := len(s.grid.seeds)
	cell, happened := -1, []bool(nil)
	for i := range o.Points {
		p := &o.Points[i]
		if p.Index/n != cell {
			cell = p.Index / n
			happened = s.happened(o.Points[i:], cell)
		}
		at := s.grid.at(cell)
		if at = at[:min(len(at), maxPlotted)]; bySeed {
			at = []int{p.Index % n}
		}
		point := result.GridPoint{At: at, Seed: p.Seed, Replay: replay(p), Figures: p.Figures, Error: p.Error}
		for k, d := range s.demands[cell] {
			pass := p.holds(d.text)
			if d.sometimes {
				pass = happened[k]
			}
			point.Assertions = append(point.Assertions, result.Assertion{Text: d.text, Pass: pass})
		}
		g.Points = append(g.Points, point)
	}
	return g
}

// happened returns for each assertion of a cell whether it held with one seed,
// or may still. The points begin with those of the cell.
func (s *Sweep) happened(points []Point, cell int) []bool {
	n := len(s.grid.seeds)
	happened := make([]bool, len(s.demands[cell]))
	for k, d := range s.demands[cell] {
		measured := 0
		for i := 0; i < len(points) && points[i].Index/n == cell && !happened[k]; i++ {
			happened[k] = points[i].holds(d.text)
			measured++
		}
		happened[k] = happened[k] || measured < n
	}
	return happened
}

// plotted returns an axis with the numbers of its values, or with their names
// if they are no numbers of one kind.
func plotted(a *Axis) result.Axis {
	p := result.Axis{Name: a.Key}
	var in unit
	for i, text := range a.Values {
		q, ok := parseQuantity(text)
		if i == 0 {
			in = q.unit
		}
		if !ok || q.unit.family != in.family {
			return named(a)
		}
		v, _ := q.in(in).Float64()
		p.Values = append(p.Values, v)
	}
	p.Unit = in.suffix
	if in.family == "rate" {
		p.Unit += "/s"
	}
	return p
}

func named(a *Axis) result.Axis {
	p := result.Axis{Name: a.Key, Labels: a.Values}
	for i := range a.Values {
		p.Values = append(p.Values, float64(i))
	}
	return p
}
