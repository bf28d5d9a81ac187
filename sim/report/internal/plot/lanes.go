package plot

import (
	"fmt"
	"math"
)

// Lanes shows events over time, one lane for each subject. Its axis lines up
// with that of a Figure.
type Lanes struct {
	Title       string
	Description string
	XLabel      string
	X           Scale
	Lanes       []Lane
}

// A Lane is what happened to one subject.
type Lane struct {
	Name   string
	Events []LaneEvent // by time
}

// A LaneEvent is one mark of a lane.
type LaneEvent struct {
	Mark
	Style int // by kind, with the same marker everywhere
}

// SVG returns the lanes as an SVG element for a page.
func (l *Lanes) SVG(id string) []byte {
	const lane = 38.0
	top := 8.0
	bottom := top + lane*float64(len(l.Lanes))
	c := &canvas{}
	c.begin(id, l.Title, l.Description, bottom+40, false)
	f := frame{c, l.X, Scale{Low: 0, High: 1}, top, bottom}
	for _, t := range f.x.ticks((right - borderLeft) / 80) {
		x := f.px(t.Value)
		c.line("g", x, top, x, bottom)
		c.line("a", x, bottom, x, bottom+4)
		c.text("q", "middle", x, bottom+17, t.Text)
	}
	for i, row := range l.Lanes {
		y := top + float64(i)*lane
		f.lane(row, y+lane/2+2)
		c.line("g", borderLeft, y+lane, right, y+lane)
		c.text("", "start", right+12, y+lane/2+6, fit(row.Name, borderRight-16))
	}
	c.path("a", fmt.Sprintf("M%s %sV%sH%s", px(borderLeft), px(top), px(bottom), px(right)))
	c.text("q", "middle", (borderLeft+right)/2, bottom+34, l.XLabel)
	c.end()
	return c.Bytes()
}

// lane draws the events of one subject: how long each lasted, its marker, and
// its number where there is room.
func (f frame) lane(row Lane, y float64) {
	var spans pen
	var markers [Styles]string
	until, free, last, before := math.Inf(-1), math.Inf(-1), math.Inf(-1), [Styles]float64{}
	for _, e := range row.Events {
		x, x1, style := f.px(e.At), f.px(e.Until), e.Style%Styles
		if e.Until > e.At && x1 > until+0.5 {
			x0 := math.Max(x, until)
			until = math.Max(x1, x0+1)
			spans.box(x0, y+4, until-x0, 8)
		}
		if x > before[style]+6 {
			below := 0.0
			if x < last+8 { // two kinds at one time: one below the other
				below = 9
			}
			before[style], last = x, x
			markers[style] += marker(style, x, y+below)
		}
		if half := width(e.Text) * 0.42; x-half > free {
			f.c.text("n", "middle", x, y-9, e.Text)
			free = x + half + 4
		}
	}
	f.c.path("w", spans.String())
	for style, d := range markers {
		f.c.path(fmt.Sprintf("k f%d", style), d)
	}
}
