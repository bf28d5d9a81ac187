package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		name  string
		scale Scale
		n     int
		want  string
	}{
		{"round steps", Linear(0, 97), 5, "0 20 40 60 80 100"},
		{"small ones", Linear(0, 0.007), 5, "0.000 0.002 0.004 0.006 0.008"},
		{"thousands", Linear(0, 12_000), 3, "0 5,000 10,000 15,000"},
		{"nothing is still an axis", Linear(0, 0), 4, "0.0 0.5 1.0"},
		{"below zero", Scale{Low: -20, High: 20}, 4, "−20 −10 0 10 20"},
		{"a decade", Logarithmic(30, 280), 8, "20 50 100 200 500"},
		{"many decades", Logarithmic(0.001, 1e6), 5, "0.001 0.1 10 1,000 100,000"},
		{"one value", Logarithmic(7, 7), 5, "5 10"},
		{"a span", Scale{Low: 0, High: 60}, 7, "0 10 20 30 40 50 60"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, tick := range test.scale.ticks(test.n) {
				if tick.Text != "" {
					got = append(got, tick.Text)
				}
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("ticks of %+v are %s, want %s", test.scale, s, test.want)
			}
		})
	}
}

func TestScaleHoldsItsValues(t *testing.T) {
	for _, v := range []float64{1e-9, 0.003, 0.999, 1, 1.0001, 9.99, 10, 123, 4.9e7} {
		if s := Linear(0, v); s.Low > 0 || s.High < v || s.High > 2.1*v {
			t.Errorf("Linear(0, %v) is %+v", v, s)
		}
		if s := Logarithmic(v, 30*v); s.Low > v*(1+1e-9) || s.High < 30*v*(1-1e-9) || s.Low < v/2.6 {
			t.Errorf("Logarithmic(%v, %v) is %+v", v, 30*v, s)
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 12: "12", 1234.5: "1,234", 0.12345: "0.123", 1.5: "1.5", -3: "−3", 1e-9: "1e-09", 99.95: "100", 1e6: "1,000,000"} {
		if got := Short(v); got != want {
			t.Errorf("Short(%v) = %q, want %q", v, got, want)
		}
	}
}

// TestDecimateKeepsPeaks: a single value that stands out of a hundred thousand
// is still seen, and what is left is not more than a few points a column.
func TestDecimateKeepsPeaks(t *testing.T) {
	var all []Point
	for i := range 100_000 {
		all = append(all, Point{X: float64(i) * 500 / 100_000, Y: 50 + float64(i%7)})
	}
	all[31_337].Y, all[77_777].Y = 3, 90
	kept := decimate(all)
	if len(kept) > 2*500/column+2 {
		t.Errorf("%d points are left", len(kept))
	}
	for _, i := range []int{31_337, 77_777} {
		if !slices.Contains(kept, all[i]) {
			t.Errorf("point %d, which stands out, is gone", i)
		}
	}
	if !slices.IsSortedFunc(kept, func(a, b Point) int { return compare(a.X, b.X) }) {
		t.Error("the points are out of order")
	}
}

func TestLabelsKeepApart(t *testing.T) {
	labels := make([]label, 7)
	for i := range labels {
		labels[i] = label{y: 20 + float64(i%2), order: float64(-i)}
	}
	spread(labels, 10, 200)
	for i := 1; i < len(labels); i++ {
		if d := labels[i].placedY - labels[i-1].placedY; d < 15 {
			t.Errorf("labels %d and %d are %v apart", i-1, i, d)
		}
	}
	if first, last := labels[0].placedY, labels[6].placedY; first < 10 || last > 200 {
		t.Errorf("labels reach from %v to %v, want within 10 to 200", first, last)
	}
}

// lightness is L* of CIE 1976 of a colour of the ramp.
func lightness(share float64) float64 {
	linear := func(v uint8) float64 {
		c := float64(v) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	r, g, b := Colour(share)
	y := 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	return 116*math.Cbrt(y) - 16
}

// TestRampIsEven: equal steps of the value are equal steps to the eye, on which
// those who see no colours rely alone.
func TestRampIsEven(t *testing.T) {
	whole := lightness(1) - lightness(0)
	for i := range 20 {
		step := lightness(float64(i+1)/20) - lightness(float64(i)/20)
		if share := step / whole * 20; share < 0.7 || share > 1.3 {
			t.Errorf("step %d of the ramp is %.2f of an even one", i, share)
		}
	}
}

// wellFormed reports what is wrong with an SVG.
func wellFormed(svg []byte) error {
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"plain", `"><script>alert(1)</script>`, "]]>", "<!--", "&amp;", "a\x00b\xff", "\u202egnp.exe", strings.Repeat("w", 300), "日本語のとても長い名前です、ほんとうに長い"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fig := Figure{
			Title: s, Description: s, XLabel: s, X: Scale{Low: 0, High: 10}, Marks: []Mark{{At: 1, Until: 2, Text: s}},
			Panels: []Panel{{Title: s, YLabel: s, Y: Linear(0, 1), Height: 100, Curves: []Curve{{Name: s, Points: []Point{{X: 1, Y: 1}, {X: 2}}}}}},
		}
		heat := Heat{Title: s, XLabel: s, YLabel: s, Unit: s, X: []string{s}, Y: []string{s}, Cells: []Cell{{Value: 1, Failed: true}}, Ramp: Linear(0, 1)}
		lanes := Lanes{Title: s, X: Scale{Low: 0, High: 10}, Lanes: []Lane{{Name: s, Events: []LaneEvent{{Mark: Mark{At: 1, Text: s}}}}}}
		ranges := Ranges{Title: s, XLabel: s, X: Linear(0, 9), Key: []string{s}, Groups: []RangeGroup{{Name: s, Rows: []RangeRow{{Name: s, Text: s, Values: []float64{1, 2}}}}}}
		for _, svg := range [][]byte{fig.SVG("a"), fig.Alone(), heat.Alone(), lanes.SVG("b"), ranges.Alone()} {
			if err := wellFormed(svg); err != nil {
				t.Fatalf("%v in %s", err, svg)
			}
			if strings.Contains(string(svg), "<script") || strings.Contains(string(svg), "<!") {
				t.Fatalf("the text broke out: %s", svg)
			}
		}
	})
}

// TestHeatRuns: every cell is painted once, whether runs are joined or not, and
// small cells that failed have a line around them.
func TestHeatRuns(t *testing.T) {
	h := Heat{Ramp: Scale{Low: 0, High: 1}}
	for i := range 100 {
		h.X, h.Y = append(h.X, "x"), append(h.Y, "y")
		for range 100 {
			h.Cells = append(h.Cells, Cell{Value: float64(i) / 100, Failed: i >= 50})
		}
	}
	svg := string(h.SVG("h"))
	if n := strings.Count(svg, "z"); n < 100 || n > 140 {
		t.Errorf("100 even rows are %d boxes, want one each", n)
	}
	if !strings.Contains(svg, `class="x"`) {
		t.Error("nothing marks the cells that failed")
	}
}
