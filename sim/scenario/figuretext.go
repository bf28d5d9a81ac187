package scenario

import "github.com/reckon-engine/reckon/sim/result"

// A Figure is something that a run measured, as assertions name it: "p99 of
// duel", "loss of link client up", "counter rtt_ms".
type Figure struct {
	Text string // as it was written

	figure figure
}

// ParseFigure reads a figure of the scenario. The error says the column and
// what was expected.
func (s *Scenario) ParseFigure(text string) (Figure, error) {
	f := Figure{Text: text}
	r := &reader{words: words(text), end: len(text) + 1}
	if len(text) > maxAssertion {
		return f, &assertError{1, "a shorter one"}
	}
	g := grammar{reader: r, s: s}
	var err error
	if f.figure, err = g.figure(); err != nil {
		return f, err
	}
	if r.peek() != "" {
		return f, r.fail("nothing more")
	}
	return f, nil
}

// Measure returns the figure of a run in its Unit; false if the run has none,
// as when nothing arrived.
func (f *Figure) Measure(run *result.Run) (value float64, ok bool) {
	value, why := f.figure.measure(run)
	if f.figure.in == share {
		value *= 100
	}
	return value, why == ""
}

// Unit returns what Measure counts in: "ms", "%", "bit/s", "bytes", "1/s", or
// "" for numbers of things.
func (f *Figure) Unit() string {
	return [...]string{
		count: "", duration: "ms", share: "%", bitRate: "bit/s", byteCount: "bytes", perSecond: "1/s", anyTime: "ms",
	}[f.figure.in]
}

// HigherBetter reports whether more of it is better: what arrived, and rates.
func (f *Figure) HigherBetter() bool {
	return f.figure.name == "delivered" || f.figure.name == "rate"
}
