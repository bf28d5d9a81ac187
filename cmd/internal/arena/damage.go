package arena

import "github.com/reckon-engine/reckon/engine"

// What an explosion does. It falls off linearly from the edge of a player's
// circle at the centre of the blast to nothing at blastRadius.
const (
	blastRadius = 88 * UnitsPerPixel
	blastDamage = 80
	blastKick   = 200 // units a tick of knockback at the centre
)

// explode ends a rocket. Everyone near who is not behind a wall is knocked
// away and, with authority, hurt; the rocket's owner half as much. The knock
// on the local player by his own rocket is predicted, so that a rocket jump
// starts at once.
func (g *Game) explode(w *engine.World, in *engine.Inputs[Input], k Rocket, direct engine.PlayerID) {
	at := Point{k.X, k.Y}
	g.showBlast(w, k.Owner, at)
	for i, p := range g.live {
		if p == nil || !p.Alive || !g.acts[i] {
			continue
		}
		victim := engine.PlayerID(i)
		force := g.blastForce(at, p)
		if victim == direct {
			force = oneForce
		}
		if force == 0 {
			continue
		}
		angle := int32(angleOf(p.X-at.X, p.Y-at.Y))
		if victim == direct {
			angle = int32(k.Angle) // along its flight, not to the side it met
		}
		kick := blastKick * force / oneForce
		p.push(cosine(angle)*kick>>oneBits, sine(angle)*kick>>oneBits)
		if !in.Authority() {
			continue
		}
		damage := blastDamage * force / oneForce
		if victim == k.Owner {
			damage /= 2
		}
		g.hurt(w, p, k.Owner, WeaponRocket, damage, at)
	}
}

// showBlast makes the effect row, in the ring of the rocket's owner.
func (g *Game) showBlast(w *engine.World, owner engine.PlayerID, at Point) {
	n := 0
	if p := g.live[owner]; p != nil {
		n = int(p.Blasts)
		p.Blasts++
	}
	e := g.addEffect(w, EffectBlast, owner, blastBase, n, blastsPerPlayer)
	e.place(at, at)
}

// oneForce is the full force of an explosion.
const oneForce = 256

// blastForce returns how strongly an explosion reaches a player, 0..oneForce.
func (g *Game) blastForce(at Point, p *Player) int32 {
	gap := max(0, distance(p.X-at.X, p.Y-at.Y)-PlayerRadius)
	if gap >= blastRadius || !g.Map.Sight(at.X, at.Y, p.X, p.Y) {
		return 0
	}
	return oneForce * (blastRadius - gap) / blastRadius
}

// hurt takes health from a player. Only with authority. The dead and the
// shielded are not hurt; the weakest blow costs one point.
func (g *Game) hurt(w *engine.World, p *Player, by engine.PlayerID, weapon Weapon, damage int32, from Point) {
	if p == nil || !p.Alive || p.Shield > 0 {
		return
	}
	damage = max(damage, 1)
	p.Hurts++
	p.HurtFrom = uint8(angleOf(from.X-p.X, from.Y-p.Y) >> 4)
	attacker := g.live[by]
	if attacker != nil && attacker != p {
		attacker.Hits++
	}
	p.Health -= uint8(min(damage, int32(p.Health)))
	if p.Health == 0 {
		g.kill(w, p, attacker, weapon)
	}
}

// kill ends a life and keeps the score. The killer is nil when he has left.
func (g *Game) kill(w *engine.World, p, killer *Player, weapon Weapon) {
	p.Alive = false
	p.Respawn = respawnTicks
	p.Streak = 0
	p.Deaths = min(p.Deaths+1, maxDeaths)
	e := g.addEffect(w, EffectDeath, p.Owner, bodyBase, 0, 1)
	from := Point{p.X, p.Y}
	e.place(from, Point{p.X + 8*int32(p.VX), p.Y + 8*int32(p.VY)})
	p.VX, p.VY = 0, 0
	by := p.Owner
	switch {
	case killer == p:
		p.Frags = max(p.Frags-1, minFrags)
	case killer != nil:
		killer.Frags = min(killer.Frags+1, maxFrags)
		killer.Streak = min(killer.Streak+1, maxStreak)
		by = killer.Owner
	}
	g.report(w, Kill{Killer: by, Victim: p.Owner, Weapon: weapon, Born: w.Tick()})
}

// Bounds of the score; the ranges of the fields of Player.
const (
	maxFrags  = 999
	minFrags  = -99
	maxDeaths = 999
	maxStreak = 99
)

// killLife is how many ticks a line of the kill feed stays.
const killLife = 6 * TickRate

// report adds a line to the kill feed.
func (g *Game) report(w *engine.World, k Kill) {
	_, m := g.Match.Slot(w, 0)
	if m == nil {
		return
	}
	_, row := g.Kills.SpawnAt(w, int(m.Kills)%maxKills)
	*row = k
	m.Kills++
	if g.OnKill != nil {
		g.OnKill(w, k)
	}
}

// expireKills removes the old lines of the kill feed.
func (g *Game) expireKills(w *engine.World) {
	for id, k := range g.Kills.All(w) {
		if w.Tick().Sub(k.Born) >= killLife {
			g.Kills.Despawn(w, id)
		}
	}
}
