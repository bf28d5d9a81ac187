package sweep

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"math"

	"github.com/reckon-engine/reckon/sim/result"
)

// A Point is what one run measured.
type Point struct {
	Index  int      `json:"point"` // in the grid: seeds change fastest, then the last axis
	At     []string `json:"at"`    // the values of the axes
	Seed   uint64   `json:"seed"`
	Digest string   `json:"digest"` // of the run

	// Figures are by the name of their metric. One that is missing was not
	// measured: nothing arrived, or the run ended before its time.
	Figures map[string]float64 `json:"figures,omitempty"`

	Failed []Failure `json:"failed,omitempty"` // assertions that did not hold
	Error  string    `json:"error,omitempty"`  // why the run ended before its time
}

// A Failure is an assertion that did not hold in a run.
type Failure struct {
	Text      string `json:"text"`
	Measured  string `json:"measured"`
	Sometimes bool   `json:"sometimes,omitempty"` // it need not, in every run
}

// broken reports whether the point alone makes the sweep fail.
func (p *Point) broken() bool {
	for _, f := range p.Failed {
		if !f.Sometimes {
			return true
		}
	}
	return p.Error != ""
}

// pointOf keeps of a run what a sweep needs.
func (w *worker) pointOf(index int, run *result.Run) Point {
	s := w.sweep
	p := Point{
		Index: index, At: s.grid.values(index / len(s.grid.seeds)), Seed: run.Seed, Digest: run.Digest, Error: run.Error,
	}
	for i := range run.Assertions {
		if a := &run.Assertions[i]; !a.Pass {
			p.Failed = append(p.Failed, Failure{a.Text, a.Measured, a.Sometimes})
		}
	}
	if run.Error != "" {
		return p
	}
	p.Figures = map[string]float64{}
	for i := range w.figures {
		if v, ok := w.figures[i].Measure(run); ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
			p.Figures[w.figures[i].Text] = v
		}
	}
	return p
}

// line returns a point as a line of points.jsonl.
func (p *Point) line() []byte {
	line, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("sweep: BUG: %v", err)) // all numbers are finite
	}
	return append(line, '\n')
}

// A sum is a hash of texts.
type sum struct{ hash.Hash }

func newSum() sum { return sum{sha256.New()} }

func (s sum) add(text string) {
	_, _ = io.WriteString(s, text) // never fails
	_, _ = s.Write([]byte{0})
}

// text returns the sum in hex.
func (s sum) text() string { return hex.EncodeToString(s.Sum(nil)) }
