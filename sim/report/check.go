package report

import (
	"fmt"
	"math"

	"github.com/reckon-engine/reckon/sim/result"
)

// maxBuckets is more than a histogram can have: 63 bits of nanoseconds in 128
// steps each.
const maxBuckets = 64 * 128

// finite returns an error naming the first value that is no finite number of
// at least zero.
func finite(what string, values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("report: %s is %v, want a finite number", what, v)
		}
		if v < 0 {
			return fmt.Errorf("report: %s is %v, want 0 or more", what, v)
		}
	}
	return nil
}

// checkRun returns an error if something in a run cannot be drawn.
func checkRun(r *result.Run) error {
	if r == nil {
		return fmt.Errorf("report: no run")
	}
	if err := finite("the time of the run", r.VirtualSeconds, r.WallSeconds); err != nil {
		return err
	}
	for i := range r.Flows {
		f := &r.Flows[i]
		if err := checkFigures(fmt.Sprintf("flow %q", f.Name), &f.Figures); err != nil {
			return err
		}
		for j := range f.Parts {
			p := &f.Parts[j]
			if err := checkFigures(fmt.Sprintf("flow %q, channel %q %s", f.Name, p.Channel, p.Direction), &p.Figures); err != nil {
				return err
			}
		}
		for _, name := range sortedKeys(f.Counters) {
			if v := f.Counters[name]; math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("report: counter %q of flow %q is %v, want a finite number", name, f.Name, v)
			}
		}
	}
	for i := range r.Links {
		l := &r.Links[i]
		what := fmt.Sprintf("link %q %s", l.Name, l.Direction)
		if err := finite("the loss of "+what, l.Loss); err != nil {
			return err
		}
		if err := checkSeries(what, l.Series); err != nil {
			return err
		}
	}
	for i, e := range r.Events {
		if err := finite(fmt.Sprintf("the time of event %d (%q)", i+1, e.Kind), e.Seconds, e.Lasted); err != nil {
			return err
		}
	}
	return nil
}

func checkFigures(what string, f *result.Figures) error {
	if err := finite("the latency or loss of "+what, f.P50, f.P99, f.Max, f.Loss); err != nil {
		return err
	}
	if h := f.Latency; h != nil {
		var total uint64
		for _, n := range h.Counts {
			total += uint64(n)
		}
		if len(h.Counts) > maxBuckets || total != h.Total || h.Max < 0 {
			return fmt.Errorf("report: the histogram of %s has %d buckets that count %d of %d, want at most %d that count all", what, len(h.Counts), total, h.Total, maxBuckets)
		}
	}
	return checkSeries(what, f.Series)
}

func checkSeries(what string, s *result.Series) error {
	if s == nil {
		return nil
	}
	if err := finite("the step of the series of "+what, s.StepSeconds); err != nil {
		return err
	}
	n := steps(s)
	if n > 0 && s.StepSeconds == 0 {
		return fmt.Errorf("report: the series of %s has steps of no length", what)
	}
	for _, length := range []int{len(s.Sent), len(s.Lost), len(s.Bytes), len(s.P50), len(s.P99), len(s.QueueBytes)} {
		if length != 0 && length != n {
			return fmt.Errorf("report: the series of %s has %d steps and %d steps, want one length", what, n, length)
		}
	}
	for _, values := range [][]float64{s.P50, s.P99} {
		if err := finite("the series of "+what, values...); err != nil {
			return err
		}
	}
	return nil
}

// steps returns how many steps a series has.
func steps(s *result.Series) int {
	if s == nil {
		return 0
	}
	return max(len(s.Sent), len(s.Lost), len(s.Bytes), len(s.P50), len(s.P99), len(s.QueueBytes))
}
