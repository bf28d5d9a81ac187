package arena

import "github.com/reckon-engine/reckon/engine"

// handle turns the aim towards what the bot looks at and pulls the triggers.
func (b *Bot) handle(w *engine.World, p *Player, now engine.Tick, in *Input) {
	b.tremble(now)
	q := b.quarry(w)
	if q == nil {
		if b.waypoint != (Point{p.X, p.Y}) {
			b.turn(angleOf(b.waypoint.X-p.X, b.waypoint.Y-p.Y))
		}
		in.Aim = b.hand.aim
		return
	}
	at, launch := b.mark(p, q, now)
	want := angleOf(at.X-p.X, at.Y-p.Y)
	b.turn(uint16(int32(want)+b.hand.tremor) & (Turn - 1))
	in.Aim = b.hand.aim
	if now.Sub(b.hunt.since) < b.hunt.reaction {
		return
	}
	// It believes its aim good when it is within a target's width of where
	// its trembling hand wants it; it cannot see the tremor itself.
	d := max(1, distance(at.X-p.X, at.Y-p.Y))
	const radian = 652 // 4096ths of a turn
	tolerance := max(16, radian*PlayerRadius*3/2/d)
	off := abs(turnBetween(in.Aim, uint16(int32(want)+b.hand.tremor)&(Turn-1)))
	if off > tolerance {
		return
	}
	if launch {
		in.Alt = b.safe(p, in.Aim)
		return
	}
	in.Fire = true
}

// mark returns what to aim at: the target, or ahead of it for a rocket.
func (b *Bot) mark(p, q *Player, now engine.Tick) (at Point, launch bool) {
	at = Point{q.X, q.Y}
	d := distance(q.X-p.X, q.Y-p.Y)
	if p.RocketWait > 0 || d < 5*TileUnits || d > 17*TileUnits {
		b.hunt.rocket = 0
		return at, false
	}
	if b.hunt.rocket == 0 {
		// Loaded and in range: now and then it takes the time for a rocket.
		if b.chance.below(90) == 0 {
			b.hunt.rocket = now + 45
		}
		return at, false
	}
	if !now.Before(b.hunt.rocket) {
		b.hunt.rocket = 0
		return at, false
	}
	flight := d / rocketSpeed
	ahead := Point{q.X + int32(q.VX)*flight, q.Y + int32(q.VY)*flight}
	if b.game.Map.Sight(q.X, q.Y, ahead.X, ahead.Y) && b.game.Map.Sight(p.X, p.Y, ahead.X, ahead.Y) {
		at = ahead
	}
	return at, true
}

// safe reports whether a rocket would fly clear of its owner before it meets
// a wall.
func (b *Bot) safe(p *Player, aim uint16) bool {
	r, _ := b.game.Map.newRay(p.X, p.Y, aim, 2*blastRadius)
	return r.length > blastRadius*5/4
}

// turn moves the aim towards an angle: fast when far off, gently when near.
func (b *Bot) turn(want uint16) {
	diff := turnBetween(b.hand.aim, want)
	by := diff / 4
	if by == 0 {
		by = sign(diff)
	}
	b.hand.aim = uint16(int32(b.hand.aim)+clamp(by, -botTurn, botTurn)) & (Turn - 1)
}

// tremble lets the error of the aim wander. It grows smaller the longer a
// target has been in sight.
func (b *Bot) tremble(now engine.Tick) {
	h := &b.hand
	if !now.Before(h.tremorUntil) {
		h.tremorUntil = now + engine.Tick(12+b.chance.below(20))
		size := int32(botTremor)
		if b.hunt.sighted {
			size = max(botSteady, botTremor-now.Sub(b.hunt.since)/3)
		}
		h.tremorWant = b.chance.below(2*size+1) - size
	}
	diff := h.tremorWant - h.tremor
	h.tremor += clamp(diff, -4, 4)
}
