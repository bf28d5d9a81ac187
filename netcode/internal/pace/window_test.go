package pace

import (
	"testing"
	"time"
)

var epoch = time.Unix(0, 0)

func at(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }

func TestSlowStart(t *testing.T) {
	var w Window
	if w.Bytes() != initialWindow {
		t.Fatalf("a new window has %d bytes", w.Bytes())
	}
	w.Acked(at(1), 1200, false)
	if w.Bytes() != initialWindow {
		t.Error("a window that was not used grows")
	}
	for range 10 {
		w.Acked(at(1), 1200, true)
	}
	if w.Bytes() != 2*initialWindow {
		t.Errorf("a full window of acks makes %d, want twice %d", w.Bytes(), initialWindow)
	}
}

func TestLossHalvesOnceARoundTrip(t *testing.T) {
	var w Window
	w.Acked(at(1), initialWindow, true)
	before := w.Bytes()
	w.Lost(at(100), at(50))
	w.Lost(at(101), at(60))
	w.Lost(at(102), at(100)) // sent before the first was noticed
	if w.Bytes() != before/2 {
		t.Errorf("three losses of one flight make %d of %d", w.Bytes(), before)
	}
	w.Acked(at(90), 1200, true)
	if w.Bytes() != before/2 {
		t.Error("an ack of what was sent before the loss grows the window")
	}
	w.Lost(at(200), at(150))
	if w.Bytes() != before/4 {
		t.Errorf("a loss of the next flight makes %d of %d", w.Bytes(), before)
	}
}

// TestAvoidance: after a loss a window of acks adds about one datagram.
func TestAvoidance(t *testing.T) {
	var w Window
	w.Acked(at(1), 10*initialWindow, true)
	w.Lost(at(10), at(5))
	before := w.Bytes()
	for acked := 0; acked < before; acked += 1200 {
		w.Acked(at(20), 1200, true)
	}
	if got := w.Bytes() - before; got < 1100 || got > 1300 {
		t.Errorf("a window of acks adds %d bytes", got)
	}
	w.Acked(at(21), 1, true)
}

func TestLeastWindow(t *testing.T) {
	var w Window
	for i := range 100 {
		w.Lost(at(10*i+10), at(10*i+5))
		if w.Bytes() < minWindow {
			t.Fatalf("after %d losses the window has %d bytes", i+1, w.Bytes())
		}
	}
	if w.Bytes() != minWindow {
		t.Errorf("the least window has %d bytes, want %d", w.Bytes(), minWindow)
	}
	w.Acked(at(5000), 1, true)
	if w.Bytes() <= minWindow {
		t.Error("the least window does not grow again")
	}
}
