package pace

import "time"

// Growth beside a flow that fills the queue, as CUBIC has it (RFC 9438): the
// flow beside us most likely is one.
const (
	cubicPackets = 1500                  // bytes of the packets it counts in
	cubicRate    = cubicPackets * 4 / 10 // C = 0.4 packets/s³ (section 5), in bytes
	cubicBeta    = 7                     // tenths that are left after a loss (section 4.6)
	markBeta     = 85                    // hundredths that are left after marks (RFC 8511, section 3)
	cubicLongest = 20 * time.Second      // of K, and of time beyond it
)

// A cubic remembers the last loss.
type cubic struct {
	origin int64         // window at the loss
	began  time.Duration // when the window began to grow again
	k      time.Duration // until it is back at origin
}

// begin starts to grow at t, from window towards origin.
func (c *cubic) begin(t time.Duration, window, origin int64) {
	c.origin, c.began = origin, t
	// k is the cube root of (origin − window)/C.
	missing := max(0, origin-window) * 1e9 / cubicRate // in ms³
	low, high := int64(0), int64(cubicLongest/time.Millisecond)
	for low < high {
		if mid := (low + high) / 2; mid*mid*mid < missing {
			low = mid + 1
		} else {
			high = mid
		}
	}
	c.k = time.Duration(low) * time.Millisecond
}

// window returns what it is at t.
func (c *cubic) window(t time.Duration) int64 {
	ms := int64(min(t-c.began-c.k, cubicLongest) / time.Millisecond)
	return c.origin + ms*ms*ms/1e6*cubicRate/1e3
}
