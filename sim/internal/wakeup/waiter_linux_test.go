package wakeup

import (
	"os"
	"testing"
	"time"
)

func TestWaitRead(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer out.Close()
	w := newWaiter(t)
	fd := int(r.Fd())
	owned(w, func() {
		began := time.Now()
		w.WaitRead(fd, began.Add(time.Millisecond))
		if _, err := out.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		w.WaitRead(fd, began.Add(patience))
		if passed := time.Since(began); passed >= patience {
			t.Errorf("a wait with something to read took %v", passed)
		}
	})
}

func TestWaitDoesNotAllocate(t *testing.T) {
	w := newWaiter(t)
	owned(w, func() {
		if n := testing.AllocsPerRun(100, func() {
			w.Wake()
			w.Wait(time.Time{})
			w.Wait(time.Now().Add(time.Microsecond))
		}); n != 0 {
			t.Errorf("%v allocations, want 0", n)
		}
	})
}
