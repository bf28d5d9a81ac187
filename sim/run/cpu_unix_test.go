//go:build unix

package run

import (
	"syscall"
	"time"
)

// processorTime returns how long this process has had a processor: what a
// benchmark takes on a machine that others use as well.
func processorTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
