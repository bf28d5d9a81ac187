package arena

import "github.com/reckon-engine/reckon/engine"

// choose decides where to go when nothing is being fought: to a health pack
// when weak, to where the target was last seen, or to some place far off.
func (b *Bot) choose(w *engine.World, p *Player, now engine.Tick) {
	if now.Before(b.replanAt) && b.goal != goalNone {
		return
	}
	b.replanAt = now + 20
	if p.Health < botFearful {
		if at, ok := b.pack(w, p); ok {
			b.head(goalHeal, at, now+5*TickRate)
			return
		}
	}
	if b.hunt.target != engine.NoPlayer && !b.hunt.sighted && !now.Before(b.escapeUntil) {
		b.head(goalHunt, b.hunt.last, now+botMemory)
		return
	}
	arrived := distance2(p.X-b.waypoint.X, p.Y-b.waypoint.Y) < TileUnits*TileUnits && b.atGoal(p)
	if b.goal != goalRoam || arrived || !now.Before(b.goalUntil) {
		b.head(goalRoam, b.somewhere(p), now+20*TickRate)
	}
}

func (b *Bot) head(why goal, to Point, until engine.Tick) {
	b.goal, b.goalUntil = why, until
	b.way.fill(b.game.Map, to)
}

// atGoal reports whether the bot stands within two tiles of its goal.
func (b *Bot) atGoal(p *Player) bool {
	tx, ty := TileOf(p.X, p.Y)
	return b.way.cost[ty*MapWidth+tx] <= 2*straight
}

// somewhere picks an open tile at random, the farthest of three.
func (b *Bot) somewhere(p *Player) Point {
	best, farthest := Point{p.X, p.Y}, int64(-1)
	for range 3 {
		at := b.openTile()
		if d2 := distance2(at.X-p.X, at.Y-p.Y); d2 > farthest {
			best, farthest = at, d2
		}
	}
	return best
}

func (b *Bot) openTile() Point {
	for range 64 {
		x, y := int(b.chance.below(MapWidth)), int(b.chance.below(MapHeight))
		if !b.game.Map.Wall(x, y) {
			return TileCentre(x, y)
		}
	}
	return b.game.Map.spawns[0]
}

// pack returns the nearest health pack that is there, as the crow flies.
func (b *Bot) pack(w *engine.World, p *Player) (at Point, ok bool) {
	nearest := int64(-1)
	for _, k := range b.game.Pickups.All(w) {
		d2 := distance2(k.X-p.X, k.Y-p.Y)
		if k.Ready && (nearest < 0 || d2 < nearest) {
			at, ok, nearest = Point{k.X, k.Y}, true, d2
		}
	}
	return at, ok
}

// follow walks along the way: to the farthest of the next few tiles that can
// be reached straight.
func (b *Bot) follow(p *Player) {
	const glance = 6 // tiles
	tx, ty := TileOf(p.X, p.Y)
	m := b.game.Map
	nx, ny := b.way.next(m, tx, ty)
	b.waypoint = TileCentre(nx, ny)
	for range glance {
		nx, ny = b.way.next(m, nx, ny)
		at := TileCentre(nx, ny)
		if !m.passage(p.X, p.Y, at.X, at.Y) {
			break
		}
		b.waypoint = at
	}
	b.steer(b.waypoint.X-p.X, b.waypoint.Y-p.Y)
}

// steer sets the keys for a direction: one of eight, or none within an
// eighth of a tile.
func (b *Bot) steer(dx, dy int32) {
	const near = TileUnits / 8
	b.moveX, b.moveY = int8(sign(dx)), int8(sign(dy))
	// A key is held when its axis has more than tan 22.5° of the other.
	if abs(dx) < near || abs(dx)*12 < abs(dy)*5 {
		b.moveX = 0
	}
	if abs(dy) < near || abs(dy)*12 < abs(dx)*5 {
		b.moveY = 0
	}
}

// dance moves in a fight: round the target, at a distance that suits it, and
// not against walls. The keys change a few times a second only.
func (b *Bot) dance(w *engine.World, p *Player, now engine.Tick) {
	q := b.quarry(w)
	if q == nil {
		b.follow(p)
		return
	}
	if !now.Before(b.strafeUntil) {
		b.strafeUntil = now + engine.Tick(20+b.chance.below(50))
		if b.chance.below(3) != 0 {
			b.strafe = -b.strafe
		}
	}
	if now%6 != engine.Tick(p.Owner)%6 {
		return
	}
	dx, dy := q.X-p.X, q.Y-p.Y
	d := max(1, distance(dx, dy))
	// How much nearer it wants to be, and round it, both of 256.
	radial := clamp((d-botIdeal)*256/(4*TileUnits), -256, 256)
	wantX := dx*radial/d - dy*b.strafe*200/d
	wantY := dy*radial/d + dx*b.strafe*200/d
	best, found := int32(0), false
	b.moveX, b.moveY = 0, 0
	for _, s := range &moves {
		sx, sy := int32(s.x), int32(s.y)
		score := (sx*wantX + sy*wantY) * straight / int32(s.cost)
		const ahead = TileUnits * 5 / 4
		if found && score <= best || !b.game.Map.passage(p.X, p.Y, p.X+sx*ahead, p.Y+sy*ahead) {
			continue
		}
		best, found = score, true
		b.moveX, b.moveY = int8(sx), int8(sy)
	}
	if best < 0 {
		b.strafe = -b.strafe // cornered: try the other way round
	}
}
