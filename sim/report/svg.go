package report

import (
	"io"
	"slices"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
)

// A Plot is one plot on its own.
type Plot struct{ drawing artwork }

// An artwork is a drawing that can stand alone.
type artwork interface {
	drawing
	Alone() []byte
}

// WriteSVG writes the plot as an SVG file with its heading, light or dark as
// the reader's screen is, on a ground of its own.
func (p *Plot) WriteSVG(w io.Writer) error {
	_, err := w.Write(p.drawing.Alone())
	return err
}

// Overview returns the quantiles of every case on one axis, nil if nothing
// arrived in any. It returns an error for what Compare refuses.
func (c *Comparison) Overview() (*Plot, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if r := c.ranges(); r != nil {
		return &Plot{r}, nil
	}
	return nil, nil
}

// Arrived returns the plot of how soon the updates of a case arrive, nil if
// there is no distribution of any. The case must be one that Compare accepts.
func (c *Comparison) Arrived(one *Case) *Plot {
	return plotOf(arrival(c.heading(one, "how soon updates arrive"), c.measure(), c.curves(one)))
}

// Slowest returns the plot of the slowest updates of a case, nil if there is no
// distribution of any. The case must be one that Compare accepts.
func (c *Comparison) Slowest(one *Case) *Plot {
	return plotOf(tail(c.heading(one, "the slowest updates"), c.measure(), c.curves(one)))
}

// OverTime returns the plot of a case over time, nil if there is no series of
// any entry. The case must be one that Compare accepts.
func (c *Comparison) OverTime(one *Case) *Plot {
	end := 0.0
	for i := range one.Entries {
		if s := one.Entries[i].Figures.Series; s != nil {
			end = max(end, float64(steps(s))*s.StepSeconds)
		}
	}
	return plotOf(overTime(c.heading(one, c.measure()+" over time"), c.curves(one), end, nil))
}

func (c *Comparison) heading(one *Case, what string) string {
	s := nameOr(c.Title, "A comparison")
	if one.Name != "" {
		s += ", " + plot.Plain(one.Name)
	}
	return s + ": " + what
}

// curves returns the entries of a case as its plots have them: each name with
// the style that it has in every case.
func (c *Comparison) curves(one *Case) []named {
	names := c.names()
	var all []named
	for i := range one.Entries {
		all = append(all, named{plot.Plain(one.Entries[i].Name), &one.Entries[i].Figures, max(slices.Index(names, one.Entries[i].Name), 0)})
	}
	return all
}

// plotOf makes a plot of a figure, nil of none.
func plotOf(f *plot.Figure) *Plot {
	if f == nil {
		return nil
	}
	return &Plot{f}
}
