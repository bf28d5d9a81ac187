package server

import "time"

// maxCatchUp is how many ticks one Advance runs at most: enough to make up
// for a pause of 80 ms at 60 Hz without slowing the game down, few enough that
// a server which is too slow for its game does not fall behind ever further
// by trying. What is due beyond that is dropped from the schedule.
const maxCatchUp = 5

// A schedule says when ticks are due: a whole number of intervals after the
// start, so that rounding and late wake-ups never add up.
type schedule struct {
	interval time.Duration
	start    time.Time
	ran      int64  // ticks run or dropped since start
	dropped  uint64 // intervals
}

// next returns when the next tick is due.
func (s *schedule) next() time.Time {
	return s.start.Add(time.Duration(s.ran) * s.interval)
}

// due returns how many ticks to run at now, having dropped from the schedule
// what is too late.
func (s *schedule) due(now time.Time) int {
	if s.start.IsZero() {
		s.start = now
	}
	if now.Before(s.next()) {
		return 0
	}
	n := int64(now.Sub(s.next())/s.interval) + 1
	if late := n - maxCatchUp; late > 0 {
		s.ran += late
		s.dropped += uint64(late)
		n = maxCatchUp
	}
	return int(n)
}
