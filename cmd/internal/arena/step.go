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
	for _, i := range g.acting {
		p := g.live[i]
		input, ok := in.For(i)
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
	for _, i := range g.acting {
		if p := g.live[i]; p.Alive && !frozen {
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
	g.bullets, g.acting = g.bullets[:0], g.acting[:0]
	g.find(w)
	if !in.Authority() {
		clear(g.acts[:])
		if p := in.Local(); int(p) < MaxPlayers {
			g.act(p)
		}
		return
	}
	for i := range g.live {
		g.act(engine.PlayerID(i))
	}
}

// act lets a player act in this tick, if there is one in the slot.
func (g *Game) act(p engine.PlayerID) {
	if g.acts[p] = true; g.live[p] != nil {
		g.acting = append(g.acting, p)
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
	first, last := slotsOf(in, effectsPerPlayer)
	for id, e := range g.Effects.Between(w, first, last) {
		if !in.Authority() && e.Owner != in.Local() {
			continue
		}
		if uint8(w.Tick())-e.Born >= e.Kind.life() {
			g.Effects.Despawn(w, id)
		}
	}
}

// slotsOf returns the range of slots that this Step may touch, in a table that
// gives each player so many: all of them with authority, else those of the
// local player.
func slotsOf(in *engine.Inputs[Input], perPlayer int) (first, last int) {
	if in.Authority() {
		return 0, MaxPlayers * perPlayer
	}
	first = int(in.Local()) * perPlayer
	return first, first + perPlayer
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
