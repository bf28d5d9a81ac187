package link

import "time"

// Limits of a Config.
const (
	MaxDelay        = 10 * time.Minute // of Delay, Jitter, ReorderDelay and every other delay
	MinRate         = 1_000            // bits per second
	MaxRate         = 1_000_000_000_000
	MaxQueueBytes   = 1 << 30
	MaxQueuePackets = 1 << 20
	MaxOverhead     = 1_000
	MaxMTU          = 1 << 16
)

// defaultQueueTime is how long a full default queue takes to drain: one
// bandwidth-delay product at a round trip of 100 ms, the classic rule for
// sizing buffers (Villamizar, Song: High Performance TCP in ANSNET, 1994).
const defaultQueueTime = 100 * time.Millisecond

// minDefaultQueue keeps default queues of slow links from being smaller than
// two full Ethernet frames.
const minDefaultQueue = 2 * 1500

// A Config describes one direction of a link. The zero value is a perfect
// link: everything arrives at once. All values are for this one direction,
// and the zero value of every field and of every nested struct means that its
// model is off. A Config is a plain value that can be copied and compared;
// tables, traces and lists are pointers to what never changes.
//
// It has more fields than a struct should, because it is the list of all
// models; each that has more than one parameter has a struct of its own.
type Config struct {
	// Delay is the propagation delay, one way. From 0 to MaxDelay.
	Delay time.Duration

	// Jitter varies the delay of each datagram, as Shape says. From 0 to
	// Delay: nothing arrives before it was sent.
	Jitter time.Duration

	// Shape is the distribution of Jitter.
	Shape Shape

	// Table is the distribution where Shape is Tabled, else nil.
	Table *DelayTable

	// Correlation makes the delays of neighbours alike, whatever the shape
	// and without changing the distribution: it is the correlation of a
	// Gaussian copula (see docs/MODELS.md), that of two neighbours where
	// Shape is Normal and a little less elsewhere; it fades by this factor
	// with every datagram between them. Zero makes them independent. From 0
	// to 0.9999.
	Correlation float64

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

	// Markov loses datagrams in bursts and between them, besides Loss and
	// Burst.
	Markov FourState

	// Drop loses exactly the datagrams of a list. Nil loses none.
	Drop *PacketList

	// Spikes delay datagrams, and lose them, for a while now and then.
	Spikes Spikes

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

	// Corrupt flips bits.
	Corrupt Corruption

	// Rate is the capacity of the bottleneck in bits per second. Zero means
	// unlimited. From MinRate to MaxRate.
	Rate int64

	// Trace is a capacity that varies: the bottleneck transmits when the
	// trace has an opportunity. It excludes Rate. Nil means none.
	Trace *Trace

	// QueueBytes is how much may wait for the bottleneck, in bytes, the
	// datagram in transmission not counted; what would exceed it is dropped.
	// Zero means 100 ms at Rate (of a Trace: at its mean rate), but at least
	// 3000; if QueuePackets is set, zero means no limit. Negative means no
	// queue: what would have to wait is dropped. At most MaxQueueBytes.
	QueueBytes int

	// QueuePackets is how many datagrams may wait for the bottleneck, the
	// one in transmission not counted. Zero means no such limit. At most
	// MaxQueuePackets.
	QueuePackets int

	// AQM manages the queue: it drops before the queue is full.
	AQM ActiveQueue

	// Overhead is added to the size of each datagram for Rate, Trace,
	// QueueBytes and MTU, in bytes. 28 counts UDP datagrams as IPv4 packets,
	// 48 as IPv6 packets. From 0 to MaxOverhead.
	Overhead int

	// MTU is the largest datagram that passes, in bytes, Overhead included;
	// larger ones are dropped. Zero means no limit. At most MaxMTU.
	MTU int

	// Outage interrupts the link.
	Outage Outage

	// Slots change the delay by the phase of a period.
	Slots Slots
}

// Validate returns a *FieldError for the first field out of its limits.
func (c *Config) Validate() error {
	for _, err := range []error{
		checkDelay("Delay", c.Delay),
		c.validateJitter(),
		checkDelay("ReorderDelay", c.ReorderDelay),
		checkProbability("Loss", c.Loss),
		checkProbability("Duplicate", c.Duplicate),
		checkProbability("Reorder", c.Reorder),
		c.Burst.validate(),
		c.Markov.validate(),
		c.Spikes.validate(),
		c.Corrupt.validate(),
		c.validateBottleneck(),
		checkInt("Overhead", c.Overhead, 0, MaxOverhead),
		checkInt("MTU", c.MTU, 0, MaxMTU),
		c.Outage.validate(),
		c.Slots.validate(),
	} {
		if err != nil {
			return err
		}
	}
	if c.Reorder > 0 && c.ReorderDelay == 0 {
		return &FieldError{"ReorderDelay", "0s", "more than 0s where Reorder is set"}
	}
	return nil
}

// limited reports whether there is a bottleneck.
func (c *Config) limited() bool { return c.Rate != 0 || c.Trace != nil }

// queueLimit is QueueBytes with its defaults applied.
func (c *Config) queueLimit() int {
	switch {
	case c.QueueBytes < 0:
		return 0
	case c.QueueBytes > 0:
		return c.QueueBytes
	case c.QueuePackets > 0:
		return MaxQueueBytes
	}
	rate := c.Rate
	if c.Trace != nil {
		rate = c.Trace.MeanRate()
	}
	bytes := rate / 8 * int64(defaultQueueTime/time.Millisecond) / 1000
	return int(max(minDefaultQueue, min(bytes, MaxQueueBytes)))
}
