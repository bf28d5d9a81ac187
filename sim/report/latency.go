package report

import (
	"math"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// A named is figures with the name and the style of their curve.
type named struct {
	name    string
	figures *result.Figures
	style   int
}

// bucket is one step of a distribution: how many values there are up to its
// upper end.
type bucket struct {
	upper float64 // ms
	n     uint64  // of this bucket
}

// buckets returns the buckets of a histogram that hold anything.
func buckets(h *result.Histogram) []bucket {
	if h == nil {
		return nil
	}
	var bs []bucket
	for i, n := range h.Counts {
		if n > 0 {
			upper := min(int64(result.BucketLow(i+1))-1, h.Max)
			bs = append(bs, bucket{float64(max(upper, 0)) / 1e6, uint64(n)})
		}
	}
	return bs
}

// measured returns those of which there is a distribution, and the least and
// the largest value in any, in milliseconds.
func measured(all []named) (some []named, low, high float64) {
	low = math.Inf(1)
	for _, n := range all {
		if bs := buckets(n.figures.Latency); len(bs) > 0 {
			some = append(some, n)
			low, high = math.Min(low, bs[0].upper), math.Max(high, bs[len(bs)-1].upper)
		}
	}
	return some, low, high
}

// arrival is the share of all messages sent that had arrived within a time.
// What was lost never does: the curve ends that much below the top.
func arrival(title, measure string, all []named) *plot.Figure {
	some, low, high := measured(all)
	if len(some) == 0 {
		return nil
	}
	u := timeUnit(high)
	x := plot.Linear(0, high/u.size)
	if low > 0 && high > 6*low { // the few slow ones must not squeeze the many
		x = plot.Logarithmic(low/u.size, high/u.size)
	} else if low > 0.4*high && high > low { // no empty left half
		step := plot.Step((high-low)/u.size, 5)
		x = plot.Scale{Low: math.Floor(low/u.size/step) * step, High: math.Ceil(high/u.size/step) * step}
	}
	f := &plot.Figure{
		Title: title, XLabel: measure + ", " + u.name, X: x,
		Description: "Share of all messages sent that had arrived within a time. A curve that ends below 100 % lost the rest.",
		Panels:      []plot.Panel{{YLabel: "arrived, % of sent", Y: percentScale, Height: 230}},
	}
	for _, n := range some {
		bs := buckets(n.figures.Latency)
		of := float64(max(n.figures.Sent, n.figures.Latency.Total))
		points := []plot.Point{{X: bs[0].upper / u.size}}
		var seen uint64
		for _, b := range bs {
			seen += b.n
			points = append(points, plot.Point{X: b.upper / u.size, Y: float64(seen) / of * 100})
		}
		f.Panels[0].Curves = append(f.Panels[0].Curves, plot.Curve{Name: n.name, Style: n.style, Points: points, Hold: true})
	}
	return f
}

var percentScale = plot.Scale{Low: 0, High: 100, Ticks: []plot.Tick{{Value: 0, Text: "0"}, {Value: 25, Text: "25"}, {Value: 50, Text: "50"}, {Value: 75, Text: "75"}, {Value: 90, Text: "90"}, {Value: 100, Text: "100"}}}

// tail is the time that all but a few of the messages that arrived took: the
// complement of the distribution with both axes logarithmic, turned so that
// every curve rises to the right.
func tail(title, measure string, all []named) *plot.Figure {
	some, low, high := measured(all)
	most := uint64(0)
	for _, n := range some {
		most = max(most, n.figures.Latency.Total)
	}
	if most < 2 {
		return nil
	}
	u := timeUnit(high)
	f := &plot.Figure{
		Title: title, XLabel: "share of the messages that arrived, slowest to the right", X: tailScale(most),
		Description: "What share of the messages that arrived took at most how long, with room for the slowest few.",
		Panels:      []plot.Panel{{YLabel: measure + ", " + u.name, Height: 230}},
	}
	for _, n := range some {
		total := float64(n.figures.Latency.Total)
		var points []plot.Point
		var seen uint64
		for _, b := range buckets(n.figures.Latency) {
			from := (total - float64(seen)) / total
			seen += b.n
			to := (total - float64(seen) + 1) / total
			if to > 0.5 {
				continue
			}
			low = math.Min(low, b.upper)
			points = append(points, plot.Point{X: math.Min(from, 0.5), Y: b.upper / u.size}, plot.Point{X: to, Y: b.upper / u.size})
		}
		f.Panels[0].Curves = append(f.Panels[0].Curves, plot.Curve{Name: n.name, Style: n.style, Points: points})
	}
	least := high
	for _, c := range f.Panels[0].Curves {
		if len(c.Points) > 0 {
			least = math.Min(least, c.Points[0].Y*u.size)
		}
	}
	f.Panels[0].Y = plot.Fitting(least/u.size, high/u.size)
	return f
}

// tailScale runs from half of the messages to the slowest one of n.
func tailScale(n uint64) plot.Scale {
	last := math.Min(1/float64(n), 0.01)
	s := plot.Scale{Low: 0.5, High: last, Log: true, Ticks: []plot.Tick{{Value: 0.5, Text: "50 %"}}}
	for share, nines := 0.1, -1; share >= last*0.999; share, nines = share/10, nines+1 {
		s.Ticks = append(s.Ticks, plot.Tick{Value: share, Text: plot.Decimal(100-share*100, max(nines, 0)) + " %"})
	}
	return s
}

// overTime is what messages took while the run went on: for each a panel with
// the median, the 99th percentile and what lies between, and beneath it what
// share was lost.
func overTime(title string, all []named, duration float64, marks []plot.Mark) *plot.Figure {
	f := &plot.Figure{
		Title: title, XLabel: "time, s", X: timeScale(duration), Marks: marks,
		Description: "Median and 99th percentile of what was sent in each step of time, and the share that never arrived.",
	}
	low, high := math.Inf(1), 0.0
	for _, n := range all {
		if s := n.figures.Series; s != nil {
			for i := range s.P99 {
				if s.P99[i] > 0 {
					low, high = math.Min(low, medianOf(s, i)), math.Max(high, s.P99[i])
				}
			}
		}
	}
	if high == 0 {
		return nil
	}
	u := timeUnit(high)
	y := plot.Fitting(low/u.size, high/u.size)
	for _, n := range all {
		s := n.figures.Series
		if s == nil || len(s.P99) == 0 {
			continue
		}
		low, high := points(s, func(i int) (float64, bool) { return medianOf(s, i) / u.size, s.P99[i] > 0 }),
			points(s, func(i int) (float64, bool) { return s.P99[i] / u.size, s.P99[i] > 0 })
		p := plot.Panel{Title: n.name, YLabel: u.name, Y: y, Height: 120, Curves: []plot.Curve{
			{Name: "99th percentile", Style: n.style, Points: high, Thin: true}, {Name: "median", Style: n.style, Points: low},
		}}
		p.Bands = []plot.Band{{Style: n.style, Low: low, High: high}}
		f.Panels = append(f.Panels, p)
		if lost := lostPanel(s, n.style, duration); lost != nil {
			f.Panels = append(f.Panels, *lost)
		}
	}
	return f
}

// medianOf returns the median of a step, or its 99th percentile where a series
// has no medians.
func medianOf(s *result.Series, i int) float64 {
	if len(s.P50) == 0 {
		return s.P99[i]
	}
	return s.P50[i]
}

// lostPanel is the share lost in each step of the run, nil if nothing was.
func lostPanel(s *result.Series, style int, duration float64) *plot.Panel {
	if len(s.Lost) == 0 || len(s.Sent) == 0 {
		return nil
	}
	most := 0.0
	p := &plot.Panel{YLabel: "lost, %", Height: 44}
	for i, lost := range s.Lost {
		if lost == 0 || float64(i)*s.StepSeconds >= duration {
			continue
		}
		share := math.Min(float64(lost)/float64(max(s.Sent[i], 1)), 1) * 100
		most = math.Max(most, share)
		p.Bars = append(p.Bars, plot.Bar{X0: float64(i) * s.StepSeconds, X1: float64(i+1) * s.StepSeconds, Y: share, Style: style})
	}
	if most == 0 {
		return nil
	}
	p.Y = plot.Linear(0, most)
	p.Y.Ticks = []plot.Tick{{Value: 0, Text: "0"}, {Value: p.Y.High, Text: plot.Short(p.Y.High)}}
	return p
}

// points returns the points of a series in the middle of their steps.
func points(s *result.Series, at func(i int) (float64, bool)) []plot.Point {
	ps := make([]plot.Point, steps(s))
	for i := range ps {
		y, ok := at(i)
		ps[i] = plot.Point{X: (float64(i) + 0.5) * s.StepSeconds, Y: y, Gap: !ok}
	}
	return ps
}

// timeScale is that of every plot over the time of a run: it ends where the run
// does.
func timeScale(duration float64) plot.Scale {
	if duration <= 0 {
		duration = 1
	}
	return plot.Scale{Low: 0, High: duration}
}

// duration returns how long a run is: as long as it says, without what was on
// its way then; or, if it does not say, what it has series and events for.
func duration(r *result.Run) float64 {
	if r.VirtualSeconds > 0 {
		return r.VirtualSeconds
	}
	d := 0.0
	longer := func(s *result.Series) {
		if n := steps(s); n > 0 {
			d = math.Max(d, float64(n)*s.StepSeconds)
		}
	}
	for i := range r.Flows {
		longer(r.Flows[i].Series)
		for j := range r.Flows[i].Parts {
			longer(r.Flows[i].Parts[j].Series)
		}
	}
	for i := range r.Links {
		longer(r.Links[i].Series)
	}
	for _, e := range r.Events {
		d = math.Max(d, e.Seconds)
	}
	return d
}
