package scene

import "time"

// A Sample is what one frame saw of the network.
type Sample struct {
	Arrived   int // snapshots since the last frame
	Corrected int // of them, such as moved the player
	Starved   bool
	RTT       time.Duration
	Delay     time.Duration // of interpolation
	Loss      float64       // of the worse direction, 0 to 1
}

// HistoryFrames is how many frames the network graph shows: four seconds.
const HistoryFrames = 240

// A History is the samples of the last frames. The zero value is empty.
type History struct {
	ring [HistoryFrames]Sample
	next int
}

// Add puts in the newest.
func (h *History) Add(s Sample) {
	h.ring[h.next] = s
	h.next = (h.next + 1) % HistoryFrames
}

// At returns the sample i frames after the oldest shown.
func (h *History) At(i int) *Sample { return &h.ring[(h.next+i)%HistoryFrames] }

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
