package link

import "time"

// A Cause says what became of a datagram.
type Cause uint8

// The causes. Append only: they are part of recorded digests.
const (
	Delivered     Cause = iota // it arrives
	LostRandom                 // Config.Loss
	LostBurst                  // Config.Burst
	DroppedQueue               // the bottleneck's queue was full
	DroppedMTU                 // larger than Config.MTU
	DroppedLimit               // the Pipe held as much as it may; never from a Link
	Pending                    // it waits in an active queue that may drop it yet; see Link.Settle
	LostListed                 // Config.Drop
	LostMarkov                 // Config.Markov
	LostSpike                  // Config.Spikes
	LostSlot                   // a phase of Config.Slots
	DroppedOutage              // Config.Outage
	DroppedAQM                 // Config.AQM

	causes
)

// causeNames are the names of the causes, in order.
var causeNames = [causes]string{
	"delivered", "lost", "lost in a burst", "queue full", "larger than the MTU", "limit reached",
	"pending", "listed", "lost in the four-state model", "lost in a spike", "lost in a slot phase", "outage", "dropped by the AQM",
}

// String returns a short name, such as "queue full".
func (c Cause) String() string {
	if c < causes {
		return causeNames[c]
	}
	return "unknown"
}

// A Fate is what becomes of one datagram. It is settled when the datagram is
// sent, but for those that are Pending.
type Fate struct {
	Index uint64        // of the datagram on its link, from 0
	Delay time.Duration // from sending to arrival; 0 unless Cause is Delivered

	// CopyDelay is the delay of the duplicate, if Duplicated.
	CopyDelay time.Duration

	Cause      Cause
	Duplicated bool // it arrives twice
	Held       bool // it was held back by Config.Reorder
	Corrupted  bool // Config.Corrupt flips bits of it, and of its copy
}

// Counters count what became of the datagrams sent over a link, in datagrams
// unless named otherwise. They count when a fate is settled, so Delivered
// includes what is still on its way.
//
//	Sent = Delivered + Pending + all Lost… + all Dropped…
type Counters struct {
	Sent           uint64
	SentBytes      uint64 // as the caller counts them, without Overhead
	Delivered      uint64
	DeliveredBytes uint64
	Pending        uint64 // wait in an active queue now
	LostRandom     uint64
	LostBurst      uint64
	LostMarkov     uint64
	LostListed     uint64
	LostSpike      uint64
	LostSlot       uint64
	DroppedQueue   uint64
	DroppedMTU     uint64
	DroppedLimit   uint64
	DroppedOutage  uint64
	DroppedAQM     uint64
	Duplicated     uint64 // copies delivered besides the originals
	Held           uint64 // held back by Config.Reorder
	Corrupted      uint64 // delivered with flipped bits; copies not counted

	// Reordered counts those that arrived after one sent later (RFC 4737,
	// section 3). A Pipe measures it at the exit; a Link leaves it zero.
	Reordered uint64
}

// Lost returns how many datagrams did not arrive and will not, whatever the
// cause.
func (c Counters) Lost() uint64 { return c.Sent - c.Delivered - c.Pending }

// Add adds what o counted to c.
func (c *Counters) Add(o Counters) {
	c.Sent += o.Sent
	c.SentBytes += o.SentBytes
	c.Delivered += o.Delivered
	c.DeliveredBytes += o.DeliveredBytes
	c.Pending += o.Pending
	c.LostRandom += o.LostRandom
	c.LostBurst += o.LostBurst
	c.LostMarkov += o.LostMarkov
	c.LostListed += o.LostListed
	c.LostSpike += o.LostSpike
	c.LostSlot += o.LostSlot
	c.DroppedQueue += o.DroppedQueue
	c.DroppedMTU += o.DroppedMTU
	c.DroppedLimit += o.DroppedLimit
	c.DroppedOutage += o.DroppedOutage
	c.DroppedAQM += o.DroppedAQM
	c.Duplicated += o.Duplicated
	c.Held += o.Held
	c.Corrupted += o.Corrupted
	c.Reordered += o.Reordered
}

// count counts a datagram that does not arrive.
func (c *Counters) count(cause Cause) {
	switch cause {
	case LostRandom:
		c.LostRandom++
	case LostBurst:
		c.LostBurst++
	case LostMarkov:
		c.LostMarkov++
	case LostListed:
		c.LostListed++
	case LostSpike:
		c.LostSpike++
	case LostSlot:
		c.LostSlot++
	case DroppedQueue:
		c.DroppedQueue++
	case DroppedMTU:
		c.DroppedMTU++
	case DroppedLimit:
		c.DroppedLimit++
	case DroppedOutage:
		c.DroppedOutage++
	case DroppedAQM:
		c.DroppedAQM++
	}
}
