package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reckon-engine/reckon/sim/scenario"
)

// PointsFile is where a Log keeps points, in its folder.
const PointsFile = "points.jsonl"

// format is the version of the file.
const format = 1

// A header is the first line of the file: what the points are of.
type header struct {
	Format   int                `json:"sweep"`
	Scenario string             `json:"scenario"`
	Sum      string             `json:"sum"` // of every file that the cells were read from
	Set      []scenario.Setting `json:"set"`
	Seconds  float64            `json:"seconds"` // of a run; 0 as the scenario says
	Axes     []Axis             `json:"axes"`
	Seeds    string             `json:"seeds"`
	Metrics  []Metric           `json:"metrics"`
	Version  string             `json:"version"`
}

func (s *Sweep) header() header {
	return header{
		Format: format, Scenario: s.scenario.Name, Sum: s.sums, Set: nonNil(s.config.Set), Seconds: s.config.Duration.Seconds(),
		Axes: nonNil(s.grid.axes), Seeds: seedsText(s.grid.seeds), Metrics: s.metrics, Version: s.config.Version,
	}
}

func nonNil[T any](s []T) []T { return append([]T{}, s...) }

// difference says what is not the same in two headers; "" if nothing.
func (h *header) difference(now *header) string {
	var all []string
	differ := func(what string, was, is any) {
		w, _ := json.Marshal(was)
		i, _ := json.Marshal(is)
		if !bytes.Equal(w, i) {
			all = append(all, fmt.Sprintf("%s: was %s, is %s", what, clip(string(w)), clip(string(i))))
		}
	}
	differ("the format", h.Format, now.Format)
	differ("the scenario", h.Scenario, now.Scenario)
	if h.Scenario == now.Scenario && h.Sum != now.Sum {
		all = append(all, "the text of the scenario or of a file it names has changed, or the values it is swept over")
	}
	differ("--set", h.Set, now.Set)
	differ("--seconds", h.Seconds, now.Seconds)
	for i := range max(len(h.Axes), len(now.Axes)) {
		var was, is Axis
		if i < len(h.Axes) {
			was = h.Axes[i]
		}
		if i < len(now.Axes) {
			is = now.Axes[i]
		}
		differ("--vary", was.text(), is.text())
	}
	differ("--seeds", h.Seeds, now.Seeds)
	differ("--metric", h.Metrics, now.Metrics)
	differ("the program's version", h.Version, now.Version)
	return strings.Join(all, "\n")
}

// text writes an axis as ParseAxis reads it.
func (a *Axis) text() string {
	if a.Key == "" {
		return "nothing"
	}
	return a.Key + "=" + strings.Join(a.Values, ",")
}

// clip shortens what would fill a screen.
func clip(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most/2]) + " … " + string(r[len(r)-most/2:])
	}
	return s
}

// A Log keeps the points of a sweep in a file, a line for each as soon as it
// is measured. What a process leaves that is killed is a line that is not
// whole, at most, and the next one takes it off.
type Log struct {
	file *os.File
}

// ErrExists is returned by Open if there are points of a sweep already and it
// is not to resume.
var ErrExists = errors.New("it has points of a sweep")

// Open opens the log in a folder, which it makes if need be. If there is one
// and resume is true, the sweep takes over its points; that they are of the
// same scenario, grid and program is checked.
func (s *Sweep) Open(dir string, resume bool) (*Log, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, PointsFile)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := s.take(file, path, resume); err != nil {
		_ = file.Close()
		return nil, err
	}
	return &Log{file}, nil
}

// take reads what is in a file, and makes it end where whole lines do.
func (s *Sweep) take(file *os.File, path string, resume bool) error {
	data, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	mine := s.header()
	if whole == 0 {
		// There is none, or it ended in its first line.
		if len(data) > 0 && !bytes.HasPrefix(mine.line(), data) && !bytes.HasPrefix(data, []byte(`{"sweep":`)) {
			return fmt.Errorf("%s:1: want the points of a sweep", path)
		}
		return replace(file, 0, mine.line())
	}
	if !resume {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	lines := bytes.Split(data[:whole-1], []byte{'\n'})
	var was header
	if err := json.Unmarshal(lines[0], &was); err != nil || was.Format == 0 {
		return fmt.Errorf("%s:1: want the points of a sweep", path)
	}
	if difference := was.difference(&mine); difference != "" {
		return fmt.Errorf("%s is of another sweep:\n%s", path, difference)
	}
	for i, line := range lines[1:] {
		if err := s.takeLine(line); err != nil {
			return fmt.Errorf("%s:%d: %w", path, i+2, err)
		}
	}
	return replace(file, int64(whole), nil)
}

func (h *header) line() []byte {
	line, err := json.Marshal(h)
	if err != nil {
		panic(fmt.Sprintf("sweep: BUG: %v", err))
	}
	return append(line, '\n')
}

// takeLine takes over a point.
func (s *Sweep) takeLine(line []byte) error {
	var p Point
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return fmt.Errorf("want a point of the sweep: %w", err)
	}
	if p.Index < 0 || p.Index >= len(s.points) {
		return fmt.Errorf("point %d: want 0 to %d", p.Index, len(s.points)-1)
	}
	n := len(s.grid.seeds)
	if p.Seed != s.grid.seeds[p.Index%n] || !slices.Equal(p.At, s.grid.values(p.Index/n)) {
		return fmt.Errorf("point %d: it has the values of another", p.Index)
	}
	if !s.done[p.Index] {
		s.points[p.Index], s.done[p.Index] = p, true
	}
	return nil
}

// replace cuts a file off and appends.
func replace(file *os.File, at int64, data []byte) error {
	if err := file.Truncate(at); err != nil {
		return err
	}
	if _, err := file.Seek(at, io.SeekStart); err != nil {
		return err
	}
	_, err := file.Write(data)
	return err
}

// add appends a point, in one write.
func (l *Log) add(p *Point) error {
	_, err := l.file.Write(p.line())
	return err
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }
