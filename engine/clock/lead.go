package clock

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
)

const (
	// leadMargin is the slack aimed for beyond jitter, in ticks. Below one
	// full tick, inputs are dropped even on localhost (lightyear#1402),
	// because a frame may be late by up to a tick.
	leadMargin = 1

	// leadStart is the margin a lead starts with, in ticks, before there is
	// any feedback: one more than the margin, so that nothing is missing
	// while it learns.
	leadStart = leadMargin + 1

	// leadOneIn is how many inputs there are for each one that the lead
	// accepts to be late: 1 in 200, half of the 1 % we promise.
	leadOneIn = 200

	// leadSettle is the time in which small errors of the lead are walked
	// off. Larger ones take longer, bounded by maxDilation.
	leadSettle = 250 * time.Millisecond

	// leadHistory is for how many ticks back we know under which offset they
	// were run: 4 s at 60 Hz, twice the longest round trip we serve.
	leadHistory = 256

	// feedbackSettle is the number of reports after a start from which the
	// percentile is trusted instead of leadStart's margin, and the worst
	// report is taken for bad luck.
	feedbackSettle = 16
)

// A Lead decides which tick the client predicts: far enough ahead of the
// server that inputs arrive before they are needed, and no further.
//
// Each report of the server ("when your input n came, there were s ticks to
// spare") tells at which offset inputs would have come just in time. The lead
// runs earlier than the median of those by one tick and the jitter, and
// earlier than all but one in 200 of them. Since what a lost packet carried
// arrives with the next one, a tick later, loss is in the measurement too.
//
// Create one with [NewLead]. It is not safe for concurrent use.
type Lead struct {
	line    timeline
	offset  time.Duration // tick t is run at line.due(t) + offset
	target  time.Duration
	reports window // offsets at which an input would have had no slack
	moved   time.Time
	first   engine.Tick // the first tick run since Start
	offsets [leadHistory]time.Duration
	slack   time.Duration // smoothed, for statistics
}

// NewLead returns a lead that waits for its Start.
func NewLead(interval time.Duration) *Lead {
	return &Lead{line: timeline{interval: interval}}
}

// Started reports whether there has been a Start since the last Reset.
func (l *Lead) Started() bool { return l.line.set }

// Reset stops the lead until the next Start.
func (l *Lead) Reset() { l.line.set = false }

// Start begins, or begins again: arriving is the server's time whose news
// arrives at now ([ServerTime.Arriving]); an input sent at once would reach
// the server a round trip later than that.
func (l *Lead) Start(now time.Time, arriving Position, rtt time.Duration) {
	l.reports.reset()
	l.line.anchor(arriving.Tick, now)
	ahead := rtt + leadStart*l.line.interval +
		time.Duration(arriving.Frac)*l.line.interval/65536
	l.offset, l.target, l.moved = -ahead, -ahead, now
	l.first = l.Position(now).Tick
}

// Ran records that tick was run under the present offset. Ticks are run in
// order.
func (l *Lead) Ran(tick engine.Tick) {
	l.line.follow(tick)
	l.offsets[tick%leadHistory] = l.offset
}

// Report takes in the server's word that among the inputs it got since it last
// spoke, of which newest is the newest, the tightest came slack before
// its tick was run (negative: after). Words about ticks from before the last
// Start, or too old to remember, are ignored.
func (l *Lead) Report(newest engine.Tick, slack time.Duration) {
	if !l.line.set || newest.Before(l.first) {
		return
	}
	l.reports.add(l.offsets[newest%leadHistory] + slack)
	l.slack += (slack - l.slack) / 16
	if l.reports.n == 1 {
		l.slack = slack
	}
	margin, unlucky := leadStart*l.line.interval, 0
	if n := l.reports.n; n >= feedbackSettle {
		margin, unlucky = leadMargin*l.line.interval, max(1, n/leadOneIn)
	}
	usual := l.reports.median() - margin - l.reports.spread()
	tightest := l.reports.sorted[unlucky] - l.line.interval/4
	l.target = min(usual, tightest)
}

// Advance steers the lead up to now. When it is off by more than
// [HardResyncTicks] it jumps, forgets what was reported, and returns true: the
// ticks run so far are not those that come next to the ones run from now on.
func (l *Lead) Advance(now time.Time) (jumped bool) {
	limit := HardResyncTicks * l.line.interval
	if off := l.target - l.offset; off > limit || off < -limit {
		l.offset, jumped = l.target, true
		l.reports.reset()
		l.first = l.Position(now).Tick
	}
	l.offset = steer(l.offset, l.target, now.Sub(l.moved), leadSettle)
	l.moved = now
	return jumped
}

// Position returns the predicted time at now: Tick has been due, and Frac of
// the next has passed.
func (l *Lead) Position(now time.Time) Position { return l.line.position(now, l.offset) }

// Due returns when tick is to be run, if the offset stays what it is.
func (l *Lead) Due(tick engine.Tick) time.Time { return l.line.due(tick).Add(l.offset) }

// Slack returns the slack of late reports, smoothed.
func (l *Lead) Slack() time.Duration { return l.slack }
