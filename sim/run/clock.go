package run

import "time"

// clock reads the time of the world outside, to say how much faster a run was.
// Nothing in a run depends on it.
func clock() time.Time { return time.Now() }

// epoch returns when a run begins: time.Unix(0, 0), with a monotonic reading.
// It makes no difference to a run, since all of its times count from here, but
// times that have one are compared and subtracted in a fraction of the time
// (package time, Monotonic Clocks), which is what a core does all day.
func epoch() time.Time {
	now := time.Now()
	return now.Add(time.Unix(0, 0).Sub(now))
}
