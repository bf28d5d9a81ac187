package link

import "time"

// A Link is one direction of a link. It settles the fate of datagrams and
// holds none of them. Create it with New. It does not allocate, but for the
// bookkeeping of a queue that grows to its limit. It is not safe for
// concurrent use.
type Link struct {
	cfg    Config
	random *randomness
	epoch  time.Time // the link's times count from here, in nanoseconds
	now    int64     // the latest time the link was told
	index  uint64    // of the next datagram

	neck    bottleneck
	codel   codel
	pie     pie
	settled ring[Fate] // of what was Pending and is not any more, oldest first

	burst           burstLoss
	markov          fourState
	spikes          spiker
	jitter          jitterer
	outage          outageClock // of an outage that drops
	slots           slotClock
	loss, dup, held chance
	corrupt         chance

	latest           int64 // arrival of the latest datagram in order
	counters         Counters
	started, ordered bool
	even             bool // all datagrams fare alike in decide
}

// A flight is what is known of a datagram before it leaves the bottleneck.
type flight struct {
	index uint64
	sent  int64 // when
	size  int   // as the caller counts it
	bytes int64 // with overhead
	delay int64 // behind the bottleneck
	extra int64 // the same for the datagram and its copy: spikes, slots
	cause Cause // of its loss behind the bottleneck, or Delivered
}

// New returns a link whose chance follows from seed. The error is a
// *FieldError.
func New(cfg Config, seed uint64) (*Link, error) {
	l := &Link{random: newRandomness(seed)}
	if err := l.SetConfig(cfg); err != nil {
		return nil, err
	}
	return l, nil
}

// SetConfig changes the link while it runs. It holds for what is sent from
// now on, and for what waits in an active queue; what has been settled keeps
// its fate. Chains keep their states, and outages, slots and traces their
// beginning. The error is a *FieldError, and then nothing changes.
func (l *Link) SetConfig(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	before := l.cfg.AQM.Algorithm
	l.cfg = cfg
	l.neck.set(&cfg)
	l.burst.set(cfg.Burst)
	l.markov.set(cfg.Markov)
	l.spikes.set(cfg.Spikes)
	l.jitter.set(&cfg)
	l.outage.set(cfg.Outage, !cfg.Outage.Hold)
	l.slots.set(&cfg.Slots)
	l.loss, l.dup, l.held = chanceOf(cfg.Loss), chanceOf(cfg.Duplicate), chanceOf(cfg.Reorder)
	l.corrupt = chanceOf(cfg.Corrupt.Probability)
	l.ordered = !cfg.Unordered
	l.even = cfg.Loss == 0 && cfg.Burst == GilbertElliott{} && cfg.Markov == FourState{} && cfg.Spikes == Spikes{} &&
		cfg.Drop == nil && cfg.Jitter == 0 && cfg.Table == nil && cfg.Correlation == 0
	l.setAQM(before)
	return nil
}

// SetEpoch makes time-dependent models, Outage, Slots and Trace, count from a
// time. Without it they count from the first datagram. Datagrams sent before
// the first epoch count as sent then.
func (l *Link) SetEpoch(epoch time.Time) {
	if !l.started {
		l.started, l.epoch = true, epoch
		return
	}
	origin := int64(epoch.Sub(l.epoch))
	l.outage.origin, l.slots.origin, l.neck.outage.origin = origin, origin, origin
	l.neck.trace.origin = origin
	if l.neck.trace.trace != nil {
		l.neck.trace.seek(max(l.now, l.neck.free))
	}
}

// Config returns the present configuration.
func (l *Link) Config() Config { return l.cfg }

// Counters returns what was counted since New.
func (l *Link) Counters() Counters {
	c := l.counters
	c.Pending = uint64(l.codel.queue.count)
	return c
}

// Send settles the fate of a datagram of size bytes that is sent at now. A
// now before that of an earlier call counts as that one, and Fate.Delay then
// begins there. Behind CoDel the fate may be Pending; Settle then has it
// later.
func (l *Link) Send(now time.Time, size int) Fate {
	return l.send(l.sinceEpoch(now), size)
}

// send is Send at a time in nanoseconds from the epoch.
func (l *Link) send(now int64, size int) Fate {
	sent := l.pass(now)
	if l.codel.queue.count > 0 {
		l.advance(sent)
	}
	l.counters.Sent++
	l.counters.SentBytes += uint64(size)
	f := flight{index: l.index, sent: sent, size: size, bytes: int64(size) + int64(l.cfg.Overhead)}
	l.index++
	if f.delay = l.jitter.delay; !l.even {
		l.decide(&f) // first, so that chance is asked about every index, whatever the queue does
	}

	if l.cfg.MTU != 0 && f.bytes > int64(l.cfg.MTU) {
		return l.lose(&f, DroppedMTU)
	}
	switch l.cfg.AQM.Algorithm {
	case CoDel:
		return l.enqueue(&f)
	case PIE:
		l.neck.begin(sent)
		l.pie.advance(sent, &l.neck)
		if l.pie.drops(l.random, f.index, l.neck.waitingBytes) {
			return l.lose(&f, DroppedAQM)
		}
	}
	done, ok := l.neck.send(sent, f.bytes)
	if !ok {
		return l.lose(&f, DroppedQueue)
	}
	return l.leave(&f, done)
}

