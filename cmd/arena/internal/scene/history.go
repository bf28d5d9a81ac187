package scene

import "time"

// A Sample is what one bin of time saw of the network.
type Sample struct {
	Arrived   int // snapshots
	Corrected int // of them, such as moved the player
	Starved   bool
	RTT       time.Duration
	Delay     time.Duration // of interpolation
	Loss      float64       // of the worse direction, 0 to 1
}

// The network graph shows four seconds, in bins of a tick of 60 Hz, whatever
// the display's own rate.
const (
	HistoryBins = 240
	binLength   = time.Second / 60
)

// A History is the samples of the last four seconds. The zero value is empty.
type History struct {
	ring [HistoryBins]Sample
	next int
	bin  int64 // of the newest sample
	any  bool
}

// Add takes in what was seen since the last Add. Bins in between get its
// estimates, and nothing that arrived.
func (h *History) Add(now time.Time, s Sample) {
	bin := now.UnixNano() / int64(binLength)
	if h.any && bin <= h.bin {
		last := &h.ring[(h.next+HistoryBins-1)%HistoryBins]
		s.Arrived += last.Arrived
		s.Corrected += last.Corrected
		s.Starved = s.Starved || last.Starved
		*last = s
		return
	}
	if h.any {
		gap := s
		gap.Arrived, gap.Corrected, gap.Starved = 0, 0, false
		for range min(bin-h.bin-1, HistoryBins) {
			h.push(gap)
		}
	}
	h.push(s)
	h.bin, h.any = bin, true
}

func (h *History) push(s Sample) {
	h.ring[h.next] = s
	h.next = (h.next + 1) % HistoryBins
}

// At returns the sample i bins after the oldest shown.
func (h *History) At(i int) *Sample { return &h.ring[(h.next+i)%HistoryBins] }

// Ceiling returns a round number of milliseconds above every RTT and delay,
// for the scale of a plot.
func (h *History) Ceiling() int {
	highest := time.Duration(0)
	for i := range h.ring {
		highest = max(highest, h.ring[i].RTT, h.ring[i].Delay)
	}
	for _, ms := range []int{50, 100, 200, 400, 800} {
		if highest < time.Duration(ms)*time.Millisecond*9/10 {
			return ms
		}
	}
	return 1600
}
