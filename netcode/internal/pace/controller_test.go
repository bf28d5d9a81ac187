package pace

import (
	"testing"
	"time"
	"unsafe"
)

// TestQuiet: a quiet connection sends the initial window at once, and what
// was never used does not grow.
func TestQuiet(t *testing.T) {
	p := newPath(12_500_000, 50*time.Millisecond, 100*time.Millisecond)
	p.idle = true
	for range 20 {
		n := 0
		for ; n < 5; n++ {
			if !p.c.May(p.now, Flight{p.flight, p.flight}) {
				t.Fatalf("packet %d of a small message waits", n)
			}
			p.send()
		}
		p.run(200 * time.Millisecond)
	}
	if w := p.c.Window(); w != initialWindow {
		t.Errorf("window %d, want %d: nothing asked for more", w, initialWindow)
	}
	if p.c.Limited() {
		t.Error("limited by the network, want by the application")
	}
}

// TestStateLeavesBulkAShare: state that fills the window and more slows bulk
// data down and does not stop them.
func TestStateLeavesBulkAShare(t *testing.T) {
	var c Controller
	now, bulk := epoch, 0
	for range 10_000 {
		now = now.Add(time.Millisecond)
		c.Sent(now, packetBytes, 100*initialWindow, false)
		if f := (Flight{100 * initialWindow, 0}); c.May(now, f) {
			c.Sent(now, packetBytes, f.Bytes, true)
			bulk++
		}
	}
	if bulk < 50 || bulk > 200 {
		t.Errorf("%d packets of bulk in ten seconds, want about one each %v", bulk, maxDebt)
	}
}

// TestMarks: a router's marks make the window smaller without any loss.
func TestMarks(t *testing.T) {
	p := newPath(1_250_000, 40*time.Millisecond, 100*time.Millisecond)
	p.run(3 * time.Second)
	before := p.c.Window()
	for range 5 {
		p.c.Marked()
		p.run(200 * time.Millisecond)
	}
	if after := p.c.Window(); after >= before*9/10 {
		t.Errorf("window %d after marks, %d before", after, before)
	}
}

// TestBudget: what the path carries, less what is already too much.
func TestBudget(t *testing.T) {
	p := newPath(250_000, 40*time.Millisecond, 250*time.Millisecond)
	if b := p.c.Budget(time.Second/60, 0); b < 1000 || b > initialWindow {
		t.Errorf("%d bytes on a path of which nothing is known", b)
	}
	p.run(10 * time.Second)
	tick := p.c.Budget(time.Second/60, p.flight)
	if want := 250_000 / 60; tick < want*3/4 || tick > want*5/4 {
		t.Errorf("%d bytes a tick, want about %d", tick, want)
	}
	if b := p.c.Budget(time.Second/60, 10*p.c.Window()); b != 0 {
		t.Errorf("%d bytes with ten windows in flight, want none", b)
	}
	for _, interval := range []time.Duration{-1, 0} {
		if b := p.c.Budget(interval, 0); b != 0 {
			t.Errorf("%d bytes for %v", b, interval)
		}
	}
}

// TestCubic: K and the curve of RFC 9438, section 4.2.
func TestCubic(t *testing.T) {
	var c cubic
	const origin = 100 * cubicPackets
	c.begin(0, 70*cubicPackets, origin)
	if k := c.k.Seconds(); k < 4.2 || k > 4.23 { // cbrt(30/0.4)
		t.Errorf("K is %.3f s, want 4.217", k)
	}
	for _, test := range []struct {
		after time.Duration
		want  int64 // in packets
	}{{0, 70}, {c.k, 100}, {c.k + 5*time.Second, 150}} {
		if got := c.window(test.after) / cubicPackets; got < test.want-1 || got > test.want+1 {
			t.Errorf("after %v %d packets, want %d", test.after, got, test.want)
		}
	}
}

// TestSize: ten thousand connections each have one.
func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(Controller{}); size > 500 {
		t.Errorf("a Controller has %d bytes, want at most 500", size)
	}
}

// FuzzController: whatever a peer acknowledges, and whenever, the window, the
// rates and the budget stay within their bounds, and bulk data may leave again
// once nothing is in flight.
func FuzzController(f *testing.F) {
	f.Add([]byte("\x00\x01\x10\x02\x20\x03\xff\x04\x05\x01\x02\x03"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\x01\x01\xf0\x02\xff\x02\xff\x01\x05\x06\x04\x07\x08"))
	f.Fuzz(func(t *testing.T, script []byte) {
		var c Controller
		now, flight := epoch, 0
		var packets []packet
		for i := 0; i+1 < len(script); i += 2 {
			op, value := script[i]%9, int(script[i+1])
			switch op {
			case 0, 1:
				packets = append(packets, packet{sent: now, mark: c.Sent(now, 1400, flight, op == 0)})
				flight += 1400
			case 2: // an acknowledgement of many, with any round trip
				c.Begin(now, Flight{flight, flight}, value&1 != 0)
				for range min(value, len(packets)) {
					c.Acked(now, packets[0].sent, 1400, packets[0].mark)
					packets, flight = packets[1:], flight-1400
				}
				c.Settle(now, time.Duration(value)*time.Duration(value)*time.Millisecond)
			case 3:
				if len(packets) > 0 {
					c.Lost(now, packets[0].sent)
					packets, flight = packets[1:], flight-1400
				}
			case 4:
				now = now.Add(time.Duration(value) * time.Millisecond)
			case 5:
				now = now.Add(time.Duration(value) * time.Minute)
			case 6: // clocks that stand still, or go back
				now = now.Add(-time.Duration(value) * time.Microsecond)
			case 7:
				c.Spurious(uint64(value))
			case 8:
				c.Marked()
			}
			if w := c.Window(); w < minWindow || w > maxWindow {
				t.Fatalf("window %d", w)
			}
			if r := c.PacingRate(); r <= 0 || r > maxRate {
				t.Fatalf("pacing rate %d", r)
			}
			if b := c.Bandwidth(); b < 0 || b > maxRate {
				t.Fatalf("bandwidth %d", b)
			}
			if b := c.Budget(time.Second, flight); b < 0 || b > maxRate {
				t.Fatalf("budget %d", b)
			}
			if q := c.Queue(); q < 0 || q > maxStay {
				t.Fatalf("queue %v", q)
			}
		}
		if !c.May(now.Add(time.Minute), Flight{}) {
			t.Fatalf("nothing may leave a minute later: %+v", c)
		}
	})
}
