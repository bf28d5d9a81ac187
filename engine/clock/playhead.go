package clock

import (
	"cmp"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

const (
	// starvationBudget is the part of time for which the playhead accepts
	// having nothing new to show: 0.2 %, a fifth of what we promise, because the next
	// seconds may be worse than the last ones.
	starvationBudget = 0.002

	// playheadSettle is the time in which small errors are walked off.
	playheadSettle = 250 * time.Millisecond

	// minPlayheadDelay, intervalFactor and jitterFactor make the delay with
	// which a playhead starts, as lightyear does for good:
	// max(5 ms, 1.7 × snapshot interval) + 4 × jitter + 1 tick.
	minPlayheadDelay = 5 * time.Millisecond
	intervalFactor   = 1.7
	jitterFactor     = 4

	// playheadLearns is the number of snapshots after which what was measured
	// replaces the formula: a second's worth at 60 Hz.
	playheadLearns = 60
)

// A Playhead decides which moment of the server's time is shown for everything
// that is not predicted.
//
// Whenever a snapshot newer than all before it arrives, the time since the
// previous newest one was due says how late the playhead would have had to be
// not to run dry just then. Jitter, loss, reordering and the snapshot interval
// are all in that one number, in the proportion in which they hurt. The
// playhead runs at the least delay which, over the window, would have starved for
// no more than 0.2 % of the time.
//
// Create one with [NewPlayhead]. It is not safe for concurrent use.
type Playhead struct {
	line     timeline
	snapshot time.Duration // time between snapshots
	offset   time.Duration // tick t is shown at line.due(t) + offset
	target   time.Duration
	needs    window        // offsets at which the playhead would just not have starved
	arrivals window        // offsets of arrivals
	fixed    time.Duration // delay that Fix has set; 0 = as late as the network makes necessary
	newest   engine.Tick
	moved    time.Time
}

// NewPlayhead returns an empty playhead for ticks and snapshots of the given
// intervals.
func NewPlayhead(interval, snapshotInterval time.Duration) *Playhead {
	return &Playhead{line: timeline{interval: interval}, snapshot: snapshotInterval}
}

// Fix keeps the playhead at a delay behind the earliest arrivals, whatever the
// network does; 0 lets it find its own again.
func (p *Playhead) Fix(delay time.Duration) { p.fixed = max(delay, 0) }

// Reset forgets every arrival.
func (p *Playhead) Reset() {
	p.line.set = false
	p.needs.reset()
	p.arrivals.reset()
}

// Known reports whether there has been an arrival since the last Reset.
func (p *Playhead) Known() bool { return p.line.set }

// Observe records that the snapshot of tick arrived at now, in whatever order.
func (p *Playhead) Observe(tick engine.Tick, now time.Time) {
	if !p.line.set {
		p.line.anchor(tick, now)
		p.newest, p.moved = tick, now
		p.arrivals.add(0)
		p.offset = cmp.Or(p.fixed, p.startDelay())
		p.target = p.offset
		return
	}
	p.line.follow(tick)
	p.arrivals.add(p.line.offset(tick, now))
	if !p.newest.Before(tick) {
		return // an old one: what it could show has been bridged already
	}
	p.needs.add(p.line.offset(p.newest, now))
	p.newest = tick
	budget := starvationBudget * float64(p.needs.n) * float64(p.snapshot)
	p.target = p.needs.ceiling(time.Duration(budget))
	if p.needs.n < playheadLearns {
		p.target = max(p.target, p.arrivals.min()+p.startDelay())
	}
	if p.fixed > 0 {
		p.target = p.arrivals.min() + p.fixed
	}
}

func (p *Playhead) startDelay() time.Duration {
	interval := time.Duration(intervalFactor * float64(p.snapshot))
	return max(minPlayheadDelay, interval) + jitterFactor*p.arrivals.spread() + p.line.interval
}

// Advance steers the playhead up to now and returns what to show. It jumps,
// once, when it is off by more than [HardResyncTicks]. It must not be called
// before the first Observe.
func (p *Playhead) Advance(now time.Time) Position {
	limit := HardResyncTicks * p.line.interval
	if off := p.target - p.offset; off > limit || off < -limit {
		p.offset = p.target
	} else {
		p.offset = steer(p.offset, p.target, now.Sub(p.moved), playheadSettle)
	}
	p.moved = now
	return p.line.position(now, p.offset)
}

// Delay returns how far behind the earliest arrivals the playhead runs.
func (p *Playhead) Delay() time.Duration {
	if !p.line.set {
		return 0
	}
	return p.offset - p.arrivals.min()
}
