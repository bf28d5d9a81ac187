package arena

import "math"

// hit says where a segment meets the first wall: at the fraction num/den of
// its length.
type hit struct {
	wall     bool
	num, den int64 // den > 0 when wall
}

// along returns num/den of length.
func (h hit) along(length int32) int32 {
	if !h.wall {
		return length
	}
	return int32(int64(length) * h.num / h.den)
}

// cast follows the segment from (x0, y0) to (x1, y1) through the tiles and
// stops at the first wall. It walks from tile edge to tile edge as Amanatides
// and Woo do ("A Fast Voxel Traversal Algorithm", Eurographics 1987), but
// compares the edges by cross products, so that it is exact. A segment
// through the very corner where two tiles meet is stopped by either of them:
// that makes sight mutual.
func (m *Map) cast(x0, y0, x1, y1 int32) hit {
	tx, ty := TileOf(x0, y0)
	if m.Wall(tx, ty) {
		return hit{wall: true, den: 1}
	}
	endX, endY := TileOf(x1, y1)
	dx, dy := int64(abs(x1-x0)), int64(abs(y1-y0))
	stepX, edgeX := firstEdge(x0, x1, tx)
	stepY, edgeY := firstEdge(y0, y1, ty)
	for tx != endX || ty != endY {
		// The edge in x lies at the fraction edgeX/dx, that in y at edgeY/dy.
		order := edgeX*dy - edgeY*dx
		if tx == endX {
			order = math.MaxInt64
		} else if ty == endY {
			order = math.MinInt64
		}
		if order == 0 && (m.Wall(tx+stepX, ty) || m.Wall(tx, ty+stepY)) {
			return hit{true, edgeX, dx}
		}
		h := hit{true, edgeX, dx}
		if order > 0 {
			h = hit{true, edgeY, dy}
		}
		if order <= 0 {
			tx += stepX
			edgeX += TileUnits
		}
		if order >= 0 {
			ty += stepY
			edgeY += TileUnits
		}
		if m.Wall(tx, ty) {
			return h
		}
	}
	return hit{}
}

// firstEdge returns the direction of a walk along one axis and how far the
// first edge of a tile lies ahead.
func firstEdge(from, to int32, tile int) (step int, ahead int64) {
	start := int64(tile) * TileUnits
	if to < from {
		return -1, int64(from) - start
	}
	return 1, start + TileUnits - int64(from)
}

// Sight reports whether no wall lies between two points.
func (m *Map) Sight(x0, y0, x1, y1 int32) bool {
	return !m.cast(x0, y0, x1, y1).wall
}

// passage reports whether a player can walk straight from one point to
// another without touching a wall: sight along both his flanks.
func (m *Map) passage(x0, y0, x1, y1 int32) bool {
	dx, dy := x1-x0, y1-y0
	length := distance(dx, dy)
	if length == 0 {
		return true
	}
	const flank = PlayerRadius + 2*UnitsPerPixel
	ox, oy := -dy*flank/length, dx*flank/length
	return m.Sight(x0+ox, y0+oy, x1+ox, y1+oy) && m.Sight(x0-ox, y0-oy, x1-ox, y1-oy)
}

// ray is a directed line with a length, in units.
type ray struct {
	x, y     int32
	cos, sin int32 // times 1<<oneBits
	length   int32
}

// newRay returns the ray from a point in the direction of an angle. It ends
// at the first wall, or after length.
func (m *Map) newRay(x, y int32, angle uint16, length int32) (r ray, wall bool) {
	r = ray{x: x, y: y, cos: cosine(int32(angle)), sin: sine(int32(angle)), length: length}
	end := r.at(length)
	h := m.cast(x, y, end.X, end.Y)
	r.length = h.along(length)
	return r, h.wall
}

// at returns the point of the ray at a distance.
func (r ray) at(d int32) Point {
	return Point{
		r.x + int32(int64(r.cos)*int64(d)>>oneBits),
		r.y + int32(int64(r.sin)*int64(d)>>oneBits),
	}
}

// circle reports whether the ray meets a circle, and at what distance; zero
// when it begins inside.
func (r ray) circle(x, y, radius int32) (d int32, ok bool) {
	dx, dy := int64(x-r.x), int64(y-r.y)
	ahead := (dx*int64(r.cos) + dy*int64(r.sin)) >> oneBits
	aside := (dy*int64(r.cos) - dx*int64(r.sin)) >> oneBits
	half2 := int64(radius)*int64(radius) - aside*aside
	if half2 < 0 {
		return 0, false
	}
	half := squareRoot(half2)
	if ahead+half < 0 {
		return 0, false // behind
	}
	d = int32(max(0, ahead-half))
	return d, d <= r.length
}
