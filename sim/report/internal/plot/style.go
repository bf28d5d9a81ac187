package plot

import "fmt"

// Styles is how many curves can be told apart in one figure.
const Styles = 7

// Style is what the figures need of a style sheet: the page has it once, an
// SVG of its own carries it. Paper is light wherever it is printed.
//
// The colours are those of Okabe and Ito. Their yellow cannot be seen on white,
// nor their blue and black on black: each ground has the seven that it carries.
const Style = `:root{--ink:#1b1f24;--soft:#57606a;--grid:#e4e7eb;--axis:#8c959f;--paper:#fff;--raised:#f6f8fa;` +
	`--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#cc79a7;--s4:#e69f00;--s5:#56b4e9;--s6:#000}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#a0a8b2;--grid:#2b3138;--axis:#6e7781;--paper:#14171b;--raised:#1c2127;` +
	`--s0:#56b4e9;--s1:#e69f00;--s2:#00b583;--s3:#cc79a7;--s4:#f0e442;--s5:#d55e00;--s6:#e6e8eb}}
.plot{display:block;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
.plot text{fill:var(--ink)}.plot .q{fill:var(--soft)}.plot .h{font-weight:600}.plot .n{font-size:10px;fill:var(--soft)}
.plot .g{stroke:var(--grid);fill:none}.plot .a{stroke:var(--axis);fill:none}.plot .e{stroke:var(--axis);stroke-dasharray:2 3;fill:none}
.plot .d{stroke:var(--axis);stroke-width:.8;fill:none}.plot .w{fill:var(--ink);opacity:.1}.plot .p{fill:var(--paper)}
.plot .c{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}.plot .k{stroke:var(--paper);stroke-width:.8}
.plot .light text{fill:#fff;text-anchor:middle}.plot .dark text{fill:#000;text-anchor:middle}
.plot .b{stroke:none;opacity:.2}.plot .x{fill:none;stroke:#fff;stroke-width:1.2}
.plot .s0{stroke:var(--s0)}.plot .f0{fill:var(--s0)}.plot .s1{stroke:var(--s1);stroke-dasharray:8 3}.plot .f1{fill:var(--s1)}
.plot .s2{stroke:var(--s2);stroke-dasharray:2.5 3.5}.plot .f2{fill:var(--s2)}.plot .s3{stroke:var(--s3);stroke-dasharray:9 3 2 3}.plot .f3{fill:var(--s3)}
.plot .s4{stroke:var(--s4);stroke-dasharray:14 4}.plot .f4{fill:var(--s4)}.plot .s5{stroke:var(--s5);stroke-dasharray:5 2.5 2 2.5 2 2.5}.plot .f5{fill:var(--s5)}
.plot .s6{stroke:var(--s6);stroke-dasharray:4 4}.plot .f6{fill:var(--s6)}.plot .t{stroke-width:1.1;stroke-dasharray:1.5 2.5}
`

// marker returns the path of the marker of a style around a point.
func marker(style int, x, y float64) string {
	shapes := [Styles]string{
		"m-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0z",            // circle
		"m-3.3 -3.3h6.6v6.6h-6.6z",                                     // square
		"m0 -4.2l4.1 7.2h-8.2z",                                        // triangle
		"m0 -4.6l4.6 4.6l-4.6 4.6l-4.6 -4.6z",                          // diamond
		"m0 4.2l4.1 -7.2h-8.2z",                                        // triangle, down
		"m-1.4 -4.2h2.8v2.8h2.8v2.8h-2.8v2.8h-2.8v-2.8h-2.8v-2.8h2.8z", // plus
		"m-4.4 -2.2h8.8v4.4h-8.8z",                                     // bar
	}
	return fmt.Sprintf("M%s %s%s", px(x), px(y), shapes[style%Styles])
}

// Key returns a small SVG element with the marker of a style, for a line of
// text that explains it.
func Key(style int) string {
	return fmt.Sprintf(`<svg class="plot" viewBox="0 0 14 14" aria-hidden="true"><path class="f%d" d="%s"/></svg>`, style%Styles, marker(style, 7, 7))
}
