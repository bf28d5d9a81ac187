package scene

import (
	"testing"
	"time"
)

func TestHistory(t *testing.T) {
	var h History
	at := func(bin int64) time.Time { return time.Unix(0, (1000+bin)*int64(binLength)+5) }
	h.Add(at(0), Sample{Arrived: 1, RTT: time.Millisecond})
	h.Add(at(0), Sample{Arrived: 2, Corrected: 1, Starved: true, RTT: 2 * time.Millisecond})
	newest := h.At(HistoryBins - 1)
	want := Sample{Arrived: 3, Corrected: 1, Starved: true, RTT: 2 * time.Millisecond}
	if *newest != want {
		t.Errorf("two samples in a bin come to %+v, want %+v", *newest, want)
	}
	h.Add(at(3), Sample{Arrived: 1, RTT: 4 * time.Millisecond})
	if got := h.At(HistoryBins - 2); got.Arrived != 0 || got.RTT != 4*time.Millisecond {
		t.Errorf("a bin in between: %+v, want nothing arrived and the new estimates", got)
	}
	if got := h.At(HistoryBins - 4); *got != want {
		t.Errorf("three bins ago: %+v, want %+v", *got, want)
	}
	h.Add(at(1<<30), Sample{Arrived: 7}) // after a long sleep
	if got := h.At(0); got.Arrived != 0 || h.At(HistoryBins-1).Arrived != 7 {
		t.Errorf("the oldest is %+v after a long sleep, want it empty", got)
	}
}

func TestCeiling(t *testing.T) {
	for _, test := range []struct {
		highest time.Duration
		want    int
	}{
		{0, 50},
		{44 * time.Millisecond, 50},
		{45 * time.Millisecond, 100},
		{150 * time.Millisecond, 200},
		{3 * time.Second, 1600},
	} {
		var h History
		h.Add(time.Unix(1, 0), Sample{Delay: test.highest})
		if got := h.Ceiling(); got != test.want {
			t.Errorf("ceiling over %v is %d ms, want %d", test.highest, got, test.want)
		}
	}
}
