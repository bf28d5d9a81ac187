package wakeup

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

// patience is how long a wait that must end may take.
const patience = 10 * time.Second

func newWaiter(t testing.TB) *Waiter {
	t.Helper()
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// owned runs f in a goroutine that owns w, as waits are meant to.
func owned(w *Waiter, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Own()
		f()
	}()
	<-done
}

func TestWaitUntil(t *testing.T) {
	w := newWaiter(t)
	owned(w, func() {
		for _, d := range []time.Duration{-time.Second, 0, 50 * time.Microsecond, 3 * time.Millisecond} {
			until := time.Now().Add(d)
			for time.Now().Before(until) { // it may return early
				w.Wait(until)
			}
			if late := time.Since(until); d > 0 && late > patience {
				t.Errorf("a wait of %v was %v late", d, late)
			}
		}
	})
}

// Whatever is done before Wake is seen after a wait: no wake-up is lost.
func TestNoWakeIsLost(t *testing.T) {
	w := newWaiter(t)
	var work atomic.Int64
	const total = 20_000
	go func() {
		for range total {
			work.Add(1)
			w.Wake()
		}
	}()
	owned(w, func() {
		for deadline := time.Now().Add(patience); work.Load() < total; {
			w.Wait(time.Time{})
			if time.Now().After(deadline) {
				t.Errorf("woken for %d of %d", work.Load(), total)
				return
			}
		}
	})
}

func TestWakeBeforeWait(t *testing.T) {
	w := newWaiter(t)
	owned(w, func() {
		w.Wake()
		w.Wake()
		began := time.Now()
		w.Wait(began.Add(patience))
		if passed := time.Since(began); passed >= patience {
			t.Errorf("a wait that was woken took %v", passed)
		}
	})
}

func TestWakeAfterClose(t *testing.T) {
	w := newWaiter(t)
	w.Close()
	w.Wake()
	w.Close()
}

// BenchmarkWait waits for moments 3.7 ms apart and reports how late it was.
func BenchmarkWait(b *testing.B) {
	w := newWaiter(b)
	var late result.Histogram
	owned(w, func() {
		next := time.Now()
		for b.Loop() {
			next = next.Add(3700 * time.Microsecond)
			for time.Now().Before(next) {
				w.Wait(next)
			}
			late.Add(time.Since(next))
		}
	})
	l := LatenessOf(&late)
	b.ReportMetric(float64(l.P50.Microseconds()), "p50-µs-late")
	b.ReportMetric(float64(l.P99.Microseconds()), "p99-µs-late")
	b.ReportMetric(float64(l.Max.Microseconds()), "max-µs-late")
}
