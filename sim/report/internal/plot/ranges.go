package plot

import "fmt"

// Ranges shows a few quantiles of several things on one axis: a line of each
// from its least to its largest, a full mark at each.
type Ranges struct {
	Title       string
	Description string
	XLabel      string
	X           Scale
	Groups      []RangeGroup
	Key         []string // what the marks are: "p50", "p99", "worst"
}

// A RangeGroup is the ranges of one case.
type RangeGroup struct {
	Name string // above them; may be empty
	Rows []RangeRow
}

// A RangeRow is one thing's values, as many as the key has.
type RangeRow struct {
	Name   string
	Style  int
	Values []float64 // none: nothing was measured
	Text   string    // to the right: the values in words
}

// rangeMarks are the markers of the first, second and third value.
var rangeMarks = [...]int{0, 1, 3}

// SVG returns the ranges as an SVG element for a page.
func (r *Ranges) SVG(id string) []byte { return r.svg(id, false) }

// Alone returns the ranges as an SVG file with their heading and style.
func (r *Ranges) Alone() []byte { return r.svg("plot", true) }

func (r *Ranges) svg(id string, alone bool) []byte {
	const row, head = 24.0, 26.0
	top := 34.0
	if alone {
		top += 26
	}
	bottom := top
	for _, g := range r.Groups {
		bottom += row * float64(len(g.Rows))
		if g.Name != "" {
			bottom += head
		}
	}
	bottom += 8
	c := &canvas{}
	c.begin(id, r.Title, r.Description, bottom+40, alone)
	if alone {
		c.text("h", "start", 16, 26, r.Title)
	}
	const left, edge = 150.0, Width - 196.0
	at := func(v float64) float64 { return left + float64(r.X.place(v)*(edge-left)) }
	r.key(c, left, top-16)
	for _, t := range r.X.ticks(6) {
		c.line("g", at(t.Value), top, at(t.Value), bottom)
		c.text("q", "middle", at(t.Value), bottom+17, t.Text)
	}
	c.line("a", left, bottom, edge, bottom)
	y := top
	for _, g := range r.Groups {
		if g.Name != "" {
			y += head
			c.text("h", "start", 16, y-6, fit(g.Name, edge-left))
		}
		for _, w := range g.Rows {
			y += row
			c.text("", "end", left-12, y-7, fit(w.Name, left-24))
			r.row(c, w, at, y-11)
			c.text("q", "start", edge+12, y-7, w.Text)
		}
	}
	c.text("q", "middle", (left+edge)/2, bottom+34, r.XLabel)
	c.end()
	return c.Bytes()
}

// key names the marks.
func (r *Ranges) key(c *canvas, x, y float64) {
	for i, name := range r.Key {
		c.path("k f6", marker(rangeMarks[i%len(rangeMarks)], x+4, y))
		c.text("q", "start", x+13, y+4, name)
		x += 30 + width(name)
	}
}

func (r *Ranges) row(c *canvas, w RangeRow, at func(float64) float64, y float64) {
	if len(w.Values) == 0 {
		return
	}
	style := w.Style % Styles
	first, last := at(w.Values[0]), at(w.Values[len(w.Values)-1])
	c.line(fmt.Sprintf("c s%d", style), first, y, last, y)
	for i, v := range w.Values {
		c.path(fmt.Sprintf("k f%d", style), marker(rangeMarks[i%len(rangeMarks)], at(v), y))
	}
}
