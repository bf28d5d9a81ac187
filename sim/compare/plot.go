package compare

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// The plot, in pixels: for each subject a lane, with its name to the left and
// its figures to the right.
const (
	plotWidth   = 920
	laneLeft    = 232
	laneRight   = 720
	medianRight = 790 // end of the column
	laneTop     = 96
	laneHeight  = 62
	laneGap     = 10
	plotSeconds = 20 // shown
)

// colours are told apart by people who see red and green alike (Okabe and Ito,
// Color Universal Design, 2008); each lane has its name beside it all the
// same.
var colours = map[string]string{
	OursState: "#0072b2", OursOrdered: "#0072b2",
	TCPCubic: "#d55e00", TCPBBR: "#d55e00",
}

// otherColour is that of everything else.
const otherColour = "#6b6b6b"

// WriteSVG draws the age of the newest position on the client's screen over
// the first 20 seconds, for each subject one above the other, on a background
// of its own, so that it can stand on any page. The line is what it says
// beneath the title.
func (r *Result) WriteSVG(w io.Writer, line string) error {
	b := &strings.Builder{}
	height := laneTop + len(r.Subjects)*(laneHeight+laneGap) + 46
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif" font-size="14" fill="#1f2328">`+"\n", plotWidth, height)
	fmt.Fprintf(b, `<title>%s</title>`+"\n", escaped("The age of the newest position, "+line))
	fmt.Fprintf(b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="8" fill="#ffffff" stroke="#d0d7de"/>`+"\n", plotWidth-1, height-1)
	fmt.Fprint(b, `<text x="24" y="36" font-size="19" font-weight="600">How old is the newest position on the screen?</text>`+"\n")
	fmt.Fprintf(b, `<text x="24" y="60" fill="#57606a">%s</text>`+"\n", escaped(line))
	text(b, medianRight, laneTop-12, "end", "#57606a", "12", "median")
	text(b, plotWidth-24, laneTop-12, "end", "#57606a", "12", "99th percentile")
	top := r.plotTop()
	shown := min(plotSeconds, r.Seconds-settling.Seconds())
	for i := range r.Subjects {
		r.Subjects[i].lane(b, float64(laneTop+i*(laneHeight+laneGap)), top, shown)
	}
	base := laneTop + len(r.Subjects)*(laneHeight+laneGap)
	for s := 0.0; s <= shown; s += 5 {
		x := laneLeft + s/shown*(laneRight-laneLeft)
		text(b, x, float64(base+12), "middle", "#57606a", "12", fmt.Sprintf("%g s", s))
	}
	text(b, 24, float64(base+32), "start", "#57606a", "12", fmt.Sprintf("%d positions a second. Drawn are %.0f of %.0f seconds; dashed, the 99th percentile of all: one picture in a hundred is older.", Rate, shown, r.Seconds))
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// plotTop returns the age that lanes end at, in milliseconds: what there is,
// but at most eight times what the best has, so that the worst do not flatten
// all others.
func (r *Result) plotTop() float64 {
	best, most := math.Inf(1), 0.0
	for i := range r.Subjects {
		best = min(best, r.Subjects[i].AgeP99)
		most = max(most, r.Subjects[i].Down.AgeMax)
	}
	limit := max(1, min(most*1.05, best*8))
	step := math.Pow10(int(math.Floor(math.Log10(limit))))
	for _, nice := range []float64{1, 1.5, 2, 3, 4, 5, 6, 8, 10} {
		if limit <= nice*step {
			return nice * step
		}
	}
	return 10 * step
}

// lane draws one subject.
func (s *Subject) lane(b *strings.Builder, y, top, shown float64) {
	colour, ok := colours[s.Name]
	if !ok {
		colour = otherColour
	}
	bottom := y + laneHeight
	height := func(ms float64) float64 { return laneHeight * min(ms/top, 1) }
	fmt.Fprintf(b, `<rect x="%d" y="%.1f" width="%d" height="%d" fill="#f6f8fa"/>`+"\n", laneLeft, y, laneRight-laneLeft, laneHeight)
	text(b, 24, y+laneHeight/2+5, "start", "#1f2328", "14", s.Title)
	text(b, laneLeft-6, y+10, "end", "#57606a", "11", fmt.Sprintf("%.0f ms", top))
	text(b, laneLeft-6, bottom, "end", "#57606a", "11", "0")
	fmt.Fprintf(b, `<path fill="%s" fill-opacity="0.85" d="M%d %.1f`, colour, laneLeft, bottom)
	columns := laneRight - laneLeft
	pictures := min(len(s.Down.Ages), int(shown*PictureRate))
	for x := range columns {
		var most time.Duration
		for picture := x * pictures / columns; picture < (x+1)*pictures/columns; picture++ {
			most = max(most, s.Down.Ages[picture])
		}
		fmt.Fprintf(b, "V%.1fH%d", bottom-height(milliseconds(most)), laneLeft+x+1)
	}
	fmt.Fprintf(b, `V%.1fZ"/>`+"\n", bottom)
	level := bottom - height(s.AgeP99)
	fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#1f2328" stroke-dasharray="3 3"/>`+"\n", laneLeft, level, laneRight)
	text(b, medianRight, y+laneHeight/2+5, "end", "#57606a", "14", fmt.Sprintf("%.0f ms", s.AgeP50))
	fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end" font-size="20" font-weight="600" fill="%s">%.0f ms</text>`+"\n", plotWidth-24, y+laneHeight/2+7, colour, s.AgeP99)
}

// text writes a label.
func text(b *strings.Builder, x, y float64, anchor, fill, size, words string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s" font-size="%s">%s</text>`+"\n", x, y, anchor, fill, size, escaped(words))
}

// escaped returns words as XML has them.
func escaped(words string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(words)) // a Builder takes everything
	return b.String()
}
