package clock

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// HardResyncTicks is how far off an estimate may be before it jumps instead of
// walking (lightyear: 10 ticks). At ±5 % a walk of ten ticks takes 200.
const HardResyncTicks = 10

// maxDilation bounds how much faster or slower than the wall clock a steered
// time runs: 5 % (lightyear), which players do not notice in motion or sound.
const maxDilation = 0.05

// rebaseTicks is how far ticks run from a timeline's origin before the origin
// follows, so that a difference of ticks never nears the wrap at 2^31.
const rebaseTicks = 1 << 20

// A Position is a moment between two ticks: Frac/65536 of the way from Tick to
// the tick after it.
type Position struct {
	Tick engine.Tick
	Frac engine.Frac
}

// Sub returns p - q in ticks.
func (p Position) Sub(q Position) float64 {
	return float64(p.Tick.Sub(q.Tick)) + float64((float64(p.Frac)-float64(q.Frac))/65536)
}

// A timeline maps ticks to the local clock: tick t is nominally due at
// origin + (t-tick)·interval. Estimates are offsets from it.
type timeline struct {
	interval time.Duration
	tick     engine.Tick
	origin   time.Time
	set      bool
}

// anchor puts tick t at now. Offsets held against the old origin lose their
// meaning, so their owners reset themselves.
func (l *timeline) anchor(t engine.Tick, now time.Time) {
	l.tick, l.origin, l.set = t, now, true
}

// follow moves the origin along the line when t has run far from it. Every
// offset keeps its value.
func (l *timeline) follow(t engine.Tick) {
	for t.Sub(l.tick) > rebaseTicks {
		l.tick += rebaseTicks
		l.origin = l.origin.Add(rebaseTicks * l.interval)
	}
}

func (l *timeline) due(t engine.Tick) time.Time {
	return l.origin.Add(time.Duration(t.Sub(l.tick)) * l.interval)
}

// offset returns how much later than nominal tick t happened, at now.
func (l *timeline) offset(t engine.Tick, now time.Time) time.Duration {
	return now.Sub(l.due(t))
}

// position returns the moment reached at now by a time that runs later than
// nominal by offset.
func (l *timeline) position(now time.Time, offset time.Duration) Position {
	since := now.Sub(l.origin) - offset
	ticks := since / l.interval
	rest := since % l.interval
	if rest < 0 {
		ticks, rest = ticks-1, rest+l.interval
	}
	return Position{
		Tick: l.tick + engine.Tick(int32(ticks)),
		Frac: engine.Frac(rest * 65536 / l.interval),
	}
}

// steer moves an offset towards its target as far as dilation allows in
// elapsed: proportionally (within settle), and by maxDilation at most.
func steer(offset, target, elapsed, settle time.Duration) time.Duration {
	if elapsed <= 0 {
		return offset
	}
	step := target - offset
	if elapsed < settle {
		step = time.Duration(float64(step) * float64(elapsed) / float64(settle))
	}
	limit := time.Duration(float64(elapsed) * maxDilation)
	return offset + min(max(step, -limit), limit)
}
