// Package report shows what the simulator measured: a run, several runs beside
// each other, or a sweep, as one HTML page that needs nothing else (no script,
// no request), as SVG files of single plots, and as CSV.
//
// The same input is the same bytes. Names come from scenario files and from the
// network: they are escaped, and in CSV no spreadsheet takes them for a
// formula. Figures that are not finite are refused with an error that names
// them, before anything is written.
//
// Nothing here is safe for concurrent use, except that different pages can be
// written at the same time.
package report
