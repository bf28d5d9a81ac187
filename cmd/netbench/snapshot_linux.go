package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"
)

// A snapshot is what a child has used so far.
type snapshot struct {
	at      time.Time
	cpu     time.Duration
	ticks   int
	packets uint64
	allocs  uint64
}

func (c *child) snapshot(w worker) snapshot {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return snapshot{at: time.Now(), cpu: processTime(), ticks: c.ticks, packets: w.packets(), allocs: m.Mallocs}
}

// processTime is the processor time of this process, user and system.
func processTime() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		panic("netbench: BUG: getrusage: " + err.Error())
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// heapBytes is the heap in use after a collection.
func heapBytes() int {
	runtime.GC()
	runtime.GC() // what finalizers held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// sleepUntil sleeps on a timer of the kernel's own, which is sharper than the
// runtime's.
func sleepUntil(t time.Time) {
	if left := time.Until(t); left > 0 {
		request := unix.NsecToTimespec(left.Nanoseconds())
		_ = unix.Nanosleep(&request, nil) // a signal ends it early, and a tick comes early
	}
}

// startProfile begins to write a profile of what is measured, if one is wanted.
func (c *child) startProfile() (err error) {
	if c.profileTo == "" {
		return nil
	}
	if c.profile, err = os.Create(c.profileTo); err != nil {
		return err
	}
	return pprof.StartCPUProfile(c.profile)
}

func (c *child) stopProfile() {
	if c.profile != nil {
		pprof.StopCPUProfile()
		c.profile.Close()
	}
}
