package secondhand

import (
	"runtime"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// TestPinnedMemory has a client hold as much of the server's memory as the
// protocol lets it, while the application does not read, and compares with
// the sum of the table in section 8: 5 Mi for the queue, 2.4 for segments out
// of order, 0.6 for unfinished messages, 0.3 for fragments.
func TestPinnedMemory(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	const bound = 8 << 20
	w := newWorld(t, serverConfig(), clear)
	c := w.open(options{})
	w.run(time.Second)
	before := heapBytes()
	w.deaf = true
	put := func(f frame) { c.control = append(c.control, content{frame: f}) }
	for channel := uint8(2); channel <= 3; channel++ {
		put(frame{kind: kindFirst, channel: channel, data: full})
		for n := uint16(1); n < 237; n++ { // as much as a message may have
			put(frame{kind: kindMiddle, channel: channel, number: n, data: full})
		}
		for n := range uint16(477) { // a gap, and as much as the window takes
			put(frame{kind: kindMiddle, channel: channel, number: 4000 - n, data: full})
		}
	}
	for channel := range uint8(2) { // eight messages without their last fragments
		for n := range uint16(8 * 14) {
			put(frame{kind: kindFragment, channel: channel, number: n / 14, index: uint8(n % 14), last: 14, data: full})
		}
	}
	for key := range 256 {
		put(frame{kind: kindMessage, channel: 4, data: append(appendLength(nil, key), 0, 0)})
	}
	w.until("all of it is there", func() bool { return len(c.control) == 0 })
	for range 1500 {
		put(frame{kind: kindMessage, data: full})
	}
	w.run(500 * time.Millisecond)
	if c.state != open {
		t.Fatalf("closed for %d", c.closeReason)
	}
	stats := w.conn.Stats()
	w.clients, w.flying, c = nil, nil, nil
	got := heapBytes() - before
	t.Logf("%d bytes pinned, %d of them in the queue; the bound is %d", got, stats.QueuedBytes, bound)
	if got > bound || stats.QueuedBytes < 1<<20 {
		t.Errorf("a client pins %d bytes, %d of them in the queue; want at most %d", got, stats.QueuedBytes, bound)
	}
	runtime.KeepAlive(w)
}

func heapBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
