package link

import (
	"fmt"
	"time"
)

// Limits of a Config.
const (
	MaxDelay      = 10 * time.Minute // of Delay, Jitter and ReorderDelay
	MinRate       = 1_000            // bits per second
	MaxRate       = 1_000_000_000_000
	MaxQueueBytes = 1 << 30
	MaxOverhead   = 1_000
	MaxMTU        = 1 << 16
)

// defaultQueueTime is how long a full default queue takes to drain: one
// bandwidth-delay product at a round trip of 100 ms, the classic rule for
// sizing buffers (Villamizar, Song: High Performance TCP in ANSNET, 1994).
const defaultQueueTime = 100 * time.Millisecond

// minDefaultQueue keeps default queues of slow links from being smaller than
// two full Ethernet frames.
const minDefaultQueue = 2 * 1500

// A Shape is the distribution of jitter.
type Shape uint8

const (
	// Uniform spreads delays evenly over Delay ± Jitter.
	Uniform Shape = iota

	// Normal makes Jitter the standard deviation of the delay. The
	// distribution ends at 3.8 standard deviations, and at zero delay.
	Normal
)

// String returns "uniform" or "normal".
func (s Shape) String() string {
	switch s {
	case Uniform:
		return "uniform"
	case Normal:
		return "normal"
	}
	return fmt.Sprintf("Shape(%d)", uint8(s))
}

// A Config describes one direction of a link. The zero value is a perfect
// link: everything arrives at once. All values are for this one direction.
type Config struct {
	// Delay is the propagation delay, one way. From 0 to MaxDelay.
	Delay time.Duration

	// Jitter varies the delay of each datagram independently, as Shape says.
	// From 0 to Delay: nothing arrives before it was sent.
	Jitter time.Duration

	// Shape is the distribution of Jitter.
	Shape Shape

	// Unordered lets jitter reorder. By default a datagram never overtakes
	// an earlier one: most jitter is made by queues, which keep order, and a
	// datagram that would overtake waits for the one before it. (netem
	// reorders; ±20 ms at 60 datagrams a second would make every sixth
	// arrive late, which no access network does.)
	Unordered bool

	// Loss is the probability that a datagram is lost, each independently
	// of all others. From 0 to 1.
	Loss float64

	// Burst loses datagrams in bursts, besides Loss.
	Burst GilbertElliott

	// Duplicate is the probability that a datagram that arrives arrives
	// twice. The copy is made behind the bottleneck, has a jitter of its
	// own, and with Unordered false does not arrive before the original.
	// From 0 to 1.
	Duplicate float64

	// Reorder is the probability that a datagram is held back for
	// ReorderDelay, while later ones pass. From 0 to 1.
	Reorder float64

	// ReorderDelay is the extra delay of datagrams held back. From 0 to
	// MaxDelay; it must be positive if Reorder is.
	ReorderDelay time.Duration

	// Rate is the capacity of the bottleneck in bits per second. Zero means
	// unlimited. From MinRate to MaxRate.
	Rate int64

	// QueueBytes is how much may wait for the bottleneck, in bytes, the
	// datagram in transmission not counted; what would exceed it is dropped.
	// Zero means 100 ms at Rate, but at least 3000. Negative means no queue:
	// what would have to wait is dropped. At most MaxQueueBytes.
	QueueBytes int

	// Overhead is added to the size of each datagram for Rate, QueueBytes
	// and MTU, in bytes. 28 counts UDP datagrams as IPv4 packets, 48 as IPv6
	// packets. From 0 to MaxOverhead.
	Overhead int

	// MTU is the largest datagram that passes, in bytes, Overhead included;
	// larger ones are dropped. Zero means no limit. At most MaxMTU.
	MTU int
}

// A FieldError says which field of a Config is out of its limits.
type FieldError struct {
	Field  string // name of the field, "Burst.P" for nested ones
	Value  string // the value it has
	Limits string // what it should be
}

// Error names the field, its value and its limits.
func (e *FieldError) Error() string {
	return fmt.Sprintf("link: %s is %s, want %s", e.Field, e.Value, e.Limits)
}

// Validate returns a *FieldError for the first field out of its limits.
func (c *Config) Validate() error {
	for _, err := range []error{
		checkDuration("Delay", c.Delay, MaxDelay, "0s to 10m"),
		checkDuration("Jitter", c.Jitter, c.Delay, fmt.Sprintf("0s to Delay, which is %v", c.Delay)),
		checkDuration("ReorderDelay", c.ReorderDelay, MaxDelay, "0s to 10m"),
		checkProbability("Loss", c.Loss),
		checkProbability("Duplicate", c.Duplicate),
		checkProbability("Reorder", c.Reorder),
		checkInt("QueueBytes", c.QueueBytes, -MaxQueueBytes, MaxQueueBytes),
		checkInt("Overhead", c.Overhead, 0, MaxOverhead),
		checkInt("MTU", c.MTU, 0, MaxMTU),
		c.Burst.validate(),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case c.Shape > Normal:
		return &FieldError{"Shape", c.Shape.String(), "uniform or normal"}
	case c.Reorder > 0 && c.ReorderDelay == 0:
		return &FieldError{"ReorderDelay", "0s", "more than 0s where Reorder is set"}
	case c.Rate != 0 && (c.Rate < MinRate || c.Rate > MaxRate):
		return &FieldError{"Rate", fmt.Sprintf("%d bit/s", c.Rate), "0 or 1000 to 1000000000000"}
	}
	return nil
}

// queueLimit is QueueBytes with its defaults applied.
func (c *Config) queueLimit() int {
	switch {
	case c.QueueBytes < 0:
		return 0
	case c.QueueBytes > 0:
		return c.QueueBytes
	}
	bytes := c.Rate / 8 * int64(defaultQueueTime/time.Millisecond) / 1000
	return int(max(minDefaultQueue, min(bytes, MaxQueueBytes)))
}

func checkDuration(field string, d, limit time.Duration, limits string) error {
	if d < 0 || d > limit {
		return &FieldError{field, d.String(), limits}
	}
	return nil
}

func checkProbability(field string, p float64) error {
	if !(p >= 0 && p <= 1) { // NaN is neither
		return &FieldError{field, fmt.Sprint(p), "0 to 1"}
	}
	return nil
}

func checkInt(field string, n, low, high int) error {
	if n < low || n > high {
		return &FieldError{field, fmt.Sprint(n), fmt.Sprintf("%d to %d", low, high)}
	}
	return nil
}
