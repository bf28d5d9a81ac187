package plot

import (
	"fmt"
	"math"
)

// The borders of a figure's plots, in pixels. All figures have the same, so
// that time lines up from one to the next.
const (
	borderLeft  = 66
	borderRight = 168
	right       = Width - borderRight
)

// dense is how many points of a curve can have a marker each.
const dense = 40

// A Figure is panels, one above the other, over one axis.
type Figure struct {
	Title       string // for those who cannot see it, and the heading of an SVG of its own
	Description string
	XLabel      string
	X           Scale
	Panels      []Panel
	Marks       []Mark
}

// A Panel is one plot of a figure.
type Panel struct {
	Title  string // above it
	YLabel string
	Y      Scale
	Height float64 // pixels
	Bands  []Band
	Curves []Curve
	Bars   []Bar
}

// A Bar reaches from the bottom to a value.
type Bar struct {
	X0, X1, Y float64
	Style     int
}

// A Mark is a time at which something happened, drawn across all panels.
type Mark struct {
	At, Until float64 // Until is above At if it lasted
	Text      string  // short: a number
}

// frame is where one panel is drawn.
type frame struct {
	c           *canvas
	x, y        Scale
	top, bottom float64
}

func (f frame) px(v float64) float64 { return borderLeft + float64(f.x.place(v)*(right-borderLeft)) }
func (f frame) py(v float64) float64 { return f.bottom - float64(f.y.place(v)*(f.bottom-f.top)) }

// SVG returns the figure as an SVG element for a page, under an id that is
// unique there.
func (f *Figure) SVG(id string) []byte { return f.svg(id, false) }

// Alone returns the figure as an SVG file with its heading and its style.
func (f *Figure) Alone() []byte { return f.svg("plot", true) }

func (f *Figure) svg(id string, alone bool) []byte {
	const (
		gap  = 14 // between panels
		head = 20 // of a panel with a title
		foot = 40
	)
	top := 10.0
	if alone {
		top += 34
	}
	if len(f.Marks) > 0 {
		top += 12
	}
	height := top + foot
	for _, p := range f.Panels {
		height += p.Height + gap
		if p.Title != "" {
			height += head
		}
	}
	c := &canvas{}
	c.begin(id, f.Title, f.Description, height, alone)
	if alone {
		c.text("h", "start", 16, 26, f.Title)
	}
	first := top
	bottom := top
	for i := range f.Panels {
		p := &f.Panels[i]
		if p.Title != "" {
			top += head
			c.text("h", "start", borderLeft, top-7, fit(p.Title, right-borderLeft))
		}
		bottom = top + p.Height
		fr := frame{c, f.X, p.Y, top, bottom}
		fr.grid(p, i == len(f.Panels)-1)
		f.marks(fr)
		fr.draw(p)
		top = bottom + gap
	}
	f.badges(frame{c, f.X, Scale{}, first, bottom})
	c.text("q", "middle", (borderLeft+right)/2, bottom+34, f.XLabel)
	c.end()
	return c.Bytes()
}

// grid draws the axes of a panel and their ticks.
func (f frame) grid(p *Panel, last bool) {
	for _, t := range f.y.ticks(max(int((f.bottom-f.top)/34), 2)) {
		y := f.py(t.Value)
		f.c.line("g", borderLeft, y, right, y)
		if t.Text != "" {
			f.c.text("q", "end", borderLeft-8, y+4, t.Text)
		}
	}
	for _, t := range f.x.ticks((right - borderLeft) / 80) {
		x := f.px(t.Value)
		f.c.line("g", x, f.top, x, f.bottom)
		if last && t.Text != "" {
			f.c.line("a", x, f.bottom, x, f.bottom+4)
			f.c.text("q", "middle", x, f.bottom+17, t.Text)
		}
	}
	f.c.path("a", fmt.Sprintf("M%s %sV%sH%s", px(borderLeft), px(f.top), px(f.bottom), px(right)))
	if p.YLabel != "" {
		f.c.upright("q", 14, (f.top+f.bottom)/2, p.YLabel)
	}
}

