package clock

import (
	"slices"
	"time"
)

// windowSize is the number of measurements an estimate rests on: 4.3 seconds
// of snapshots at 60 Hz, long enough to meet several losses at 3 %, short
// enough that a better path is noticed while the player still remembers the
// worse one.
const windowSize = 256

// A window holds the newest windowSize durations in order of arrival, and
// sorted. The zero value is empty and ready to use.
type window struct {
	ring   [windowSize]time.Duration
	sorted [windowSize]time.Duration // sorted[:n] is ring's content, ascending
	next   int                       // where the next one goes in ring
	n      int
}

func (w *window) reset() { w.next, w.n = 0, 0 }

// add puts d in, and the oldest out when the window is full.
func (w *window) add(d time.Duration) {
	if w.n == windowSize {
		at, _ := slices.BinarySearch(w.sorted[:w.n], w.ring[w.next])
		copy(w.sorted[at:], w.sorted[at+1:w.n])
		w.n--
	}
	at, _ := slices.BinarySearch(w.sorted[:w.n], d)
	copy(w.sorted[at+1:w.n+1], w.sorted[at:w.n])
	w.sorted[at] = d
	w.n++
	w.ring[w.next] = d
	w.next = (w.next + 1) % windowSize
}

// min returns the least, which must exist.
func (w *window) min() time.Duration { return w.sorted[0] }

// median returns the middle one, which must exist.
func (w *window) median() time.Duration { return w.sorted[w.n/2] }

// spread returns the mean distance from the median: jitter that a few
// outliers do not dominate.
func (w *window) spread() time.Duration {
	if w.n == 0 {
		return 0
	}
	middle, sum := w.median(), time.Duration(0)
	for _, d := range w.sorted[:w.n] {
		sum += max(d-middle, middle-d)
	}
	return sum / time.Duration(w.n)
}

// ceiling returns the least limit over which the durations stand out by no
// more than budget in sum.
func (w *window) ceiling(budget time.Duration) time.Duration {
	limit, over := w.sorted[w.n-1], time.Duration(0)
	for above := 1; above < w.n; above++ {
		next := w.sorted[w.n-1-above]
		step := time.Duration(above) * (limit - next)
		if over+step > budget {
			return limit - (budget-over)/time.Duration(above)
		}
		limit, over = next, over+step
	}
	return limit
}
