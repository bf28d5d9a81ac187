package proxy

import (
	"syscall"
	"time"
)

// sleepFinely sleeps for d, below a millisecond, as exactly as the system
// can. Go's timers end in epoll_wait, whose timeout counts in milliseconds;
// nanosleep is late by the thread's timer slack only, 50 µs by default.
func sleepFinely(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // ended early by a signal: the caller looks at the clock
}
