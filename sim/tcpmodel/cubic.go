package tcpmodel

import (
	"math"
	"time"
)

const (
	cubicC    = 0.4 // RFC 9438, section 5
	cubicBeta = 0.7 // section 4.6

	initialSegments = 10 // RFC 6928
	dupThreshold    = 3  // RFC 6675
	minTimeout      = 200 * time.Millisecond
)

// A control is the congestion control and the round-trip times of one
// direction. Windows are in segments.
//
// Products are converted explicitly, so that no architecture fuses them with
// the sum they go into.
type control struct {
	window, threshold float64
	before            float64   // window before the last reduction: W_max
	epoch             time.Time // of the cubic function; zero in slow start
	k                 float64   // seconds until it is back at W_max
	friendly          float64   // what Reno would have: W_est

	smoothed, variance, least time.Duration
	round                     uint64 // HyStart's round ends when this number is acknowledged
	roundLeast                time.Duration
	backoff                   int
}

func newControl() control {
	return control{window: initialSegments, threshold: math.Inf(1)}
}

// timeout is the retransmission timeout (RFC 6298).
func (c *control) timeout() time.Duration {
	rto := time.Second
	if c.smoothed > 0 {
		rto = max(minTimeout, c.smoothed+4*c.variance)
	}
	return rto << min(c.backoff, 6)
}

// expired answers the retransmission timeout.
func (c *control) expired() {
	c.backoff++
	c.threshold, c.before = max(2, c.window*cubicBeta), c.window
	c.window, c.epoch = 1, time.Time{}
}

// measure takes a round-trip time, and leaves slow start when a round's least
// shows that a queue builds up. next is the number of the next segment.
func (c *control) measure(rtt time.Duration, number, next uint64) {
	if c.smoothed == 0 {
		c.smoothed, c.variance, c.least = rtt, rtt/2, rtt
	}
	c.variance += ((c.smoothed - rtt).Abs() - c.variance) / 4
	c.smoothed += (rtt - c.smoothed) / 8
	c.least = min(c.least, rtt)
	if c.window >= c.threshold {
		return
	}
	if number >= c.round {
		c.round, c.roundLeast = next, rtt
	}
	c.roundLeast = min(c.roundLeast, rtt)
	rise := min(max(c.least/8, 4*time.Millisecond), 16*time.Millisecond)
	if c.window >= 16 && c.roundLeast >= c.least+rise {
		c.threshold = c.window
	}
}

// reduce answers a loss. The caller does so once for each window.
func (c *control) reduce() {
	if c.window < c.before { // fast convergence, section 4.7
		c.before = c.window * (1 + cubicBeta) / 2
	} else {
		c.before = c.window
	}
	c.window = max(2, c.window*cubicBeta)
	c.threshold, c.epoch = c.window, time.Time{}
}

// grow opens the window for one acknowledged segment.
func (c *control) grow(now time.Time) {
	if c.window < c.threshold {
		c.window++
		return
	}
	if c.epoch.IsZero() {
		c.epoch, c.friendly = now, c.window
		c.before = max(c.before, c.window)
		c.k = cubeRoot((c.before - c.window) / cubicC)
	}
	t := now.Sub(c.epoch).Seconds()
	alpha := 3 * (1 - cubicBeta) / (1 + cubicBeta) // section 4.3
	if c.friendly >= c.before {
		alpha = 1
	}
	c.friendly += alpha / c.window
	if c.at(t) < c.friendly {
		c.window = max(c.window, c.friendly)
		return
	}
	target := min(max(c.at(t+c.smoothed.Seconds()), c.window), 1.5*c.window)
	c.window += (target - c.window) / c.window
}

// at is the cubic function, t seconds into its epoch.
func (c *control) at(t float64) float64 {
	d := t - c.k
	return float64(cubicC*float64(d*float64(d*d))) + c.before
}

// cubeRoot is math.Cbrt, which differs between architectures in the last bit.
func cubeRoot(x float64) float64 {
	if x <= 0 {
		return 0
	}
	root := max(x, 1)
	for range 200 {
		next := (float64(2*root) + x/float64(root*root)) / 3
		if next >= root {
			break // Newton's method comes from above, so this is as near as it gets
		}
		root = next
	}
	return root
}
