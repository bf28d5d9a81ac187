package plot

import (
	"fmt"
	"math"
)

// A Heat is a table of numbers as colours, with the numbers written in where
// there is room.
type Heat struct {
	Title          string
	Description    string
	XLabel, YLabel string
	X, Y           []string // the values of both axes
	Unit           string
	Ramp           Scale  // so that several maps can share one
	Cells          []Cell // len(X)·len(Y), row by row, the first row at the bottom
}

// A Cell is one number of a Heat.
type Cell struct {
	Value  float64
	None   bool // nothing was measured
	Failed bool // an assertion did not hold there: crosses say so
}

// ramp is cividis (Nuñez, Anderton and Renslow 2018: uniform to the eye, with
// and without red-green blindness) at 0, 0.2, ... 1, as matplotlib has it. Low
// is dark.
var ramp = [...][3]float64{{0, 34, 78}, {53, 69, 108}, {102, 105, 112}, {148, 142, 119}, {200, 184, 102}, {254, 232, 56}}

// rampSteps is how many colours a heat map has: cells of one colour are one
// path, which keeps a map of ten thousand small.
const rampSteps = 48

// Colour returns the colour of a share of the ramp, 0 to 1.
func Colour(share float64) (r, g, b uint8) {
	at := math.Min(math.Max(share, 0), 1) * float64(len(ramp)-1)
	i := min(int(at), len(ramp)-2)
	mix := func(k int) uint8 {
		return uint8(math.Round(ramp[i][k] + float64((at-float64(i))*(ramp[i+1][k]-ramp[i][k]))))
	}
	return mix(0), mix(1), mix(2)
}

func hex(step int) string {
	r, g, b := Colour(float64(step) / (rampSteps - 1))
	return fmt.Sprintf("#%02x%02x%02x", r, g, b)
}

// step returns which colour of the ramp a value has.
func (h *Heat) step(v float64) int {
	share := math.Min(math.Max(h.Ramp.place(v), 0), 1)
	return int(math.Round(share * (rampSteps - 1)))
}

// SVG returns the map as an SVG element for a page.
func (h *Heat) SVG(id string) []byte { return h.svg(id, false) }

// Alone returns the map as an SVG file with its heading and style.
func (h *Heat) Alone() []byte { return h.svg("plot", true) }

func (h *Heat) svg(id string, alone bool) []byte {
	left := 40.0
	for _, s := range h.Y {
		left = math.Max(left, width(s)+36)
	}
	left = math.Min(left, 200)
	const edge = Width - 110.0
	top := 12.0
	if alone {
		top += 34
	}
	w := math.Min((edge-left)/float64(max(len(h.X), 1)), 90)
	tall := math.Min(math.Max(360/float64(max(len(h.Y), 1)), 3), 34)
	bottom := top + tall*float64(len(h.Y))
	c := &canvas{}
	c.begin(id, h.Title, h.Description, math.Max(bottom+42, top+150), alone)
	if alone {
		c.text("h", "start", 16, 26, h.Title)
	}
	h.cells(c, left, bottom, w, tall)
	every := skip(h.X, w)
	for i := 0; i < len(h.X); i += every {
		c.text("q", "middle", left+(float64(i)+0.5)*w, bottom+17, fit(h.X[i], w*float64(every)+8))
	}
	every = max(1, int(math.Ceil(18/tall)))
	for i := 0; i < len(h.Y); i += every {
		c.text("q", "end", left-8, bottom-(float64(i)+0.5)*tall+4, fit(h.Y[i], left-36))
	}
	c.text("q", "middle", left+w*float64(len(h.X))/2, bottom+34, h.XLabel)
	c.upright("q", 14, (top+bottom)/2, h.YLabel)
	h.key(c, left+w*float64(len(h.X))+24, top, math.Max(bottom-top, 100))
	c.end()
	return c.Bytes()
}

// skip returns every how manieth name has room in columns of a width.
func skip(names []string, w float64) int {
	widest := 0.0
	for _, s := range names {
		widest = math.Max(widest, width(s)+8)
	}
	return max(1, int(math.Ceil(math.Min(widest, 90)/w)))
}

