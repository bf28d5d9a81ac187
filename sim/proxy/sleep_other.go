//go:build !linux

package proxy

import "time"

// sleepFinely sleeps for d. Timers of macOS and the BSDs (kqueue) and of
// Windows (high-resolution waitable timers, since Go 1.23) are finer than a
// millisecond already.
func sleepFinely(d time.Duration) { time.Sleep(d) }
