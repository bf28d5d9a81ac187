// Package plot draws the plots of a report as SVG: curves over an axis, lanes
// of events, ranges and heat maps. What it draws is text and simple paths that
// need no script and no font of their own. The same figure is the same bytes.
//
// Colour never says anything alone: each curve has its colour (Okabe and Ito,
// "Color Universal Design", 2008), its dashes, its marker, and its name beside
// its end.
//
// Names are escaped here. Numbers must be finite: whoever calls has checked
// them. Nothing here is safe for concurrent use.
package plot
