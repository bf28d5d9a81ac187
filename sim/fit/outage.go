package fit

import (
	"math"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// An Outage is an interruption that returns.
type Outage struct {
	From  float64 `json:"from_ms"` // of the first, after the first datagram
	For   float64 `json:"for_ms"`
	Every float64 `json:"every_ms"`
	Seen  int     `json:"seen"`
	model link.Outage
}

// Limits of what counts as an outage.
const (
	outageTime  = 500_000_000 // ns, the shortest
	outageLeast = 10          // datagrams lost in a row
	outagesSeen = 3           // times
	outageEven  = 0.05        // how much they may differ in length, and in distance
)

// outageOf finds long interruptions that return evenly, and marks what was
// lost in them. It returns nil if there are none.
func outageOf(flights []flight) *Outage {
	var starts, lengths []int64
	var runs [][2]int
	for i := 0; i < len(flights); i++ {
		first := i
		for i < len(flights) && flights[i].Lost {
			i++
		}
		if i-first < outageLeast || first == 0 || i == len(flights) {
			continue
		}
		// It began between the last that arrived and the first lost, and
		// ended likewise.
		from := (flights[first-1].Sent + flights[first].Sent) / 2
		until := (flights[i-1].Sent + flights[i].Sent) / 2
		if until-from >= outageTime {
			starts, lengths, runs = append(starts, from), append(lengths, until-from), append(runs, [2]int{first, i})
		}
	}
	if len(runs) < outagesSeen {
		return nil
	}
	var distances []int64
	for i := 1; i < len(starts); i++ {
		distances = append(distances, starts[i]-starts[i-1])
	}
	if !even(lengths) || !even(distances) {
		return nil
	}
	for _, r := range runs {
		for i := r[0]; i < r[1]; i++ {
			flights[i].outage = true
		}
	}
	round := func(ns int64) time.Duration { return time.Duration(ns).Round(time.Millisecond) }
	every := round(median(distances))
	o := &Outage{Seen: len(runs), model: link.Outage{From: round(starts[0]-flights[0].Sent) % every, For: round(median(lengths)), Every: every}}
	o.From, o.For, o.Every = milliseconds(int64(o.model.From)), milliseconds(int64(o.model.For)), milliseconds(int64(every))
	return o
}

// even reports whether numbers hardly differ.
func even(values []int64) bool {
	sorted := slices.Sorted(slices.Values(values))
	middle := float64(quantile(sorted, 0.5))
	return math.Abs(float64(sorted[0])-middle) < outageEven*middle && math.Abs(float64(sorted[len(sorted)-1])-middle) < outageEven*middle
}
