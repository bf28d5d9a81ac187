//go:build race

// Package race says whether the race detector is compiled in, so that long
// virtual-time tests (TestSoak…) and allocation counts can leave that run to
// the one without it:
//
//	if race.Enabled {
//		t.Skip("long and single-threaded: runs without -race")
//	}
package race

// Enabled is true when the program was built with -race.
const Enabled = true
