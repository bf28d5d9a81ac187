package arena

import "github.com/reckon-engine/reckon/engine"

// Step advances the world by one tick. See the package comment for what it
// does without authority.
//
// Within a tick the order is: everyone walks, overlapping players part,
// everyone fires, the bullets take effect all at once (two players can kill
// each other), rockets fly, and then the world's own clocks run.
func (g *Game) Step(w *engine.World, in *engine.Inputs[Input]) {
	g.begin(w, in)
	if in.Authority() {
		g.start(w)
	}
	frozen := g.frozen(w)
	for i, p := range g.live {
		if p == nil || !g.acts[i] {
			continue
		}
		input, ok := in.For(engine.PlayerID(i))
		if !ok || frozen {
			input = Input{Aim: p.Aim}
		}
		g.inputs[i] = quantised(input)
		p.Aim = g.inputs[i].Aim
		g.tickTimers(p)
		if p.Alive {
			g.walk(p, g.inputs[i])
		}
	}
	g.part()
	for i, p := range g.live {
		if p != nil && g.acts[i] && p.Alive && !frozen {
			g.fire(w, in, p, g.inputs[i])
		}
	}
	g.landBullets(w)
	g.flyRockets(w, in)
	g.expireEffects(w, in)
	if in.Authority() {
		g.offerPickups(w)
		g.respawn(w)
		g.expireKills(w)
		g.runMatch(w)
	}
}

// begin finds the rows of all players and who of them acts in this tick:
// everyone with authority, else the local player alone.
func (g *Game) begin(w *engine.World, in *engine.Inputs[Input]) {
	g.bullets = g.bullets[:0]
	for i := range g.live {
		_, g.live[i] = g.Players.Slot(w, i)
		g.acts[i] = in.Authority() || engine.PlayerID(i) == in.Local()
	}
}

// quantised brings an input into its declared ranges. Inputs from the wire
// are; those of a careless brain need not be.
func quantised(in Input) Input {
	in.MoveX = int8(sign(int32(in.MoveX)))
	in.MoveY = int8(sign(int32(in.MoveY)))
	in.Aim &= Turn - 1
	return in
}

// tickTimers counts down what a player waits for.
func (g *Game) tickTimers(p *Player) {
	for _, timer := range [...]*uint8{&p.Respawn, &p.Shield, &p.RifleWait, &p.RocketWait} {
		if *timer > 0 {
			*timer--
		}
	}
}

// expireEffects removes effects whose time is over.
func (g *Game) expireEffects(w *engine.World, in *engine.Inputs[Input]) {
	for id, e := range g.Effects.All(w) {
		if !in.Authority() && e.Owner != in.Local() {
			continue
		}
		if uint8(w.Tick())-e.Born >= e.Kind.life() {
			g.Effects.Despawn(w, id)
		}
	}
}

// life returns for how many ticks an effect stays a row.
func (k EffectKind) life() uint8 {
	switch k {
	case EffectTracer, EffectHit:
		return tracerLife
	case EffectBlast:
		return blastLife
	default:
		return bodyLife
	}
}

// addEffect makes a row in one of the owner's slots: the nth of a ring of
// some size that begins at base.
func (g *Game) addEffect(w *engine.World, kind EffectKind, owner engine.PlayerID, base, n, size int) *Effect {
	_, e := g.Effects.SpawnAt(w, int(owner)*effectsPerPlayer+base+n%size)
	e.Owner, e.Kind, e.Born = owner, kind, uint8(w.Tick())
	return e
}

// Where the rings of effects begin among a player's slots.
const (
	tracerBase = 0
	blastBase  = tracerBase + tracersPerPlayer
	bodyBase   = blastBase + blastsPerPlayer
)
