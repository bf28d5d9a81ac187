//go:build !linux

package wakeup

import "time"

// A Waiter waits for a moment, or for Wake. One goroutine waits; Wake may be
// called from any. Create it with New.
//
// Timers of macOS and the BSDs (kqueue) count in nanoseconds, those of Windows
// in half a millisecond (high-resolution waitable timers, since Go 1.23).
type Waiter struct {
	woken chan struct{}
	timer *time.Timer
}

// New returns a Waiter. It does not fail.
func New() (*Waiter, error) {
	w := &Waiter{woken: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	w.timer.Stop()
	return w, nil
}

// Own tells that the calling goroutine is the one that will wait.
func (w *Waiter) Own() {}

// Wait returns at a moment, or as soon as Wake was called since the last wait
// ended. The zero time waits for Wake alone. It may return early: the caller
// looks at the clock and at its work again.
func (w *Waiter) Wait(until time.Time) {
	if until.IsZero() {
		<-w.woken
		return
	}
	w.timer.Reset(time.Until(until))
	select {
	case <-w.timer.C:
	case <-w.woken:
		w.timer.Stop()
	}
}

// Wake ends the wait under way, or else the next.
func (w *Waiter) Wake() {
	select {
	case w.woken <- struct{}{}:
	default: // it was woken already
	}
}

// Close releases the Waiter. Nobody may wait any more; Wake may still be
// called and does nothing.
func (w *Waiter) Close() { w.timer.Stop() }
