package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reckon-engine/reckon/sim/report"
	"github.com/reckon-engine/reckon/sim/sweep"
)

// How much is listed; --csv and --report have everything.
const (
	maxSweepCells = 40
	maxSweepWorst = 10
)

// writeSweep writes what was measured, in the ways that were asked for.
func (o *sweepOptions) writeSweep(s *sweep.Sweep, wall time.Duration, stdout io.Writer) error {
	outcome := s.Outcome()
	if o.csv != "" {
		err := writeFile(o.csv, func(w io.Writer) error {
			return s.CSV(w, outcome, func(p *sweep.Point) string { return o.replayCommand(s, p) })
		})
		if err != nil {
			return err
		}
	}
	if o.report != "" {
		if err := writeFile(o.report, func(w io.Writer) error { return o.writeSweepReport(w, s, outcome, wall) }); err != nil {
			return err
		}
	}
	if o.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(o.summary(s, outcome, wall))
	}
	w := bufio.NewWriter(stdout)
	if !o.quiet {
		o.writeSweepCells(w, s, outcome, wall)
	}
	o.writeSweepFailures(w, s, outcome)
	return w.Flush()
}

// A sweepCell is all points of one combination of values.
type sweepCell struct {
	At      []string             `json:"at"`
	Points  int                  `json:"points"`
	Failed  int                  `json:"failed"` // points where something did not hold
	Figures map[string]sweepSpan `json:"figures"`
}

// A sweepSpan is what the points of a cell measured of a figure.
type sweepSpan struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Most   float64 `json:"most"`
}

// cellsOf puts the points of each combination of values together.
func cellsOf(s *sweep.Sweep, outcome *sweep.Outcome) []sweepCell {
	cells := []sweepCell{}
	values := map[string][]float64{}
	for i := range outcome.Points {
		p := &outcome.Points[i]
		if i == 0 || !slices.Equal(p.At, outcome.Points[i-1].At) {
			cells = append(cells, sweepCell{At: p.At, Figures: map[string]sweepSpan{}})
			clear(values)
		}
		c := &cells[len(cells)-1]
		c.Points++
		if p.Error != "" || len(p.Failed) > 0 {
			c.Failed++
		}
		for _, m := range s.Metrics() {
			if v, ok := p.Figures[m.Name]; ok {
				values[m.Name] = append(values[m.Name], v)
			}
		}
		if i+1 == len(outcome.Points) || !slices.Equal(p.At, outcome.Points[i+1].At) {
			for _, m := range s.Metrics() {
				if all := values[m.Name]; len(all) > 0 {
					slices.Sort(all)
					c.Figures[m.Name] = sweepSpan{all[0], all[(len(all)-1)/2], all[len(all)-1]}
				}
			}
		}
	}
	return cells
}

