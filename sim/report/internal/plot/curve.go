package plot

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Point is a value at a place of the axis below. A Gap is no point: the
// curve is broken there.
type Point struct {
	X, Y float64
	Gap  bool
}

// A Curve is a line through points whose X only grows (or, on an axis that
// runs backwards, only shrinks).
type Curve struct {
	Name   string // beside its end; empty for none
	Style  int    // 0 to Styles-1
	Points []Point
	Thin   bool // thinner and dotted: a limit or an upper quantile
	Dots   bool // a marker at every point, instead of some along the way
	Hold   bool // continue at its last value to the right border
}

// A Band is what lies between two curves of equal X.
type Band struct {
	Style     int
	Low, High []Point
}

// column is how many pixels make one column of a decimated curve.
const column = 2

// decimate keeps of the points of each column those that can be seen: the
// lowest and the highest, in their order. It leaves short curves alone.
func decimate(points []Point) []Point {
	if len(points) <= Width {
		return points
	}
	var kept []Point
	for i := 0; i < len(points); {
		j, lowest, highest := i, i, i
		for ; j < len(points) && points[j].Gap == points[i].Gap && int(points[j].X/column) == int(points[i].X/column); j++ {
			if points[j].Y < points[lowest].Y {
				lowest = j
			}
			if points[j].Y > points[highest].Y {
				highest = j
			}
		}
		kept = append(kept, points[min(lowest, highest)])
		if lowest != highest {
			kept = append(kept, points[max(lowest, highest)])
		}
		i = j
	}
	return kept
}

// A pen writes a path with relative coordinates, in tenths of a pixel, which
// is half as long as with absolute ones.
type pen struct {
	strings.Builder
	x, y int // tenths
	down bool
}

func (p *pen) to(x, y float64) {
	tx, ty := int(math.Round(x*10)), int(math.Round(y*10))
	switch {
	case !p.down:
		p.WriteString("M" + tenths(tx) + " " + tenths(ty))
	case tx == p.x && ty == p.y:
		return
	case tx == p.x:
		p.WriteString("v" + tenths(ty-p.y))
	case ty == p.y:
		p.WriteString("h" + tenths(tx-p.x))
	default:
		p.WriteString("l" + tenths(tx-p.x) + " " + tenths(ty-p.y))
	}
	p.x, p.y, p.down = tx, ty, true
}

// at moves to a point without drawing.
func (p *pen) at(x, y float64) {
	p.down = false
	p.to(x, y)
}

// box draws a rectangle from its lower left corner.
func (p *pen) box(x, y, w, h float64) {
	tx, ty := int(math.Round(x*10)), int(math.Round(y*10))
	tw, th := int(math.Round((x+w)*10))-tx, int(math.Round(y*10))-int(math.Round((y-h)*10))
	if p.Len() == 0 {
		p.WriteString("M" + tenths(tx) + " " + tenths(ty))
	} else {
		p.WriteString("m" + tenths(tx-p.x) + " " + tenths(ty-p.y))
	}
	p.WriteString("h" + tenths(tw) + "v" + tenths(-th) + "h" + tenths(-tw) + "z")
	p.x, p.y, p.down = tx, ty, false // closing goes back to the first corner
}

func tenths(v int) string {
	s := strconv.Itoa(v / 10)
	if v < 0 && v > -10 {
		s = "-0"
	}
	if r := v % 10; r != 0 {
		if r < 0 {
			r = -r
		}
		s += "." + strconv.Itoa(r)
	}
	return s
}

// trace returns the path through points that are in pixels. A point alone
// between two gaps is a short dash, or nobody would see it.
func trace(points []Point) string {
	var p pen
	for i, q := range points {
		if q.Gap {
			p.down = false
			continue
		}
		alone := !p.down && (i+1 == len(points) || points[i+1].Gap)
		if alone {
			p.at(q.X-1, q.Y)
			p.to(q.X+1, q.Y)
			continue
		}
		p.to(q.X, q.Y)
	}
	return p.String()
}

