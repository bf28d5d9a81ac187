package arena

import "github.com/reckon-engine/reckon/engine"

// The weapons. Times are in ticks, lengths in units.
const (
	muzzle = 16 * UnitsPerPixel // from a player's centre

	rifleReload = 8 // 7.5 shots a second
	rifleDamage = 11
	rifleReach  = 40960 // more than the diagonal of the map
	tracerLife  = 24    // three shots; see tracersPerPlayer

	rocketReload = 48
	rocketSpeed  = 144 // a tick: 540 pixels a second
	rocketLife   = 180
	rocketRadius = 5 * UnitsPerPixel
	blastLife    = 30

	// bodyLife is how long births and deaths stay a row.
	bodyLife = 40

	// A loaded launcher is slowed by a rifle shot and the other way round,
	// so that holding both buttons is not twice the fire.
	swapDelay = 12
)

// bullet is a rifle shot that met a player in this tick.
type bullet struct {
	shooter, victim engine.PlayerID
}

// fire uses the weapons of one player who is alive.
func (g *Game) fire(w *engine.World, in *engine.Inputs[Input], p *Player, input Input) {
	switch {
	case input.Alt && p.RocketWait == 0:
		p.RocketWait = rocketReload
		p.RifleWait = max(p.RifleWait, swapDelay)
		p.Shield = 0
		g.launch(w, p)
	case input.Fire && p.RifleWait == 0:
		p.RifleWait = rifleReload
		p.RocketWait = max(p.RocketWait, swapDelay)
		p.Shield = 0
		g.shoot(w, in, p)
	}
}

// shoot fires the rifle: a straight line to the first wall or player, at
// once. It meets the other players where the shooter saw them when he pulled
// the trigger, but only those who still live; the walls do not move. Without
// a record of what he saw, it is the present.
//
// A client that predicts its own shot has only the present rows of its world,
// which are a little newer than what it drew: good enough for where the
// tracer ends until the server's row arrives.
func (g *Game) shoot(w *engine.World, in *engine.Inputs[Input], p *Player) {
	r, _ := g.Map.newRay(p.X, p.Y, p.Aim, rifleReach)
	from, to, frac := in.Seen(p.Owner)
	victim := engine.NoPlayer
	for i, q := range g.live {
		if q == nil || q == p || !q.Alive {
			continue
		}
		x, y := q.X, q.Y
		if from != nil {
			id, _ := g.Players.Slot(w, i)
			if !g.Players.Lerp(&g.seen, from, to, id, frac) || !g.seen.Alive {
				continue // the shooter did not see him yet
			}
			x, y = g.seen.X, g.seen.Y
		}
		if d, ok := r.circle(x, y, PlayerRadius); ok && d < r.length {
			r.length, victim = d, engine.PlayerID(i)
		}
	}
	kind := EffectTracer
	if victim != engine.NoPlayer {
		kind = EffectHit
		if in.Authority() {
			g.bullets = append(g.bullets, bullet{p.Owner, victim})
		}
	}
	e := g.addEffect(w, kind, p.Owner, tracerBase, int(p.RifleShots), tracersPerPlayer)
	e.place(r.at(min(muzzle, r.length)), r.at(r.length))
	p.RifleShots++
}

// place sets both ends of an effect.
func (e *Effect) place(from, to Point) {
	from, to = from.inside(), to.inside()
	e.X, e.Y, e.X2, e.Y2 = from.X, from.Y, to.X, to.Y
}

// inside returns the point, or the nearest one on the map.
func (p Point) inside() Point {
	return Point{clamp(p.X, 0, WidthUnits-1), clamp(p.Y, 0, HeightUnits-1)}
}

// landBullets applies the damage of this tick's rifle shots.
func (g *Game) landBullets(w *engine.World) {
	for _, b := range g.bullets {
		if p := g.live[b.shooter]; p != nil {
			g.hurt(w, g.live[b.victim], p.Owner, WeaponRifle, rifleDamage, Point{p.X, p.Y})
		}
	}
}

// launch puts a rocket before the player's muzzle; against a wall it
// explodes there in the same tick, when it flies.
func (g *Game) launch(w *engine.World, p *Player) {
	r, wall := g.Map.newRay(p.X, p.Y, p.Aim, muzzle)
	at := r.at(r.length)
	if wall {
		at = r.at(max(0, r.length-rocketRadius))
	}
	slot := int(p.Owner)*rocketsPerPlayer + int(p.RocketShots)%rocketsPerPlayer
	_, k := g.Rockets.SpawnAt(w, slot)
	*k = Rocket{Owner: p.Owner, X: at.X, Y: at.Y, Angle: p.Aim, Born: uint8(w.Tick())}
	p.RocketShots++
}

// flyRockets moves the rockets and explodes those that meet something.
//
// A client flies the rockets of the local player only, and through other
// players: where they will be when the rocket gets there, it cannot know.
// The server's next snapshot takes the rocket out of the air.
func (g *Game) flyRockets(w *engine.World, in *engine.Inputs[Input]) {
	first, last := slotsOf(in, rocketsPerPlayer)
	for id, k := range g.Rockets.Between(w, first, last) {
		if !in.Authority() && k.Owner != in.Local() {
			continue
		}
		r, wall := g.Map.newRay(k.X, k.Y, k.Angle, rocketSpeed)
		direct := engine.NoPlayer
		if in.Authority() {
			direct = g.meets(&r, k.Owner)
		}
		at := r.at(r.length)
		if wall && direct == engine.NoPlayer {
			// Explode a little before the wall, not inside it.
			at = r.at(max(0, r.length-rocketRadius/2))
		}
		k.X, k.Y = at.X, at.Y
		if wall || direct != engine.NoPlayer || uint8(w.Tick())-k.Born >= rocketLife {
			rocket := *k
			g.Rockets.Despawn(w, id)
			g.explode(w, in, rocket, direct)
		}
	}
}

// meets shortens the ray to the first player it meets and returns him.
func (g *Game) meets(r *ray, owner engine.PlayerID) engine.PlayerID {
	found := engine.NoPlayer
	for i, q := range g.live {
		if q == nil || !q.Alive || engine.PlayerID(i) == owner {
			continue
		}
		if d, ok := r.circle(q.X, q.Y, PlayerRadius+rocketRadius); ok && d < r.length {
			r.length, found = d, engine.PlayerID(i)
		}
	}
	return found
}