// writeSweepCells writes a table of all combinations of values.
func (o *sweepOptions) writeSweepCells(w io.Writer, s *sweep.Sweep, outcome *sweep.Outcome, wall time.Duration) {
	fmt.Fprintf(w, "%s: %d of %d points in %v, digest %s\n\n", s.Scenario().Name, len(outcome.Points), outcome.Whole, wall.Round(10*time.Millisecond), outcome.Digest)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range s.Axes() {
		fmt.Fprintf(table, "%s\t", a.Key)
	}
	fmt.Fprint(table, "points")
	for _, m := range s.Metrics() {
		fmt.Fprintf(table, "\t%s", strings.TrimSpace(m.Name+" "+m.Unit))
	}
	fmt.Fprintln(table)
	cells := cellsOf(s, outcome)
	for _, c := range cells[:min(len(cells), maxSweepCells)] {
		for _, v := range c.At {
			fmt.Fprintf(table, "%s\t", v)
		}
		fmt.Fprint(table, c.Points)
		for _, m := range s.Metrics() {
			span, ok := c.Figures[m.Name]
			switch {
			case !ok:
				fmt.Fprint(table, "\t-")
			case span.Least == span.Most:
				fmt.Fprintf(table, "\t%s", shortNumber(span.Median))
			default:
				fmt.Fprintf(table, "\t%s (%s to %s)", shortNumber(span.Median), shortNumber(span.Least), shortNumber(span.Most))
			}
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush()
	if more := len(cells) - maxSweepCells; more > 0 {
		fmt.Fprintf(w, "and %d more: see --report and --csv\n", more)
	}
	if !outcome.Complete() {
		fmt.Fprintf(w, "\ninterrupted: %d points were not measured\n", outcome.Whole-len(outcome.Points))
	}
	fmt.Fprintln(w)
}

func shortNumber(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// writeSweepFailures writes the assertions, and the worst points.
func (o *sweepOptions) writeSweepFailures(w io.Writer, s *sweep.Sweep, outcome *sweep.Outcome) {
	for _, v := range outcome.Verdicts {
		how := "pass"
		if !v.Pass {
			how = "FAIL"
		} else if o.quiet {
			continue
		}
		fmt.Fprintf(w, "%s  %s  (held at %d of %d points)\n", how, v.Text, v.Held, v.Runs)
	}
	if n := outcome.Errors(); n > 0 {
		fmt.Fprintf(w, "FAIL  %d points ended before their time\n", n)
	}
	worst := s.Worst(outcome)
	if len(worst) == 0 {
		return
	}
	fmt.Fprintf(w, "\nThe worst of %d points:\n", len(worst))
	for _, p := range worst[:min(len(worst), maxSweepWorst)] {
		fmt.Fprintf(w, "  %s\n", o.replayCommand(s, &p))
		if p.Error != "" {
			fmt.Fprintf(w, "      %s\n", p.Error)
		}
		for _, f := range p.Failed {
			fmt.Fprintf(w, "      %s: %s\n", f.Text, f.Measured)
		}
	}
}

// A sweepSummary is a sweep as --json has it.
type sweepSummary struct {
	Scenario    string          `json:"scenario"`
	Axes        []sweep.Axis    `json:"axes"`
	Seeds       int             `json:"seeds"`
	Metrics     []sweep.Metric  `json:"metrics"`
	Points      int             `json:"points"` // measured
	Whole       int             `json:"whole"`  // of the grid
	Errors      int             `json:"errors"` // points that ended before their time
	Passed      bool            `json:"passed"`
	Digest      string          `json:"digest"`
	WallSeconds float64         `json:"wall_seconds"` // of this process
	Assertions  []sweep.Verdict `json:"assertions"`
	Cells       []sweepCell     `json:"cells"`
	Worst       []sweepWorst    `json:"worst"`
}

// A sweepWorst is a point that failed.
type sweepWorst struct {
	sweep.Point
	Replay string `json:"replay"`
}

func (o *sweepOptions) summary(s *sweep.Sweep, outcome *sweep.Outcome, wall time.Duration) *sweepSummary {
	sum := &sweepSummary{
		Scenario: s.Scenario().Name, Axes: append([]sweep.Axis{}, s.Axes()...), Seeds: len(s.Seeds()), Metrics: s.Metrics(),
		Points: len(outcome.Points), Whole: outcome.Whole, Errors: outcome.Errors(), Passed: outcome.Passed(),
		Digest: outcome.Digest, WallSeconds: wall.Seconds(), Assertions: append([]sweep.Verdict{}, outcome.Verdicts...),
		Cells: cellsOf(s, outcome), Worst: []sweepWorst{},
	}
	worst := s.Worst(outcome)
	for _, p := range worst[:min(len(worst), maxSweepWorst)] {
		sum.Worst = append(sum.Worst, sweepWorst{p, o.replayCommand(s, &p)})
	}
	return sum
}

// writeSweepReport writes the page.
func (o *sweepOptions) writeSweepReport(w io.Writer, s *sweep.Sweep, outcome *sweep.Outcome, wall time.Duration) error {
	grid := s.Grid(outcome, func(p *sweep.Point) string { return o.replayCommand(s, p) })
	grid.WallSeconds = wall.Seconds()
	about := s.Scenario().About
	if !outcome.Complete() {
		about = fmt.Sprintf("Interrupted: %d of %d points were measured. %s", len(outcome.Points), outcome.Whole, about)
	}
	return report.Sweep(w, report.SweepPage{
		Grid: grid, About: about, Command: sweepCommand(), Footer: "netsim sweep, digest " + outcome.Digest,
	})
}
