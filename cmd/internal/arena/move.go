package arena

// How players move. The numbers are chosen for feel: full speed within
// 100 ms, a stop within 130 ms.
const (
	// PlayerRadius is the radius of a player's circle, in units: 12 pixels,
	// so that he fits through a gap of one tile.
	PlayerRadius = 12 * UnitsPerPixel

	walkSpeed    = 80  // units a tick: 300 pixels a second
	diagonal     = 57  // walkSpeed / √2
	walkAccel    = 14  // units a tick, per tick
	walkFriction = 10  // with no key held
	slowdown     = 5   // above walking speed: what a knockback leaves
	maxSpeed     = 255 // of each axis; the range of Player.VX and VY
	maxStride    = 128 // longest move checked at once; less than PlayerRadius
)

// walk turns the keys into velocity and velocity into a new place.
func (g *Game) walk(p *Player, in Input) {
	speed := int32(walkSpeed)
	if in.MoveX != 0 && in.MoveY != 0 {
		speed = diagonal
	}
	vx := accelerate(int32(p.VX), int32(in.MoveX)*speed)
	vy := accelerate(int32(p.VY), int32(in.MoveY)*speed)
	var stopX, stopY bool
	p.X, p.Y, stopX, stopY = g.Map.slide(p.X, p.Y, vx, vy)
	if stopX {
		vx = 0
	}
	if stopY {
		vy = 0
	}
	p.VX, p.VY = int16(vx), int16(vy)
}

// accelerate brings the velocity along one axis nearer to what is wanted.
func accelerate(v, want int32) int32 {
	rate := int32(walkAccel)
	switch {
	case abs(v) > walkSpeed && v*want >= 0:
		rate = slowdown
	case want == 0:
		rate = walkFriction
	}
	return v + clamp(want-v, -rate, rate)
}

// push adds to a player's velocity, within its range.
func (p *Player) push(dx, dy int32) {
	p.VX = int16(clamp(int32(p.VX)+dx, -maxSpeed, maxSpeed))
	p.VY = int16(clamp(int32(p.VY)+dy, -maxSpeed, maxSpeed))
}

// slide moves a player's circle by (dx, dy) as far as the walls allow and
// along them where they do not. It reports which parts of the motion ended
// at the flat of a wall. A circle that starts free ends free.
func (m *Map) slide(x, y, dx, dy int32) (endX, endY int32, stopX, stopY bool) {
	strides := max(abs(dx), abs(dy))/maxStride + 1
	for i := range strides {
		// The strides add up to exactly (dx, dy).
		sx := dx*(i+1)/strides - dx*i/strides
		sy := dy*(i+1)/strides - dy*i/strides
		if stopX {
			sx = 0
		}
		if stopY {
			sy = 0
		}
		var bx, by bool
		x, y, bx, by = m.stride(x, y, sx, sy)
		stopX, stopY = stopX || bx, stopY || by
	}
	return x, y, stopX, stopY
}

// stride is one short move of slide.
func (m *Map) stride(x, y, dx, dy int32) (endX, endY int32, stopX, stopY bool) {
	if m.free(x+dx, y+dy) {
		return x + dx, y + dy, false, false
	}
	nx, ny := m.pushOut(x+dx, y+dy)
	if !m.free(nx, ny) {
		// Out of one wall into another. No map is known where this happens,
		// but nothing may depend on that.
		return x, y, true, true
	}
	return nx, ny, dx != 0 && nx == x, dy != 0 && ny == y
}

// free reports whether a player's circle at (x, y) overlaps no wall. It may
// touch.
func (m *Map) free(x, y int32) bool {
	left, top := TileOf(x-PlayerRadius, y-PlayerRadius)
	right, bottom := TileOf(x+PlayerRadius, y+PlayerRadius)
	for ty := top; ty <= bottom; ty++ {
		for tx := left; tx <= right; tx++ {
			if !m.Wall(tx, ty) {
				continue
			}
			dx, dy := fromTile(x, y, tx, ty)
			if distance2(dx, dy) < PlayerRadius*PlayerRadius {
				return false
			}
		}
	}
	return true
}

// pushOut moves a circle that overlaps walls a little out of them: first off
// their flats, then off their corners. The result may still not be free.
func (m *Map) pushOut(x, y int32) (outX, outY int32) {
	left, top := TileOf(x-PlayerRadius, y-PlayerRadius)
	right, bottom := TileOf(x+PlayerRadius, y+PlayerRadius)
	for _, corners := range [...]bool{false, true} {
		for ty := top; ty <= bottom; ty++ {
			for tx := left; tx <= right; tx++ {
				if !m.Wall(tx, ty) {
					continue
				}
				dx, dy := fromTile(x, y, tx, ty)
				d2 := distance2(dx, dy)
				if d2 == 0 || d2 >= PlayerRadius*PlayerRadius || corners != (dx != 0 && dy != 0) {
					continue
				}
				// Rounded away from the wall, by the root rounded down
				// and the division rounded up.
				d := int32(squareRoot(d2))
				x += (dx*PlayerRadius+sign(dx)*(d-1))/d - dx
				y += (dy*PlayerRadius+sign(dy)*(d-1))/d - dy
			}
		}
	}
	return x, y
}

// fromTile returns the vector from the nearest point of a tile to (x, y);
// zero when it lies inside.
func fromTile(x, y int32, tx, ty int) (dx, dy int32) {
	left, top := int32(tx)*TileUnits, int32(ty)*TileUnits
	return x - clamp(x, left, left+TileUnits), y - clamp(y, top, top+TileUnits)
}

// maxPart is the fastest that overlapping players move apart, in units a
// tick each.
const maxPart = 10

// part moves players who overlap apart, softly.
//
// Each moves by his own share only, computed from where both stand after
// they walked. So a predicting client can compute the share of the local
// player alone, against the rows it has. That is exactly right while the
// others stand still, which is when overlaps last, and off by no more than
// maxPart a tick in passing. Doing it with authority only would be wrong in
// both cases; hard collisions against rows that are a round trip old would
// be off by whole strides.
func (g *Game) part() {
	var shares [MaxPlayers]Point
	for _, i := range g.acting {
		p := g.live[i]
		if !p.Alive {
			continue
		}
		for j, q := range g.live {
			if q != nil && q != p && near(p, q) && q.Alive {
				dx, dy := share(p, q, int(i) < j)
				shares[i].X += dx
				shares[i].Y += dy
			}
		}
	}
	for _, i := range g.acting {
		if s := shares[i]; s != (Point{}) {
			p := g.live[i]
			p.X, p.Y, _, _ = g.Map.slide(p.X, p.Y, s.X, s.Y)
		}
	}
}

// near reports whether two players' squares overlap: nearly none do.
func near(p, q *Player) bool {
	return uint32(p.X-q.X+2*PlayerRadius) < 4*PlayerRadius && uint32(p.Y-q.Y+2*PlayerRadius) < 4*PlayerRadius
}

// share returns how p moves out of q. Players at the very same place part
// left and right, by slot.
func share(p, q *Player, first bool) (dx, dy int32) {
	dx, dy = p.X-q.X, p.Y-q.Y
	d := distance(dx, dy)
	if d >= 2*PlayerRadius {
		return 0, 0
	}
	by := min((2*PlayerRadius-d+1)/2, maxPart)
	if d == 0 {
		if first {
			by = -by
		}
		return by, 0
	}
	return dx * by / d, dy * by / d
}
