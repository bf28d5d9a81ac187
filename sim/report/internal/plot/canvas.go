package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Width is the width of every figure, in its own units: pixels where it is
// shown at its natural size, and the text size is made for that.
const Width = 800

// A canvas collects the elements of one SVG.
type canvas struct{ bytes.Buffer }

// px writes a coordinate to a tenth of a pixel, as short as it goes.
func px(v float64) string {
	s := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// escape makes any string safe as the text or the attribute of an XML or HTML
// element: no markup, and no characters that hide or turn around what follows.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(Plain(s))) // a Buffer does not fail
	return b.String()
}

// Plain replaces what has no business in a name by U+FFFD: bytes that are not
// UTF-8, control characters, and those that change the direction of text.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// begin opens the SVG. Its id must be unique on the page.
func (c *canvas) begin(id, title, description string, height float64, alone bool) {
	if alone {
		fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%s"`, Width, px(height))
	} else {
		c.WriteString(`<svg`)
	}
	fmt.Fprintf(c, ` class="plot" viewBox="0 0 %d %s" role="img" aria-labelledby="%s-t %s-d">`, Width, px(height), id, id)
	fmt.Fprintf(c, "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n", id, escape(title), id, escape(description))
	if alone {
		fmt.Fprintf(c, "<style>%s</style>\n<rect class=\"p\" width=\"%d\" height=\"%s\" rx=\"6\"/>\n", Style, Width, px(height))
	}
}

func (c *canvas) end() { c.WriteString("</svg>\n") }

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(c, "<path class=\"%s\" d=\"M%s %sL%s %s\"/>\n", class, px(x1), px(y1), px(x2), px(y2))
}

func (c *canvas) path(class, d string) {
	if d != "" {
		fmt.Fprintf(c, "<path class=\"%s\" d=\"%s\"/>\n", class, d)
	}
}

// text writes at a base line; anchor is "start", "middle" or "end".
func (c *canvas) text(class, anchor string, x, y float64, s string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	if anchor != "start" {
		class += ` text-anchor="` + anchor + `"`
	}
	fmt.Fprintf(c, "<text%s x=\"%s\" y=\"%s\">%s</text>\n", class, px(x), px(y), escape(s))
}

// upright writes from the bottom up, centred at a height.
func (c *canvas) upright(class string, x, y float64, s string) {
	fmt.Fprintf(c, "<text class=\"%s\" text-anchor=\"middle\" transform=\"translate(%s %s)rotate(-90)\">%s</text>\n", class, px(x), px(y), escape(s))
}

// width estimates how wide a text is at 12 pixels. No font is asked: 6.3 a
// character is what the common sans serifs take on average, and 12 are the
// ideographs.
func width(s string) float64 {
	w := 0.0
	for _, r := range s {
		if r >= 0x1100 {
			w += 12
		} else {
			w += 6.3
		}
	}
	return w
}

// fit shortens a text to a width.
func fit(s string, limit float64) string {
	if width(s) <= limit {
		return s
	}
	var b strings.Builder
	left := limit - 8 // for the ellipsis
	for _, r := range s {
		if left -= width(string(r)); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}
