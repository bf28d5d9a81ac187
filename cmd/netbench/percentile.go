package main

import (
	"slices"
	"time"
)

// A sample is a sorted list of times.
type sample []time.Duration

// sorted returns a sample of all the times given.
func sorted(times ...[]time.Duration) sample {
	s := slices.Concat(times...)
	slices.Sort(s)
	return s
}

// percentile returns the least time that p percent of the sample do not
// exceed (the nearest rank); 0 of nothing.
func (s sample) percentile(p int) time.Duration {
	if len(s) == 0 {
		return 0
	}
	rank := (len(s)*p + 99) / 100
	return s[max(rank, 1)-1]
}