// enclose returns the path around what lies between two lines of points in
// pixels, gap by gap.
func enclose(low, high []Point) string {
	var p pen
	for i := 0; i < len(low); {
		if low[i].Gap {
			i++
			continue
		}
		j := i
		for j < len(low) && !low[j].Gap {
			j++
		}
		if j == i+1 {
			p.at(low[i].X-1, low[i].Y)
			p.to(low[i].X+1, low[i].Y)
			p.to(high[i].X+1, high[i].Y)
			p.to(high[i].X-1, high[i].Y)
		} else {
			p.down = false
			for k := i; k < j; k++ {
				p.to(low[k].X, low[k].Y)
			}
			for k := j - 1; k >= i; k-- {
				p.to(high[k].X, high[k].Y)
			}
		}
		p.WriteString("z")
		i = j
	}
	return p.String()
}

// thinBand takes both lines of a band, in pixels, together to one value a
// column: the lowest and the highest.
func thinBand(low, high []Point) (l, h []Point) {
	if len(low) <= Width {
		return low, high
	}
	for i := 0; i < len(low); {
		j, least, most := i, low[i].Y, high[i].Y
		for ; j < len(low) && low[j].Gap == low[i].Gap && int(low[j].X/column) == int(low[i].X/column); j++ {
			least, most = math.Max(least, low[j].Y), math.Min(most, high[j].Y) // down is more
		}
		l = append(l, Point{low[i].X, least, low[i].Gap})
		h = append(h, Point{low[i].X, most, low[i].Gap})
		i = j
	}
	return l, h
}

// beads returns the markers along a curve in pixels: every so far on its way,
// each style at another phase, so that curves that lie on each other still
// show theirs.
func beads(points []Point, style int, every bool) string {
	var b strings.Builder
	apart := math.Max(110, length(points)/7) // a curve that goes up and down has no more of them
	left := 20 + float64(style%Styles)*apart/Styles
	for i, q := range points {
		if q.Gap {
			continue
		}
		if every {
			b.WriteString(marker(style, q.X, q.Y))
			continue
		}
		if i == 0 || points[i-1].Gap {
			continue
		}
		from := points[i-1]
		dx, dy := q.X-from.X, q.Y-from.Y
		long := math.Hypot(dx, dy)
		done := 0.0
		for left <= long-done {
			done += left
			share := done / long
			b.WriteString(marker(style, from.X+float64(share*dx), from.Y+float64(share*dy)))
			left = apart
		}
		left -= long - done
	}
	return b.String()
}

// length is how long a curve in pixels is.
func length(points []Point) float64 {
	sum := 0.0
	for i := 1; i < len(points); i++ {
		if !points[i].Gap && !points[i-1].Gap {
			sum += math.Hypot(points[i].X-points[i-1].X, points[i].Y-points[i-1].Y)
		}
	}
	return sum
}

// A label names a curve at the right border.
type label struct {
	name    string
	style   int
	thin    bool
	x, y    float64 // where its curve ends
	placedY float64
	order   float64 // among those that end at one height, from the top
}

// spread moves labels apart so that none covers another, within top and bottom
// as far as they fit.
func spread(labels []label, top, bottom float64) {
	const apart = 16
	slices.SortStableFunc(labels, func(a, b label) int {
		switch {
		case math.Abs(a.y-b.y) >= 1:
			return compare(a.y, b.y)
		default:
			return compare(a.order, b.order)
		}
	})
	for i := range labels {
		labels[i].placedY = math.Max(labels[i].y, top)
		if i > 0 {
			labels[i].placedY = math.Max(labels[i].placedY, labels[i-1].placedY+apart)
		}
	}
	floor := math.Max(bottom, top+apart*float64(len(labels)-1))
	for i := len(labels) - 1; i >= 0; i-- {
		labels[i].placedY = math.Min(labels[i].placedY, floor)
		floor = labels[i].placedY - apart
	}
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
