package arena

// A field holds, for every tile, how far it is to a goal. Walking downhill
// leads there. Steps cost 5 straight and 7 across; a step across needs both
// tiles beside it open, so that a circle does not catch on their corners.
type field struct {
	cost  [MapWidth * MapHeight]uint16
	queue [fieldBuckets][]uint16 // tiles by cost, modulo fieldBuckets
	goal  int                    // tile index plus one; zero for none
}

const (
	straight     = 5
	across       = 7
	fieldBuckets = 8 // more than the dearest step
	unreachable  = 1<<16 - 1
)

// moves are the eight steps, straight ones first.
var moves = [8]struct {
	x, y int
	cost uint16
}{
	{1, 0, straight},
	{0, 1, straight},
	{-1, 0, straight},
	{0, -1, straight},
	{1, 1, across},
	{-1, 1, across},
	{-1, -1, across},
	{1, -1, across},
}

// fill computes the way to a point from everywhere: Dial's version of
// Dijkstra's algorithm, with one bucket for each cost.
func (f *field) fill(m *Map, goal Point) {
	tx, ty := TileOf(goal.X, goal.Y)
	index := ty*MapWidth + tx
	if f.goal == index+1 {
		return
	}
	f.goal = index + 1
	for i := range f.cost {
		f.cost[i] = unreachable
	}
	f.cost[index] = 0
	f.queue[0] = append(f.queue[0][:0], uint16(index))
	for cost, idle := uint16(0), 0; idle < fieldBuckets; cost++ {
		bucket := &f.queue[cost%fieldBuckets]
		idle++
		// A step never leads into its own bucket: it costs 1 to 7.
		for _, i := range *bucket {
			idle = 0
			if f.cost[i] == cost {
				f.spread(m, int(i), cost)
			}
		}
		*bucket = (*bucket)[:0]
	}
}

// spread reaches the neighbours of a tile.
func (f *field) spread(m *Map, i int, cost uint16) {
	x, y := i%MapWidth, i/MapWidth
	for _, s := range &moves {
		j := i + s.y*MapWidth + s.x
		if !m.step(x, y, s.x, s.y) || f.cost[j] <= cost+s.cost {
			continue
		}
		f.cost[j] = cost + s.cost
		bucket := &f.queue[f.cost[j]%fieldBuckets]
		*bucket = append(*bucket, uint16(j))
	}
}

// step reports whether one can walk from an open tile to its neighbour.
func (m *Map) step(x, y, dx, dy int) bool {
	return !m.Wall(x+dx, y+dy) && !m.Wall(x+dx, y) && !m.Wall(x, y+dy)
}

// far reports whether no way leads from a tile to the goal.
func (f *field) far(x, y int) bool { return f.cost[y*MapWidth+x] == unreachable }

// next returns the neighbour of a tile that is nearest to the goal; the tile
// itself when it is the goal.
func (f *field) next(m *Map, x, y int) (nx, ny int) {
	nx, ny = x, y
	best := f.cost[y*MapWidth+x]
	for _, s := range &moves {
		if !m.step(x, y, s.x, s.y) {
			continue
		}
		if c := f.cost[(y+s.y)*MapWidth+x+s.x]; c < best {
			best, nx, ny = c, x+s.x, y+s.y
		}
	}
	return nx, ny
}
