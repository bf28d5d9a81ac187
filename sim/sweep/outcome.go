package sweep

import (
	"cmp"
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// An Outcome is what a sweep has measured so far.
type Outcome struct {
	// Points are those that were measured, in the order of the grid. If the
	// search was for the first that fails, it is the last of them.
	Points []Point
	Whole  int // how many the grid has

	// Verdicts are of all assertions, in the order of the scenario.
	Verdicts []Verdict

	// Digest is a hash of every point: "0x" and 16 digits. Two sweeps with
	// the same digest measured the same.
	Digest string

	stopped bool // the search found what it was for
}

// A Verdict is an assertion over all points.
type Verdict struct {
	Text      string `json:"text"`
	Sometimes bool   `json:"sometimes,omitempty"`

	// Pass says that it held: at every point, or, if Sometimes, with one
	// seed or more of every combination of values of which all seeds were
	// measured.
	Pass bool `json:"pass"`
	Held int  `json:"held"` // points where it did
	Runs int  `json:"runs"` // points that have it

	// First is the first point that makes it fail, -1 if none: of a
	// Sometimes one, the first of its combination of values.
	First int `json:"first"`
}

// Complete reports whether nothing is left to measure.
func (o *Outcome) Complete() bool { return len(o.Points) == o.Whole || o.stopped }

// Errors counts the points that ended before their time.
func (o *Outcome) Errors() int {
	n := 0
	for i := range o.Points {
		if o.Points[i].Error != "" {
			n++
		}
	}
	return n
}

// Passed reports whether everything was measured, every run came to its end
// and every assertion held.
func (o *Outcome) Passed() bool {
	return o.Complete() && o.Errors() == 0 && !slices.ContainsFunc(o.Verdicts, func(v Verdict) bool { return !v.Pass })
}

// Outcome returns what has been measured so far.
func (s *Sweep) Outcome() *Outcome {
	o := &Outcome{Whole: len(s.points), stopped: s.stopped >= 0}
	digest := newSum()
	for i := range s.points {
		if s.done[i] && (s.stopped < 0 || i <= s.stopped) {
			o.Points = append(o.Points, s.points[i])
			digest.add(string(s.points[i].line()))
		}
	}
	o.Digest = "0x" + digest.text()[:16]
	o.Verdicts = s.judge(o.Points)
	return o
}

// judge folds the assertions of points, which are in the order of the grid.
func (s *Sweep) judge(points []Point) []Verdict {
	var verdicts []Verdict
	for len(points) > 0 {
		cell := points[0].Index / len(s.grid.seeds)
		n := 1
		for n < len(points) && points[n].Index/len(s.grid.seeds) == cell {
			n++
		}
		for _, d := range s.demands[cell] {
			i := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.Text == d.text })
			if i < 0 {
				i = len(verdicts)
				verdicts = append(verdicts, Verdict{Text: d.text, Sometimes: d.sometimes, Pass: true, First: -1})
			}
			verdicts[i].judge(points[:n], n == len(s.grid.seeds))
		}
		points = points[n:]
	}
	return verdicts
}

// judge adds the points of one combination of values.
func (v *Verdict) judge(points []Point, whole bool) {
	held, first := 0, -1
	for i := range points {
		if points[i].holds(v.Text) {
			held++
		} else if first < 0 {
			first = points[i].Index
		}
	}
	v.Held += held
	v.Runs += len(points)
	fails := first >= 0
	if v.Sometimes {
		fails = held == 0 && whole
	}
	if fails && v.Pass {
		v.Pass, v.First = false, first
	}
}

// holds reports whether an assertion held at the point.
func (p *Point) holds(text string) bool {
	return !slices.ContainsFunc(p.Failed, func(f Failure) bool { return f.Text == text })
}

// Worst returns the points that fail, the worst first: those that ended before
// their time, then those where most assertions did not hold, then those with
// the worst first metric. A point where only assertions that need to hold
// sometimes did not is none of them, except the first of a combination of
// values where no seed was better.
func (s *Sweep) Worst(o *Outcome) []Point {
	var worst []Point
	for i := range o.Points {
		p := &o.Points[i]
		if p.broken() || slices.ContainsFunc(o.Verdicts, func(v Verdict) bool { return v.First == p.Index }) {
			worst = append(worst, *p)
		}
	}
	slices.SortStableFunc(worst, func(a, b Point) int {
		c := cmp.Compare(b.severity(), a.severity())
		if c != 0 || len(s.metrics) == 0 {
			return c
		}
		m := s.metrics[0]
		c = cmp.Compare(b.Figures[m.Name], a.Figures[m.Name])
		if m.HigherBetter {
			c = -c
		}
		return c
	})
	return worst
}

// severity orders points that fail.
func (p *Point) severity() int {
	if p.Error != "" {
		return math.MaxInt
	}
	n := 0
	for _, f := range p.Failed {
		if !f.Sometimes {
			n++
		}
	}
	return n
}

// CSV writes a line for every point: where it is, its figures, how many
// assertions did not hold, and what repeats it, which replay says of an index.
// A text that a spreadsheet would take for a formula has an apostrophe before
// it.
func (s *Sweep) CSV(w io.Writer, o *Outcome, replay func(p *Point) string) error {
	c := csv.NewWriter(w)
	row := []string{"point"}
	for i := range s.grid.axes {
		row = append(row, cell(s.grid.axes[i].Key))
	}
	row = append(row, "seed")
	for _, m := range s.metrics {
		name := m.Name
		if m.Unit != "" {
			name += " (" + m.Unit + ")"
		}
		row = append(row, cell(name))
	}
	_ = c.Write(append(row, "failed", "error", "digest", "replay"))
	for i := range o.Points {
		p := &o.Points[i]
		row = append(row[:0], strconv.Itoa(p.Index))
		for _, v := range p.At {
			row = append(row, cell(v))
		}
		row = append(row, strconv.FormatUint(p.Seed, 10))
		for _, m := range s.metrics {
			text := ""
			if v, ok := p.Figures[m.Name]; ok {
				text = strconv.FormatFloat(v, 'f', -1, 64)
			}
			row = append(row, text)
		}
		_ = c.Write(append(row, strconv.Itoa(len(p.Failed)), cell(p.Error), p.Digest, cell(replay(p))))
	}
	c.Flush()
	return c.Error()
}

// cell makes a text safe for spreadsheets.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
