package predict

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// Ring is how many ticks of inputs and predictions are remembered, and so how
// many are replayed at most: one second at 60 Hz. lightyear rolls back 20
// ticks, Source replays 24 commands; both lose players with a round trip of
// half a second, whom we keep. It is a power of two.
const Ring = 64

// A Stats counts what happened to predictions.
type Stats struct {
	Confirmed   uint64 // authoritative states that were as predicted
	Corrections uint64 // authoritative states that were not
	Replayed    uint64 // ticks stepped again
	Skipped     uint64 // ticks not replayed because there were more than Ring
}

// A Predictor runs the local player's world ahead of the server's. It holds
// the inputs of the last [Ring] ticks, the world of the newest predicted tick,
// the own rows of the one before, and what was predicted for the ticks between.
//
// Create one with [New]. It is not safe for concurrent use. Once the
// rules do not allocate, neither does it.
type Predictor[I any] struct {
	rules  engine.Rules[I]
	plan   engine.InputPlan[I]
	player engine.PlayerID
	inputs [Ring]record[I]
	step   *engine.Inputs[I]

	now     *engine.World // the newest predicted tick
	before  *engine.World // own rows only: of the tick before it
	shown   *engine.World // own rows only: scratch for smoothing
	local   bool          // rules are LocalRules
	started bool

	smooth smoothing
	stats  Stats
}

// A record is what is remembered of one tick.
type record[I any] struct {
	tick      engine.Tick
	input     I // neutral before the first Step
	hasInput  bool
	predicted uint64 // hash of the own rows after the tick
	hasHash   bool
}

// New returns a predictor for player, one of at most maxPlayers, that waits
// for its Start.
func New[I any](s *engine.Schema, plan engine.InputPlan[I], rules engine.Rules[I], player engine.PlayerID, maxPlayers int) *Predictor[I] {
	p := &Predictor[I]{
		rules:  rules,
		plan:   plan,
		player: player,
		step:   engine.NewInputs[I](maxPlayers),
		now:    s.NewWorld(),
		before: s.NewWorld(),
		shown:  s.NewWorld(),
	}
	_, p.local = rules.(engine.LocalRules[I])
	p.step.SetLocal(player)
	return p
}

// Started reports whether there has been a Start since the last Reset.
func (p *Predictor[I]) Started() bool { return p.started }

// Reset forgets inputs, predictions and errors, after a jump in time. Counts
// go on.
func (p *Predictor[I]) Reset() {
	p.started = false
	clear(p.inputs[:])
	p.smooth.clear()
}

// Start begins from an authoritative world and runs it with neutral inputs to
// tick, which is the last one for which no input will be sent.
func (p *Predictor[I]) Start(authoritative *engine.World, tick engine.Tick) {
	p.Reset()
	p.started = true
	p.replay(authoritative, tick)
}

// Tick returns the newest predicted tick.
func (p *Predictor[I]) Tick() engine.Tick { return p.now.Tick() }

// World returns the world of the newest predicted tick, valid until the next
// Step or Reconcile. It must not be changed.
func (p *Predictor[I]) World() *engine.World { return p.now }

// Stats returns the counts so far.
func (p *Predictor[I]) Stats() Stats { return p.stats }

// Step predicts the next tick with input, rounded to what the wire can carry.
func (p *Predictor[I]) Step(input I) {
	p.plan.Quantise(&input)
	tick := p.now.Tick() + 1
	p.inputs[tick%Ring] = record[I]{tick: tick, input: input, hasInput: true}
	p.before.TakeOwned(p.now, p.player)
	p.advance(tick)
}

// Input returns the input of a tick, while it is remembered.
func (p *Predictor[I]) Input(tick engine.Tick) (I, bool) {
	r := &p.inputs[tick%Ring]
	if r.tick != tick || !r.hasInput {
		var none I
		return none, false
	}
	return r.input, true
}

// Reconcile takes an authoritative world, which it only reads, replays every
// later input on it, and notes how far the result is from what was shown at
// now. It must not be called before Start. A world that is newer than the
// prediction itself makes the prediction start anew there.
func (p *Predictor[I]) Reconcile(now time.Time, authoritative *engine.World) {
	tick := authoritative.Tick()
	if p.now.Tick().Before(tick) {
		p.Start(authoritative, tick)
		return
	}
	if r := &p.inputs[tick%Ring]; r.hasHash && r.tick == tick {
		if r.predicted == authoritative.HashOwned(p.player) {
			p.stats.Confirmed++
		} else {
			p.stats.Corrections++
		}
	}
	before := p.now.HashOwned(p.player)
	p.shown.TakeOwned(p.now, p.player)
	p.smooth.apply(now, p.shown)
	p.replay(authoritative, p.now.Tick())
	if p.now.HashOwned(p.player) != before {
		p.smooth.capture(now, p.shown, p.now, p.player)
	}
}

// replay steps an authoritative world to tick with the inputs remembered.
func (p *Predictor[I]) replay(authoritative *engine.World, tick engine.Tick) {
	from := authoritative.Tick()
	p.now.CopyFrom(authoritative)
	if from == tick {
		p.before.TakeOwned(p.now, p.player)
	}
	if skip := tick.Sub(from) - Ring; skip > 0 {
		p.stats.Skipped += uint64(skip)
		from += engine.Tick(skip)
		p.now.SetTick(from)
	}
	for from.Before(tick) {
		if from++; from == tick {
			p.before.TakeOwned(p.now, p.player)
		}
		p.stats.Replayed++
		p.advance(from)
	}
}

// advance predicts one tick, in place, and remembers what came out.
func (p *Predictor[I]) advance(tick engine.Tick) {
	r := &p.inputs[tick%Ring]
	if r.tick != tick {
		*r = record[I]{tick: tick}
		p.plan.Quantise(&r.input)
	}
	p.step.Clear()
	p.step.Set(p.player, r.input)
	p.now.SetTick(tick)
	p.rules.Step(p.now, p.step)
	if !p.local {
		p.now.Quantise()
	}
	r.predicted, r.hasHash = p.now.SettleOwned(p.player), true
}

// View replaces the player's own rows in w by the predicted ones, frac of the
// way from the tick before the newest to the newest, with what is left at now
// of earlier errors.
func (p *Predictor[I]) View(w *engine.World, now time.Time, frac engine.Frac) {
	if !p.started {
		return
	}
	p.shown.LerpFrom(p.before, p.now, frac, engine.NoPlayer)
	p.smooth.apply(now, p.shown)
	w.CopyOwned(p.shown, p.player)
}
