package fit

import (
	"math"
	"slices"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Rate is the bottleneck, where it was saturated.
type Rate struct {
	Bits        int64   `json:"bits_per_second"`
	QueueBytes  int     `json:"queue_bytes"` // 0 if it was never full
	QueueTime   float64 `json:"queue_ms"`
	Seconds     float64 `json:"saturated_seconds"` // what Bits is measured over
	queueBehind int64   // ns: the delay of what waited in a full queue
}

// Limits of finding a saturated bottleneck.
const (
	windowTime       = 500_000_000 // ns of sending
	leastInWindow    = 8           // datagrams, to say anything about a window
	leastWindows     = 4           // in a row, to say anything about a rate
	moreOffered      = 1.05        // than passes
	nearlyFastest    = 0.8         // of the rate at which the fastest tenth of windows arrived
	queueFullLoss    = 0.02        // more than otherwise
	elevatedOfSpread = 0.25        // of the spread of calm delays
)

// A window is a part of the time of sending.
type window struct {
	first, end int // flights
	start      int64
	offered    float64 // bytes, headers included
	arrived    float64 // of them
	lost       int
	from, to   int64   // when the first and the last of them arrived
	passed     float64 // bytes in windowTime, by how far they were apart then
	median     int64   // delay; meaningless if nothing arrived
	spread     int64   // from the 5th to the 95th percentile of delay
	saturated  bool
}

// windowsOf cuts the flights.
func windowsOf(flights []flight, overhead int) []window {
	var all []window
	for i := range flights {
		f := &flights[i]
		if f.outage {
			continue
		}
		if len(all) == 0 || f.Sent-all[len(all)-1].start >= windowTime {
			start := f.Sent
			if len(all) > 0 && f.Sent-all[len(all)-1].start < 2*windowTime {
				start = all[len(all)-1].start + windowTime
			}
			all = append(all, window{first: i, start: start})
		}
		w := &all[len(all)-1]
		w.end = i + 1
		w.offered += float64(f.Size + overhead)
		if f.Lost {
			w.lost++
		} else {
			if w.arrived == 0 {
				w.from, w.to = f.Arrived, f.Arrived
			}
			w.from, w.to = min(w.from, f.Arrived), max(w.to, f.Arrived)
			w.arrived += float64(f.Size + overhead)
		}
	}
	var delays []int64
	for i := range all {
		w := &all[i]
		delays = delays[:0]
		for j := w.first; j < w.end; j++ {
			if !flights[j].Lost {
				delays = append(delays, flights[j].Arrived-flights[j].Sent)
			}
		}
		w.median = median(delays) // sorts them
		if n := float64(len(delays)); n > 1 && w.to > w.from {
			w.passed = w.arrived * (n - 1) / n * windowTime / float64(w.to-w.from)
		}
		w.spread = quantile(delays, 0.95) - quantile(delays, 0.05)
	}
	return all
}

// calmDelay returns the delay and its spread in the windows in which nothing
// waited: those with the shorter delays.
func calmDelay(windows []window) (delay, spread int64) {
	var medians, spreads []int64
	for i := range windows {
		if w := &windows[i]; w.end-w.first-w.lost > 2 {
			medians, spreads = append(medians, w.median), append(spreads, w.spread)
		}
	}
	slices.Sort(medians)
	slices.Sort(spreads)
	return quantile(medians, 0.25), quantile(spreads, 0.5)
}

// rateOf finds the times in which more was sent than arrived, while it arrived
// evenly and late: there the bottleneck was busy, and what arrived is its
// rate. It marks what was sent then, and what had to wait behind it, as not
// calm. It returns nil if there were none.
func rateOf(flights []flight, overhead int) *Rate {
	windows := windowsOf(flights, overhead)
	calm, spread := calmDelay(windows)
	elevated := calm + max(int64(elevatedOfSpread*float64(spread)), 500_000)
	lossElsewhere := calmLoss(windows, elevated)
	easily := carriedEasily(windows, elevated)
	var passed []int64
	for i := range windows {
		w := &windows[i]
		n := w.end - w.first
		w.saturated = n >= leastInWindow && w.passed > easily && w.median > elevated &&
			w.offered*(1-lossElsewhere) > w.passed*moreOffered
		if w.saturated {
			passed = append(passed, int64(w.passed))
		}
	}
	slices.Sort(passed)
	fastest := float64(quantile(passed, 0.9))
	for i := range windows {
		w := &windows[i]
		w.saturated = w.saturated && w.passed > nearlyFastest*fastest
	}
	first, end := longestRun(windows)
	if end-first < leastWindows {
		return nil
	}
	rate := &Rate{}
	bits := slope(flights[windows[first+1].first:windows[end-1].end], overhead)
	if bits <= 0 {
		return nil
	}
	rate.Bits = int64(significant(bits/(1-lossElsewhere), 4))
	if rate.Bits < link.MinRate || rate.Bits > link.MaxRate {
		return nil
	}
	rate.Seconds = float64(windows[end-1].start-windows[first+1].start+windowTime) / 1e9
	rate.full(windows[first:end], flights, lossElsewhere)
	disturb(flights, windows, elevated)
	return rate
}

// calmLoss is the share lost where nothing waited.
func calmLoss(windows []window, elevated int64) float64 {
	lost, n := 0, 0
	for i := range windows {
		if w := &windows[i]; w.median <= elevated || w.end-w.first == w.lost {
			lost += w.lost
			n += w.end - w.first
		}
	}
	return min(0.9, float64(lost)/float64(max(n, 1)))
}

// carriedEasily returns how much passed in a window without waiting: a
// bottleneck carries more. Else a spike, which stretches arrivals as well,
// would look like one.
func carriedEasily(windows []window, elevated int64) float64 {
	var offered []int64
	for i := range windows {
		if w := &windows[i]; w.median <= elevated {
			offered = append(offered, int64(w.offered))
		}
	}
	slices.Sort(offered)
	return float64(quantile(offered, 0.9))
}

// longestRun returns the longest run of saturated windows.
func longestRun(windows []window) (first, end int) {
	for i := 0; i < len(windows); i++ {
		start := i
		for i < len(windows) && windows[i].saturated && (i == start || windows[i].start-windows[i-1].start < 2*windowTime) {
			i++
		}
		if i-start > end-first {
			first, end = start, i
		}
		if i > start {
			i-- // it may begin another one, behind a pause
		}
	}
	return first, end
}

// slope is the line through how much has arrived, over when: bits per second.
func slope(flights []flight, overhead int) float64 {
	var arrivals []*flight
	for i := range flights {
		if !flights[i].Lost {
			arrivals = append(arrivals, &flights[i])
		}
	}
	slices.SortStableFunc(arrivals, func(a, b *flight) int {
		return int(min(1, max(-1, a.Arrived-b.Arrived)))
	})
	if len(arrivals) < leastInWindow {
		return 0
	}
	var n, sx, sy, sxx, sxy, total float64
	start := arrivals[0].Arrived
	for _, f := range arrivals {
		total += 8 * float64(f.Size+overhead)
		x := float64(f.Arrived-start) / 1e9
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+total, sxx+x*x, sxy+x*total
	}
	spread := n*sxx - sx*sx
	if spread <= 0 {
		return 0
	}
	return (n*sxy - sx*sy) / spread
}

// full finds the delay behind a full queue, if it was full: where more was
// lost than otherwise.
func (r *Rate) full(windows []window, flights []flight, lossElsewhere float64) {
	var delays []int64
	for i := range windows[1:] {
		w := &windows[1+i]
		if before := &windows[i]; w.share() < lossElsewhere+queueFullLoss || before.share() < lossElsewhere+queueFullLoss {
			continue
		}
		for j := w.first; j < w.end; j++ {
			if f := &flights[j]; !f.Lost && !f.late {
				delays = append(delays, f.Arrived-f.Sent)
			}
		}
	}
	if len(delays) >= leastInWindow {
		r.queueBehind = median(delays)
	}
}

func (w *window) share() float64 { return float64(w.lost) / float64(max(1, w.end-w.first)) }

// disturb marks what is not calm: saturated windows, what waited before and
// behind them, and whatever was sent there.
func disturb(flights []flight, windows []window, elevated int64) {
	for i := 0; i < len(windows); i++ {
		if !windows[i].saturated {
			continue
		}
		first, end := max(0, i-1), i+1
		for end < len(windows) && (windows[end].saturated || windows[end].median > elevated) {
			end++
		}
		end = min(len(windows), end+1)
		for j := windows[first].first; j < windows[end-1].end; j++ {
			flights[j].calm = false
		}
		i = end - 1
	}
}

// serialise works out how long the bottleneck took for each calm datagram: its
// own transmission, and that of what was before it.
func (r *Rate) serialise(flights []flight, overhead int) {
	free, remainder := int64(math.MinInt64), 0.0
	for i := range flights {
		f := &flights[i]
		if !f.calm {
			free = math.MinInt64
			continue
		}
		if f.Sent > free {
			free, remainder = f.Sent, 0
		}
		took := 8e9*float64(f.Size+overhead)/float64(r.Bits) + remainder
		free += int64(took)
		remainder = took - math.Floor(took)
		f.serial = free - f.Sent
	}
}

// queue works out how much waits in a full queue.
func (r *Rate) queue(flights []flight, overhead int, d *distribution, ordered bool) {
	if r.queueBehind == 0 || len(d.values) == 0 {
		return
	}
	size, n := 0, 0
	for i := range flights {
		if !flights[i].calm {
			size += flights[i].Size + overhead
			n++
		}
	}
	own := 8e9 * float64(size) / float64(max(n, 1)) / float64(r.Bits) // ns for one
	behind := d.quantile(0.5)
	if ordered {
		behind = d.longestOf(own)
	}
	// Half of what is in transmission comes on top of what waits.
	waited := float64(r.queueBehind-behind) - own/2
	bytes := waited / 8e9 * float64(r.Bits)
	if bytes < 1500 || bytes > link.MaxQueueBytes {
		return
	}
	r.QueueBytes = int(significant(bytes, 3))
	r.QueueTime = significant(8e3*bytes/float64(r.Bits), 3)
}
