package interp

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/clock"
	"github.com/reckon-engine/reckon/engine/snapshot"
)

// MaxExtrapolation is how long after the newest snapshot motion is carried on
// before everything stops: Source's cl_extrapolate_amount, 0.25 s.
const MaxExtrapolation = 250 * time.Millisecond

// bufferTicks is how many snapshots a Buffer chooses from: over a second at
// 60 Hz, which is four times the longest delay that is still playable.
const bufferTicks = 64

// A Buffer finds and draws moments between the snapshots of a ring. The ring
// stays its owner's, who decodes into it; the Buffer only looks.
//
// Create one with [New]. It is not safe for concurrent use and does not
// allocate after that.
type Buffer struct {
	ring           *snapshot.Ring
	ticks          [bufferTicks]engine.Tick // ticks[:n], ascending
	n              int
	furthest       int32 // MaxExtrapolation in ticks
	shown, starved uint64
}

// New returns an empty Buffer over ring, for ticks of the given length.
func New(ring *snapshot.Ring, interval time.Duration) *Buffer {
	return &Buffer{ring: ring, furthest: int32(MaxExtrapolation / interval)}
}

// Reset forgets every tick, after a jump in time. Counts go on.
func (b *Buffer) Reset() { b.n = 0 }

// Add makes known that the ring holds tick now. Ticks may come in any order;
// the oldest are forgotten.
func (b *Buffer) Add(tick engine.Tick) {
	at := b.n
	for at > 0 && tick.Before(b.ticks[at-1]) {
		at--
	}
	if at > 0 && b.ticks[at-1] == tick {
		return
	}
	if b.n == bufferTicks {
		if at == 0 {
			return
		}
		copy(b.ticks[:at-1], b.ticks[1:at])
		b.ticks[at-1] = tick
		return
	}
	copy(b.ticks[at+1:b.n+1], b.ticks[at:b.n])
	b.ticks[at] = tick
	b.n++
}

// Newest returns the newest tick and whether there is any.
func (b *Buffer) Newest() (engine.Tick, bool) {
	if b.n == 0 {
		return 0, false
	}
	return b.ticks[b.n-1], true
}

// Starved returns how many of the moments found so far had no snapshot to go
// towards, and how many there were.
func (b *Buffer) Starved() (starved, shown uint64) { return b.starved, b.shown }

// around returns the index of the newest snapshot at or before the moment at;
// -1 when all are after it.
func (b *Buffer) around(at clock.Position) int {
	i := b.n - 1
	for i >= 0 && at.Tick.Before(b.ticks[i]) {
		i--
	}
	return i
}

// Find returns the view of a moment without drawing it, and counts it.
func (b *Buffer) Find(at clock.Position) View {
	view, _ := b.find(at)
	return view
}

// find also returns how many ticks/65536 past the newest snapshot the moment
// is, when there is nothing to go towards.
func (b *Buffer) find(at clock.Position) (view View, beyond int64) {
	if b.n == 0 {
		return View{}, 0
	}
	b.shown++
	i := b.around(at)
	if i < 0 { // older than anything held: the oldest there is
		return View{From: b.ticks[0], Span: 1}, 0
	}
	if i == b.n-1 {
		beyond = int64(at.Tick.Sub(b.ticks[i]))<<16 + int64(at.Frac)
		if beyond > 0 {
			b.starved++
		}
		beyond = min(beyond, int64(b.furthest)<<16)
		// Where motion is carried on in a straight line, the server's own
		// worlds of that moment are what comes nearest to what was seen.
		frac := engine.Frac(beyond) / FracStep * FracStep
		return View{From: b.ticks[i] + engine.Tick(beyond>>16), Span: 1, Frac: frac}, beyond
	}
	span := b.ticks[i+1].Sub(b.ticks[i])
	if span > MaxSpan {
		return View{From: b.ticks[i], Span: 1}, 0 // a stall: hold
	}
	passed := uint64(at.Tick.Sub(b.ticks[i]))<<16 + uint64(at.Frac)
	frac := engine.Frac(passed/uint64(span)) / FracStep * FracStep
	return View{From: b.ticks[i], Span: uint8(span), Frac: frac}, 0
}

// Sample makes dst the world at a moment, without the rows that skipOwner
// owns, and returns what it shows. Before the first Add, and when the ring has
// given the snapshots up, it returns the zero View and leaves dst alone.
//
// Beyond the newest snapshot it carries on what moved between the last two
// for up to [MaxExtrapolation], then holds still.
func (b *Buffer) Sample(dst *engine.World, at clock.Position, skipOwner engine.PlayerID) View {
	view, beyond := b.find(at)
	if !view.Shown() {
		return view
	}
	if beyond > 0 {
		b.extrapolate(dst, beyond, skipOwner)
		return view
	}
	from, to := b.ring.At(view.From), b.ring.At(view.To())
	if from == nil {
		return View{}
	}
	if to == nil {
		to = from
	}
	dst.LerpFrom(from.World(), to.World(), view.Frac, skipOwner)
	return view
}

// extrapolate carries on from the last two snapshots for beyond/65536 ticks.
func (b *Buffer) extrapolate(dst *engine.World, beyond int64, skipOwner engine.PlayerID) {
	newest := b.ring.At(b.ticks[b.n-1])
	if newest == nil {
		return
	}
	if b.n > 1 {
		span := int64(b.ticks[b.n-1].Sub(b.ticks[b.n-2]))
		if before := b.ring.At(b.ticks[b.n-2]); before != nil && span <= MaxSpan {
			dst.ExtrapolateFrom(before.World(), newest.World(), uint32(beyond/span), skipOwner)
			return
		}
	}
	dst.LerpFrom(newest.World(), newest.World(), 0, skipOwner)
}
