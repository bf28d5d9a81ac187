package fit

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/sim/scenario"
)

// Options say what the files do not. The zero value knows nothing more.
type Options struct {
	// Sides are the names of the two interfaces to compare, of one file with
	// several. If empty, those two that have most datagrams in common.
	Sides [2]string

	// SameClock says that two files were captured by one clock, or by two
	// that were synchronised to well below the delays.
	SameClock bool

	// RTT is the shortest round trip, where two clocks are not synchronised.
	// If zero, it is taken from the captures, if they have both directions.
	RTT time.Duration
}

// A Report is a preset and how well it fits.
type Report struct {
	Files  []string `json:"files"`
	Date   string   `json:"date,omitempty"` // of the first datagram
	Counts Counts   `json:"counts"`
	Clock  string   `json:"clock"`    // what the times are worth
	Skew   float64  `json:"skew_ppm"` // that was removed, of two clocks
	Models []*Model `json:"directions"`
	Preset string   `json:"preset"` // as a file

	// Line is the link; both directions are the same if only one is known.
	Line scenario.Line `json:"-"`
}

// Fit reads one or two inputs and fits the models. Errors about a file are a
// *capture.FormatError or a *capture.LineError; others say what is missing in
// what was read.
func Fit(o Options, inputs ...Input) (*Report, error) {
	r, report := &reading{}, &Report{}
	var sides [][]*tap
	for _, in := range inputs {
		report.Files = append(report.Files, in.Name)
		before := len(r.taps)
		if err := r.read(in); err != nil {
			return nil, err
		}
		if len(r.taps) > before {
			sides = append(sides, r.taps[before:])
		}
	}
	report.Counts = r.Counts
	if r.first > int64(365*24*time.Hour) { // else it counts from something else
		report.Date = time.Unix(0, r.first).UTC().Format(time.DateOnly)
	}
	forward, back, err := r.directions(report, sides, o)
	if err != nil {
		return nil, err
	}
	if err := report.fit(forward, back); err != nil {
		return nil, err
	}
	report.finish()
	return report, nil
}

// directions makes directions of what was read.
func (r *reading) directions(report *Report, sides [][]*tap, o Options) (forward, back *Direction, err error) {
	switch {
	case len(r.rows) > 0 && len(r.taps) > 0:
		return nil, nil, errors.New("want captures or CSV, not one of each")
	case len(r.rows) == 1:
		report.Clock = clockText(&r.rows[0])
		return &r.rows[0], nil, nil
	case len(r.rows) > 1:
		if r.rows[0].RoundTrips || r.rows[1].RoundTrips {
			return nil, nil, errors.New("want one file of round trips, or two that are one way each")
		}
		report.Clock = clockText(&r.rows[0])
		return &r.rows[0], &r.rows[1], nil
	}
	var near, far *tap
	one := len(sides) < 2
	if one {
		near, far, err = pair(r.taps, o.Sides)
	} else {
		near, far = join(sides[0]), join(sides[1])
		near.name, far.name = report.Files[0], report.Files[1]
	}
	if err != nil {
		return nil, nil, err
	}
	p := pairOf(near, far, one || o.SameClock)
	if len(p.farOf) == 0 {
		return nil, nil, fmt.Errorf("want two sides of the same traffic: %s and %s have no datagram in common", near.name, far.name)
	}
	forward, back = p.directions(&report.Counts)
	if !one && !o.SameClock {
		report.Skew = significant(1e6*align(forward, back, int64(o.RTT)), 4)
	}
	report.Clock = clockText(forward)
	return forward, back, nil
}

func clockText(d *Direction) string {
	switch {
	case d.RoundTrips:
		return "round trips by one clock; each way is half"
	case d.Clocks == Same:
		return "one clock: delays are as measured"
	case d.Clocks == Halved:
		return "two clocks: half of the shortest round trip is each way's shortest delay"
	}
	return "two clocks and one direction: the delay itself is unknown"
}

// fit fits both directions, as far as they are there.
func (r *Report) fit(forward, back *Direction) error {
	for i, d := range []*Direction{forward, back} {
		if d == nil || len(d.Datagrams) == 0 {
			continue
		}
		m, err := fitDirection(d)
		if err != nil {
			// One of both is enough: few capture as much both ways.
			if i == 0 && back != nil && len(back.Datagrams) >= leastDatagrams || len(r.Models) > 0 {
				continue
			}
			return err
		}
		r.Models = append(r.Models, m)
		if d == back {
			r.Line.Down = m.Config
		} else {
			r.Line.Up = m.Config
		}
		if len(r.Models) == 1 {
			r.Line.Up, r.Line.Down = m.Config, m.Config
		}
	}
	if len(r.Models) == 0 {
		return fmt.Errorf("want at least %d datagrams, got none that both sides have", leastDatagrams)
	}
	if len(r.Models) == 1 && !forward.RoundTrips {
		m := r.Models[0]
		m.Unknown = append(m.Unknown, "the other direction: the preset has the same both ways")
	}
	return nil
}
