package wakeup

import (
	"encoding/binary"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A Waiter waits for a moment, for Wake, or for something to read. One
// goroutine waits; Wake may be called from any. Create it with New.
type Waiter struct {
	fds     [2]unix.PollFd // the eventfd, and what WaitRead is asked about
	pending atomic.Bool    // Wake was called and no wait has ended since
	owned   bool

	// What system calls are given lies here, so that it does not escape.
	spec  unix.Timespec
	count [8]byte
	one   [8]byte // 1, in the machine's order

	mu     sync.Mutex // guards the eventfd against being closed under Wake
	event  int        // eventfd
	closed bool
}

// New returns a Waiter. The error is the system's: no descriptors are left.
func New() (*Waiter, error) {
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	w := &Waiter{event: event}
	binary.NativeEndian.PutUint64(w.one[:], 1)
	w.fds[0] = unix.PollFd{Fd: int32(event), Events: unix.POLLIN}
	return w, nil
}

// slice is how long the scheduler lets the waiting thread run at a time, where
// it may not have a realtime priority: the least there is (sched_setattr(2),
// sched_runtime). It costs others nothing, the share of the processor stays
// the same, and brings the thread's turn sooner when the processor is busy.
// Kernels before 6.12 ignore it.
const slice = 100 * time.Microsecond

// Own gives the calling goroutine, which is the one that will wait, a thread
// of its own, which ends with the goroutine. It is for work that shares no
// locks with other goroutines: a goroutine with its own thread is slow to get
// a lock that it has to wait for. Without Own a Waiter is as exact when the
// processor is idle.
//
// As root the thread has the least realtime priority (sched(7), SCHED_RR): a
// link should not be late because programs compete for the processor, least of
// all those that it serves. The kernel keeps 5 % for everybody else
// (sched_rt_runtime_us). With 17 others wanting two processors, packets of
// sim/tun were 0.03 ms late in the median and 0.19 ms at p99, instead of 0.04
// and 3.3, and TCP had 1.2 Gbit/s instead of 0.4.
func (w *Waiter) Own() {
	runtime.LockOSThread()
	w.owned = true
	sharpen()
	attributes, err := unix.SchedGetAttr(0, 0)
	if err != nil || attributes.Policy != unix.SCHED_NORMAL {
		return // somebody chose better
	}
	realtime := unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK,
	}
	if unix.SchedSetAttr(0, &realtime, 0) == nil {
		return
	}
	attributes.Runtime = uint64(slice)
	_ = unix.SchedSetAttr(0, attributes, 0) // if it fails, waits are less exact
}

// sharpen gives the thread the least timer slack. That is 1: 0 would mean the
// default. It cannot fail on the kernels we know, and if it did, waits would
// be 50 µs less exact.
func sharpen() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

// Wait returns at a moment, or as soon as Wake was called since the last wait
// ended. The zero time waits for Wake alone. It may return early: the caller
// looks at the clock and at its work again.
func (w *Waiter) Wait(until time.Time) { w.poll(w.fds[:1], until) }

// WaitRead is Wait that also returns when the descriptor fd has something to
// read, or an error.
func (w *Waiter) WaitRead(fd int, until time.Time) {
	w.fds[1] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	w.poll(w.fds[:], until)
}

func (w *Waiter) poll(fds []unix.PollFd, until time.Time) {
	fds[0].Revents = 0
	if !w.pending.Load() {
		var timeout *unix.Timespec
		if !until.IsZero() {
			left := time.Until(until)
			if left <= 0 {
				return
			}
			if !w.owned {
				sharpen() // whichever thread this is
			}
			w.spec, timeout = unix.NsecToTimespec(int64(left)), &w.spec
		}
		// An error is EINTR, and a wait may end early.
		_, _ = unix.Ppoll(fds, timeout, nil)
	}
	if fds[0].Revents != 0 || w.pending.Load() {
		// EAGAIN: Wake has yet to write, and one wait will end for nothing.
		_, _ = unix.Read(w.event, w.count[:])
		// Whoever calls Wake from now on writes; what was done before is
		// seen by the caller, who looks after this.
		w.pending.Store(false)
	}
}

// Wake ends the wait under way, or else the next. It is cheap when the wait
// was woken already.
func (w *Waiter) Wake() {
	if w.pending.Swap(true) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		_, _ = unix.Write(w.event, w.one[:]) // the counter cannot be full
	}
}

// Close releases the Waiter. Nobody may wait any more; Wake may still be
// called and does nothing.
func (w *Waiter) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.closed = true
		_ = unix.Close(w.event) // an eventfd has nothing to lose
	}
}