// cells draws the cells, runs of one colour in a row as one.
func (h *Heat) cells(c *canvas, left, bottom, w, tall float64) {
	var pens [rampSteps]pen
	var none pen
	for i := 0; i < len(h.Cells); {
		column, row, n := i%len(h.X), i/len(h.X), 1
		for column+n < len(h.X) && h.same(h.Cells[i], h.Cells[i+n]) {
			n++
		}
		p := &none
		if !h.Cells[i].None {
			p = &pens[h.step(h.Cells[i].Value)]
		}
		p.box(left+float64(column)*w, bottom-float64(row)*tall, float64(n)*w, tall)
		i += n
	}
	for step := range pens {
		if pens[step].Len() > 0 {
			fmt.Fprintf(c, "<path fill=\"%s\" shape-rendering=\"crispEdges\" d=\"%s\"/>\n", hex(step), pens[step].String())
		}
	}
	c.path("g", none.String())
	if w >= 30 && tall >= 15 {
		h.numbers(c, left, bottom, w, tall)
		h.crosses(c, left, bottom, w, tall)
	} else {
		h.strikes(c, left, bottom, w, tall)
	}
}

// same reports whether two cells look the same.
func (h *Heat) same(a, b Cell) bool {
	return a.None == b.None && (a.None || h.step(a.Value) == h.step(b.Value))
}

// numbers writes the values into the cells, light on the dark colours and dark
// on the light ones.
func (h *Heat) numbers(c *canvas, left, bottom, w, tall float64) {
	for _, ink := range []string{"light", "dark"} {
		fmt.Fprintf(c, "<g class=\"%s\">\n", ink)
		for i, v := range h.Cells {
			if dark := h.step(v.Value) > rampSteps*55/100; !v.None && dark == (ink == "dark") {
				fmt.Fprintf(c, "<text x=\"%s\" y=\"%s\">%s</text>\n",
					px(left+(float64(i%len(h.X))+0.5)*w), px(bottom-(float64(i/len(h.X))+0.5)*tall+4), escape(Short(v.Value)))
			}
		}
		c.WriteString("</g>\n")
	}
}

// crosses marks the cells that failed in their corner.
func (h *Heat) crosses(c *canvas, left, bottom, w, tall float64) {
	var p pen
	for i, v := range h.Cells {
		if v.Failed {
			x, y := left+float64(i%len(h.X)+1)*w, bottom-float64(i/len(h.X))*tall
			p.at(x-9, y-2)
			p.to(x-2, y-9)
			p.at(x-9, y-9)
			p.to(x-2, y-2)
		}
	}
	outlined(c, p.String())
}

// strikes marks the cells that failed where they are too small for a cross
// each: a line around those that adjoin, and a cross every so far among them.
func (h *Heat) strikes(c *canvas, left, bottom, w, tall float64) {
	const apart = 24.0 // pixels between two crosses
	nx := len(h.X)
	failed := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < nx && y*nx+x < len(h.Cells) && h.Cells[y*nx+x].Failed
	}
	everyX, everyY := max(1, int(math.Round(apart/w))), max(1, int(math.Round(apart/tall)))
	var p pen
	for i := range h.Cells {
		x, y := i%nx, i/nx
		x0, y0 := left+float64(x)*w, bottom-float64(y)*tall
		if failed(x, y) != failed(x-1, y) && x > 0 {
			p.at(x0, y0)
			p.to(x0, y0-tall)
		}
		if failed(x, y) != failed(x, y-1) && y > 0 {
			p.at(x0, y0)
			p.to(x0+w, y0)
		}
		if failed(x, y) && x%everyX == everyX/2 && y%everyY == everyY/2 {
			x0, y0 = x0+w/2, y0-tall/2
			p.at(x0-3, y0-3)
			p.to(x0+3, y0+3)
			p.at(x0-3, y0+3)
			p.to(x0+3, y0-3)
		}
	}
	outlined(c, p.String())
}

// outlined draws in white over black, which is seen on every colour of the
// ramp.
func outlined(c *canvas, d string) {
	if d != "" {
		fmt.Fprintf(c, "<path class=\"x\" style=\"stroke:#000;stroke-width:2.8\" d=\"%s\"/>\n", d)
		c.path("x", d)
	}
}

// key draws the ramp with its numbers.
func (h *Heat) key(c *canvas, x, top, tall float64) {
	tall = math.Min(tall, 220)
	part := tall / rampSteps
	for i := range rampSteps {
		fmt.Fprintf(c, "<rect fill=\"%s\" shape-rendering=\"crispEdges\" x=\"%s\" y=\"%s\" width=\"14\" height=\"%s\"/>\n",
			hex(i), px(x), px(top+tall-float64(i+1)*part), px(part+0.3))
	}
	for _, t := range h.Ramp.ticks(7) {
		if v := h.Ramp.place(t.Value); v < 0 || v > 1 {
			continue
		}
		y := top + tall - float64(h.Ramp.place(t.Value)*tall)
		if t.Text == "" {
			continue
		}
		c.line("a", x+14, y, x+18, y)
		c.text("q", "start", x+22, y+4, t.Text)
	}
	c.text("q", "start", x, top+tall+20, h.Unit)
}
