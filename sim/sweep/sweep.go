package sweep

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// DefaultMetrics are the figures that are kept of every point if nobody says
// others: of the messages of all flows together.
func DefaultMetrics() []string { return []string{"p50", "p99", "loss"} }

// A Config says what to sweep.
type Config struct {
	File string // what the scenario is called in messages
	Data []byte // its text; see scenario.Read

	// Set are values in place of the scenario's at every point.
	Set []scenario.Setting

	// Axes are what varies; the last one changes fastest. There may be none.
	Axes []Axis

	// Seeds are those of every combination of values. If nil, the
	// scenario's.
	Seeds []uint64

	// Metrics are figures as assertions name them: "p99 of duel". If nil,
	// DefaultMetrics.
	Metrics []string

	// Duration is how long a run takes in virtual time. If zero, as long as
	// the scenario says.
	Duration time.Duration

	// Kinds are the kinds of flows. If nil, flow.Kinds().
	Kinds []flow.Kind

	// Version is of the program: points of another one are not taken over.
	Version string
}

// A Sweep is a scenario over a grid, and what has been measured of it. It is
// not safe for concurrent use.
type Sweep struct {
	config   Config
	grid     grid
	scenario *scenario.Scenario // as the file has it
	metrics  []Metric
	demands  [][]demand // of each cell; most share one
	sums     string     // of what the cells were read from
	done     []bool
	points   []Point // by index, where done
	stopped  int     // the first point that failed, if the search was for it; -1 if none
}

// A Metric is a figure that is kept of every point.
type Metric struct {
	Name         string `json:"name"`
	Unit         string `json:"unit"`
	HigherBetter bool   `json:"-"`
}

// A demand is an assertion of a cell.
type demand struct {
	text      string
	sometimes bool
}

// New checks everything: every combination of values is parsed, so that what
// makes no sense is known before the first run. The error says what was
// expected, and at which values.
func New(c Config) (*Sweep, error) {
	if c.Kinds == nil {
		c.Kinds = flow.Kinds()
	}
	if c.Metrics == nil {
		c.Metrics = DefaultMetrics()
	}
	s := &Sweep{config: c, stopped: -1}
	var err error
	if s.scenario, err = s.parse(nil); err != nil {
		return nil, err
	}
	seeds := c.Seeds
	if seeds == nil {
		seeds = []uint64{s.scenario.Seed}
	}
	if s.grid, err = newGrid(c.Axes, seeds); err != nil {
		return nil, err
	}
	if len(seeds) == 0 {
		return nil, errors.New("want at least one seed")
	}
	if err := s.checkMetrics(); err != nil {
		return nil, err
	}
	if err := s.checkCells(); err != nil {
		return nil, err
	}
	s.points, s.done = make([]Point, s.grid.size()), make([]bool, s.grid.size())
	return s, nil
}

// parse reads the scenario with settings of a cell.
func (s *Sweep) parse(settings []scenario.Setting) (*scenario.Scenario, error) {
	all := slices.Concat(s.config.Set, settings)
	return scenario.ParseWith(s.config.File, s.config.Data, all, flow.ScenarioKinds(s.config.Kinds)...)
}

// figuresOf returns the metrics as a scenario measures them.
func (s *Sweep) figuresOf(from *scenario.Scenario) ([]scenario.Figure, error) {
	figures := make([]scenario.Figure, len(s.config.Metrics))
	for i, text := range s.config.Metrics {
		var err error
		if figures[i], err = from.ParseFigure(text); err != nil {
			return nil, fmt.Errorf("the metric %q: %w", text, err)
		}
	}
	return figures, nil
}

func (s *Sweep) checkMetrics() error {
	figures, err := s.figuresOf(s.scenario)
	if err != nil {
		return err
	}
	for i := range figures {
		f := &figures[i]
		if slices.ContainsFunc(s.metrics, func(m Metric) bool { return m.Name == f.Text }) {
			return fmt.Errorf("the metric %q is there twice", f.Text)
		}
		s.metrics = append(s.metrics, Metric{Name: f.Text, Unit: f.Unit(), HigherBetter: f.HigherBetter()})
	}
	return nil
}

// checkCells reads the scenario of every cell.
func (s *Sweep) checkCells() error {
	s.demands = make([][]demand, s.grid.cells)
	var sums []string
	for cell := range s.grid.cells {
		settings := s.grid.settings(cell)
		read, err := s.parse(settings)
		if err == nil {
			_, err = s.figuresOf(read)
		}
		if err != nil {
			return fmt.Errorf("at %s: %w", describeSettings(settings), err)
		}
		if !slices.Contains(sums, read.Sum) {
			sums = append(sums, read.Sum)
		}
		demands := []demand{}
		for i := range read.Assertions {
			demands = append(demands, demand{read.Assertions[i].Text, read.Assertions[i].Sometimes})
		}
		if cell > 0 && slices.Equal(demands, s.demands[cell-1]) {
			demands = s.demands[cell-1]
		}
		s.demands[cell] = demands
	}
	slices.Sort(sums)
	together := newSum()
	for _, one := range sums {
		together.add(one)
	}
	s.sums = together.text()
	return nil
}

// describeSettings writes settings for people.
func describeSettings(settings []scenario.Setting) string {
	if len(settings) == 0 {
		return "the file's values"
	}
	var text strings.Builder
	for i, set := range settings {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(set.Key + "=" + set.Value)
	}
	return text.String()
}

// Scenario returns the scenario with the values of its file.
func (s *Sweep) Scenario() *scenario.Scenario { return s.scenario }

// Axes returns what varies.
func (s *Sweep) Axes() []Axis { return s.grid.axes }

// Seeds returns the seeds of every combination of values.
func (s *Sweep) Seeds() []uint64 { return s.grid.seeds }

// Metrics returns the figures that are kept of every point.
func (s *Sweep) Metrics() []Metric { return s.metrics }

// Size returns how many points the grid has.
func (s *Sweep) Size() int { return s.grid.size() }

// At returns where a point is on each axis.
func (s *Sweep) At(point int) []int { return s.grid.at(point / len(s.grid.seeds)) }

// Settings returns the values of a point in place of the file's, those that
// hold at every point before.
func (s *Sweep) Settings(point int) []scenario.Setting {
	return slices.Concat(s.config.Set, s.grid.settings(point/len(s.grid.seeds)))
}

// Duration returns how long a run takes if it was not left to the scenario;
// else zero.
func (s *Sweep) Duration() time.Duration { return s.config.Duration }