// decide asks chance about a datagram: whether it is lost behind the
// bottleneck, and how long it is under way there.
func (l *Link) decide(f *flight) {
	lostBurst := l.burst.loses(l.random, f.index)
	lostMarkov := l.markov.loses(l.random, f.index)
	var lostSpike bool
	f.extra, lostSpike = l.spikes.next(l.random, f.index)
	f.delay = l.jitter.delayOf(l.random, f.index)
	switch {
	case l.cfg.Drop != nil && l.cfg.Drop.Contains(f.index):
		f.cause = LostListed
	case lostBurst:
		f.cause = LostBurst
	case lostMarkov:
		f.cause = LostMarkov
	case lostSpike:
		f.cause = LostSpike
	case l.random.happens(l.loss, decideLoss, f.index):
		f.cause = LostRandom
	}
}

// lose settles that a datagram does not arrive.
func (l *Link) lose(f *flight, cause Cause) Fate {
	l.counters.count(cause)
	return Fate{Index: f.index, Cause: cause}
}

// leave settles the fate of a datagram that leaves the bottleneck at done.
func (l *Link) leave(f *flight, done int64) Fate {
	if l.outage.covers(done) {
		return l.lose(f, DroppedOutage)
	}
	if l.slots.period != 0 {
		extra, lost := l.slots.delayAt(l.random, done, f.index)
		if f.extra += extra; lost && f.cause == Delivered {
			f.cause = LostSlot
		}
	}
	if f.cause != Delivered {
		return l.lose(f, f.cause)
	}
	l.counters.Delivered++
	l.counters.DeliveredBytes += uint64(f.size)
	fate := Fate{Index: f.index}
	l.deliver(&fate, f, done+f.extra)
	return fate
}

// deliver settles when a datagram arrives that sets out on its last way at
// out, and its copy, and whether they are intact.
func (l *Link) deliver(fate *Fate, f *flight, out int64) {
	arrival := out + f.delay
	if l.random.happens(l.held, decideReorder, f.index) {
		fate.Held = true
		l.counters.Held++
		arrival += int64(l.cfg.ReorderDelay) // and nobody waits for it
	} else if l.ordered {
		arrival = max(arrival, l.latest)
		l.latest = arrival
	}
	fate.Delay = time.Duration(arrival - f.sent)

	if l.random.happens(l.dup, decideDuplicate, f.index) {
		fate.Duplicated = true
		l.counters.Duplicated++
		again := out + l.jitter.independent(l.random, decideCopyJitter, f.index)
		if l.ordered {
			again = max(again, arrival)
		}
		fate.CopyDelay = time.Duration(again - f.sent)
	}
	if f.size > 0 && l.random.happens(l.corrupt, decideCorrupt, f.index) {
		fate.Corrupted = true
		l.counters.Corrupted++
	}
}

// Corrupt flips the bits of a datagram that Config.Corrupt chooses by its
// index. A Pipe does so by itself where Fate.Corrupted says so.
func (l *Link) Corrupt(index uint64, datagram []byte) {
	l.cfg.Corrupt.flip(l.random, index, datagram)
}

// sinceEpoch returns now in nanoseconds from the epoch. If there is none yet,
// now is it.
func (l *Link) sinceEpoch(now time.Time) int64 {
	if !l.started {
		l.started, l.epoch = true, now
	}
	return int64(now.Sub(l.epoch))
}

// pass returns the link's time, which never goes back, once it is now.
func (l *Link) pass(now int64) int64 {
	l.now = max(l.now, now)
	return l.now
}

// at returns now in nanoseconds of the link, which never go back.
func (l *Link) at(now time.Time) int64 { return l.pass(l.sinceEpoch(now)) }

// revoke turns a fate that was Delivered, or Pending and the latest, into
// DroppedLimit.
func (l *Link) revoke(fate *Fate, size int) {
	l.counters.DroppedLimit++
	if fate.Cause == Pending {
		l.codel.forgetLatest()
		*fate = Fate{Index: fate.Index, Cause: DroppedLimit}
		return
	}
	l.counters.Delivered--
	l.counters.DeliveredBytes -= uint64(size)
	if fate.Held {
		l.counters.Held--
	}
	if fate.Corrupted {
		l.counters.Corrupted--
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