func (f frame) draw(p *Panel) {
	for _, b := range p.Bands {
		low, high := thinBand(f.pixels(b.Low), f.pixels(b.High))
		f.c.path(fmt.Sprintf("b f%d", b.Style%Styles), enclose(low, high))
	}
	f.bars(p.Bars)
	var labels []label
	var markers []func()
	for _, curve := range p.Curves {
		points := f.pixels(curve.Points)
		if len(points) == 0 {
			continue
		}
		end := points[len(points)-1]
		for i := len(points) - 1; i >= 0 && end.Gap; i-- {
			end = points[i]
		}
		if curve.Hold && !end.Gap {
			points = append(points, Point{X: right, Y: end.Y})
			end.X = right
		}
		style := curve.Style % Styles
		class := fmt.Sprintf("c s%d", style)
		if curve.Thin {
			class += " t"
		}
		points = decimate(points)
		f.c.path(class, trace(points))
		if !curve.Thin {
			markers = append(markers, func() {
				f.c.path(fmt.Sprintf("k f%d", style), beads(points, style, curve.Dots && len(curve.Points) <= dense))
			})
		}
		if curve.Name != "" && !end.Gap {
			labels = append(labels, label{name: curve.Name, style: style, thin: curve.Thin, x: end.X, y: end.Y, order: middle(points, (f.top+f.bottom)/2)})
		}
	}
	for _, draw := range markers {
		draw()
	}
	f.labels(labels)
}

// middle returns where a curve first is above a height: what orders labels of
// curves that end together.
func middle(points []Point, height float64) float64 {
	for _, p := range points {
		if !p.Gap && p.Y <= height {
			return p.X
		}
	}
	return math.MaxFloat64
}

func (f frame) labels(labels []label) {
	spread(labels, f.top+2, f.bottom-2)
	for _, l := range labels {
		f.c.path("d", fmt.Sprintf("M%s %sH%sL%s %s", px(l.x), px(l.y), px(right+1), px(right+9), px(l.placedY)))
		class := fmt.Sprintf("c s%d", l.style)
		if l.thin {
			class += " t"
		}
		f.c.line(class, right+12, l.placedY, right+34, l.placedY)
		if !l.thin {
			f.c.path(fmt.Sprintf("k f%d", l.style), marker(l.style, right+23, l.placedY))
		}
		f.c.text("", "start", right+39, l.placedY+4, fit(l.name, borderRight-42))
	}
}

// pixels returns points where they are drawn, without those beyond the axis.
func (f frame) pixels(points []Point) []Point {
	out := make([]Point, 0, len(points))
	for _, p := range points {
		if at := f.x.place(p.X); at < -0.0005 || at > 1.0005 {
			continue
		}
		q := Point{f.px(p.X), f.py(p.Y), p.Gap}
		if p.Gap {
			q.Y = f.bottom
		}
		out = append(out, q)
	}
	return out
}

// bars draws bars by style, each style as one path. Those narrower than a
// pixel are joined, at the height of the highest.
func (f frame) bars(bars []Bar) {
	var pens [Styles]pen
	for i := 0; i < len(bars); {
		b := bars[i]
		x0, x1, y := f.px(b.X0), f.px(b.X1), f.py(b.Y)
		for i++; i < len(bars) && bars[i].Style == b.Style && f.px(bars[i].X1) < x0+1; i++ {
			x1, y = math.Max(x1, f.px(bars[i].X1)), math.Min(y, f.py(bars[i].Y))
		}
		if y >= f.bottom || x0 >= right {
			continue
		}
		x1 = math.Min(x1, right)
		pens[b.Style%Styles].box(x0, f.bottom, math.Max(x1-x0, 1), f.bottom-y)
	}
	for style := range pens {
		f.c.path(fmt.Sprintf("f%d", style), pens[style].String())
	}
}

// marks draws what happened across a panel: at most one line every
// few pixels.
func (f *Figure) marks(fr frame) {
	apart := 3.0 // pixels between two lines, or they would be a wall
	if len(f.Marks) > 100 {
		apart = 10
	}
	var lines, spans pen
	before, until := math.Inf(-1), math.Inf(-1)
	for _, m := range f.Marks {
		x := fr.px(m.At)
		if x1 := fr.px(m.Until); m.Until > m.At && x1 > until+0.5 {
			x0 := math.Max(x, until)
			until = math.Max(x1, x0+1)
			spans.box(x0, fr.bottom, until-x0, fr.bottom-fr.top)
		}
		if x < before+apart {
			continue
		}
		before = x
		lines.at(x, fr.top)
		lines.to(x, fr.bottom)
	}
	fr.c.path("w", spans.String())
	fr.c.path("e", lines.String())
}

// badges writes the numbers of the marks on top, as many as there is room for.
func (f *Figure) badges(fr frame) {
	free := math.Inf(-1)
	for _, m := range f.Marks {
		x, half := fr.px(m.At), width(m.Text)*0.42
		if x-half < free {
			continue
		}
		fr.c.text("n", "middle", x, fr.top-4, m.Text)
		free = x + half + 4
	}
}
