package link

import "time"

// A Cause says what became of a datagram.
type Cause uint8

// The causes. Append only: they are part of recorded digests.
const (
	Delivered    Cause = iota // it arrives
	LostRandom                // Config.Loss
	LostBurst                 // Config.Burst
	DroppedQueue              // the bottleneck's queue was full
	DroppedMTU                // larger than Config.MTU
	DroppedLimit              // the Pipe held as much as it may; never from a Link
)

// String returns a short name, such as "queue full".
func (c Cause) String() string {
	names := [...]string{"delivered", "lost", "lost in a burst", "queue full", "larger than the MTU", "limit reached"}
	if int(c) < len(names) {
		return names[c]
	}
	return "unknown"
}

// A Fate is what becomes of one datagram. It is settled when the datagram is
// sent.
type Fate struct {
	Index uint64        // of the datagram on its link, from 0
	Delay time.Duration // from sending to arrival; 0 unless Cause is Delivered

	// CopyDelay is the delay of the duplicate, if Duplicated.
	CopyDelay time.Duration

	Cause      Cause
	Duplicated bool // it arrives twice
	Held       bool // it was held back by Config.Reorder
}

// Counters count what became of the datagrams sent over a link, in datagrams
// unless named otherwise. They count when a fate is settled, so Delivered
// includes what is still on its way.
//
//	Sent = Delivered + LostRandom + LostBurst + DroppedQueue + DroppedMTU + DroppedLimit
type Counters struct {
	Sent           uint64
	SentBytes      uint64 // as the caller counts them, without Overhead
	Delivered      uint64
	DeliveredBytes uint64
	LostRandom     uint64
	LostBurst      uint64
	DroppedQueue   uint64
	DroppedMTU     uint64
	DroppedLimit   uint64
	Duplicated     uint64 // copies delivered besides the originals
	Held           uint64 // held back by Config.Reorder

	// Reordered counts those that arrived after one sent later (RFC 4737,
	// section 3). A Pipe measures it at the exit; a Link leaves it zero.
	Reordered uint64
}

// Lost returns how many datagrams did not arrive, whatever the cause.
func (c Counters) Lost() uint64 { return c.Sent - c.Delivered }

// Add adds what o counted to c.
func (c *Counters) Add(o Counters) {
	c.Sent += o.Sent
	c.SentBytes += o.SentBytes
	c.Delivered += o.Delivered
	c.DeliveredBytes += o.DeliveredBytes
	c.LostRandom += o.LostRandom
	c.LostBurst += o.LostBurst
	c.DroppedQueue += o.DroppedQueue
	c.DroppedMTU += o.DroppedMTU
	c.DroppedLimit += o.DroppedLimit
	c.Duplicated += o.Duplicated
	c.Held += o.Held
	c.Reordered += o.Reordered
}

// A Link is one direction of a link. It settles the fate of datagrams and
// holds none of them. Create it with New. It does not allocate, but for the
// bookkeeping of a queue that grows to its limit. It is not safe for
// concurrent use.
type Link struct {
	cfg    Config
	random randomness
	epoch  time.Time // time of the first datagram; the link counts from there
	now    int64     // of the latest datagram, in nanoseconds from epoch
	index  uint64    // of the next datagram

	neck             bottleneck
	burst            burstLoss
	jitter           jitterer
	loss, dup, held  chance
	latest           int64 // arrival of the latest datagram in order
	counters         Counters
	started, ordered bool
}

// New returns a link whose chance follows from seed. The error is a
// *FieldError.
func New(cfg Config, seed uint64) (*Link, error) {
	l := &Link{random: randomness{seed}}
	if err := l.SetConfig(cfg); err != nil {
		return nil, err
	}
	return l, nil
}

// SetConfig changes the link while it runs. It holds for what is sent from
// now on; what was sent keeps its fate. The error is a *FieldError, and then
// nothing changes.
func (l *Link) SetConfig(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	l.cfg = cfg
	l.neck.set(cfg.Rate, cfg.queueLimit())
	l.burst.set(cfg.Burst)
	l.jitter.set(&cfg)
	l.loss, l.dup, l.held = chanceOf(cfg.Loss), chanceOf(cfg.Duplicate), chanceOf(cfg.Reorder)
	l.ordered = !cfg.Unordered
	return nil
}

// Config returns the present configuration.
func (l *Link) Config() Config { return l.cfg }

// Counters returns what was counted since New.
func (l *Link) Counters() Counters { return l.counters }

// Send settles the fate of a datagram of size bytes that is sent at now. A
// now before that of an earlier call counts as that one, and Fate.Delay then
// begins there.
func (l *Link) Send(now time.Time, size int) Fate {
	sent := l.at(now)
	fate := Fate{Index: l.index}
	l.index++
	l.counters.Sent++
	l.counters.SentBytes += uint64(size)

	// Chance first, so that it is asked about every index, whatever the
	// queue does.
	lostBurst := l.burst.loses(l.random, fate.Index)
	lostRandom := l.random.happens(l.loss, decideLoss, fate.Index)

	bytes := int64(size) + int64(l.cfg.Overhead)
	if l.cfg.MTU != 0 && bytes > int64(l.cfg.MTU) {
		l.counters.DroppedMTU++
		fate.Cause = DroppedMTU
		return fate
	}
	done, ok := l.neck.send(sent, bytes)
	switch {
	case !ok:
		l.counters.DroppedQueue++
		fate.Cause = DroppedQueue
	case lostBurst:
		l.counters.LostBurst++
		fate.Cause = LostBurst
	case lostRandom:
		l.counters.LostRandom++
		fate.Cause = LostRandom
	default:
		l.counters.Delivered++
		l.counters.DeliveredBytes += uint64(size)
		l.deliver(&fate, sent, done)
	}
	return fate
}

// deliver settles when a datagram that was sent at sent and left the
// bottleneck at done arrives, and its copy.
func (l *Link) deliver(fate *Fate, sent, done int64) {
	arrival := done + l.jitter.delayOf(l.random, decideJitter, fate.Index)
	if l.random.happens(l.held, decideReorder, fate.Index) {
		fate.Held = true
		l.counters.Held++
		arrival += int64(l.cfg.ReorderDelay) // and nobody waits for it
	} else if l.ordered {
		arrival = max(arrival, l.latest)
		l.latest = arrival
	}
	fate.Delay = time.Duration(arrival - sent)

	if l.random.happens(l.dup, decideDuplicate, fate.Index) {
		fate.Duplicated = true
		l.counters.Duplicated++
		again := done + l.jitter.delayOf(l.random, decideCopyJitter, fate.Index)
		if l.ordered {
			again = max(again, arrival)
		}
		fate.CopyDelay = time.Duration(again - sent)
	}
}

// at returns now in nanoseconds of the link, which never go back.
func (l *Link) at(now time.Time) int64 {
	if !l.started {
		l.started, l.epoch = true, now
	}
	l.now = max(l.now, int64(now.Sub(l.epoch)))
	return l.now
}

// revoke turns a fate that was Delivered into DroppedLimit.
func (l *Link) revoke(fate *Fate, size int) {
	l.counters.Delivered--
	l.counters.DeliveredBytes -= uint64(size)
	l.counters.DroppedLimit++
	if fate.Held {
		l.counters.Held--
	}
	l.revokeCopy(fate)
	*fate = Fate{Index: fate.Index, Cause: DroppedLimit}
}

// revokeCopy takes back the duplicate of a datagram.
func (l *Link) revokeCopy(fate *Fate) {
	if fate.Duplicated {
		l.counters.Duplicated--
		fate.Duplicated, fate.CopyDelay = false, 0
	}
}
