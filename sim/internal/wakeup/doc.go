// Package wakeup waits for a moment as exactly as the system can, or for
// something to happen before it. It is what the real-time halves of the
// simulator, sim/proxy and sim/tun, release datagrams with.
//
// Timers of Go on Linux end in epoll_wait, whose timeout counts in
// milliseconds, so that a sleep is half a millisecond late in the median and
// more than one at p99. Here a goroutine waits in ppoll, which counts in
// nanoseconds, with the thread's timer slack set to its least (the kernel
// otherwise joins wake-ups up to 50 µs apart: prctl(2), PR_SET_TIMERSLACK).
// Elsewhere Go's timers are as good as the system's.
//
// Measured on two virtual cores (Linux 6.18, Go 1.26, 1000 moments 3.7 ms
// apart, idle); BenchmarkWait repeats the second line:
//
//	time.Sleep                       594 µs late in the median, 1.13 ms at p99
//	ppoll, timer slack of 1 ns        62 µs, 0.29 ms
//	the same with the default slack  130 µs, 0.29 ms
package wakeup
