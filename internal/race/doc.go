// Package race says whether the race detector is compiled in, so that long
// virtual-time tests (TestSoak…) and allocation counts can leave that run to
// the one without it:
//
//	if race.Enabled {
//		t.Skip("long and single-threaded: runs without -race")
//	}
package race
