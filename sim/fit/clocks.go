package fit

// A point is of what a straight line shall not be above.
type point struct{ x, y float64 }

// lowerEdge returns the straight line below all points that is nearest to
// them: the edge of their lower convex hull that is at their mean (Zhang, Liu,
// Xia: Clock Synchronization Algorithms for Network Measurements, INFOCOM
// 2002; the problem is of Moon, Skelly, Towsley: Estimation and Removal of
// Clock Skew from Network Delay Measurements, INFOCOM 1999). The points are in
// order of x.
func lowerEdge(points []point) (slope, offset float64) {
	if len(points) == 0 {
		return 0, 0
	}
	var hull []point
	mean := 0.0
	for _, p := range points {
		mean += p.x / float64(len(points))
		for len(hull) >= 2 && !turnsLeft(hull[len(hull)-2], hull[len(hull)-1], p) {
			hull = hull[:len(hull)-1]
		}
		if len(hull) == 1 && hull[0].x == p.x {
			hull[0].y = min(hull[0].y, p.y)
			continue
		}
		hull = append(hull, p)
	}
	for i := 1; i < len(hull); i++ {
		a, b := hull[i-1], hull[i]
		if b.x >= mean && b.x > a.x {
			slope = (b.y - a.y) / (b.x - a.x)
			return slope, a.y - slope*a.x
		}
	}
	return 0, hull[len(hull)-1].y
}

func turnsLeft(a, b, c point) bool {
	return (b.x-a.x)*(c.y-a.y)-(b.y-a.y)*(c.x-a.x) > 0
}

// Limits of what is taken for the skew of a clock.
const (
	leastSkew = 1e-7 // less is as good as none
	mostSkew  = 1e-3 // more is no clock
)

// align makes the times of two clocks those of one. forward and back are the
// same ways as seen by both; either may be empty. It returns the skew that it
// removed, in parts of one.
func align(forward, back *Direction, rtt int64) float64 {
	slopes, n := 0.0, 0.0
	for i, d := range []*Direction{forward, back} {
		points := pointsOf(d)
		if len(points) < leastDatagrams {
			continue
		}
		slope, _ := lowerEdge(points)
		slopes, n = slopes+float64(1-2*i)*slope, n+1
	}
	skew := slopes / max(n, 1)
	if skew < leastSkew && skew > -leastSkew || skew > mostSkew || skew < -mostSkew {
		skew = 0
	}
	origin := int64(0)
	if len(forward.Datagrams) > 0 {
		origin = forward.Datagrams[0].Sent
	} else if len(back.Datagrams) > 0 {
		origin = back.Datagrams[0].Sent
	}
	// What the far clock shows too much, at a time by it.
	excess := func(t int64) int64 { return int64(skew * float64(t-origin)) }
	for i := range forward.Datagrams {
		if d := &forward.Datagrams[i]; !d.Lost {
			d.Arrived -= excess(d.Arrived)
		}
	}
	for i := range back.Datagrams {
		back.Datagrams[i].Sent -= excess(back.Datagrams[i].Sent)
	}
	there, seenThere := shortest(forward)
	here, seenHere := shortest(back)
	clocks, offset := Unknown, int64(0) // of the far clock
	switch {
	case seenThere && seenHere:
		clocks, offset = Halved, (there-here)/2
		if rtt > 0 {
			offset = there - rtt/2
		}
	case seenThere:
		offset = there - rtt/2
	case seenHere:
		offset = rtt/2 - here
	}
	if rtt > 0 {
		clocks = Halved
	}
	for i := range forward.Datagrams {
		if d := &forward.Datagrams[i]; !d.Lost {
			d.Arrived -= offset
		}
	}
	for i := range back.Datagrams {
		back.Datagrams[i].Sent -= offset
	}
	forward.Clocks, back.Clocks = clocks, clocks
	return skew
}

// pointsOf returns the delays over time.
func pointsOf(d *Direction) []point {
	var points []point
	var first *Datagram
	for i := range d.Datagrams {
		if x := &d.Datagrams[i]; !x.Lost {
			if first == nil {
				first = x
			}
			points = append(points, point{float64(x.Sent - first.Sent), float64(x.Arrived - x.Sent - (first.Arrived - first.Sent))})
		}
	}
	return points
}

// shortest returns the shortest delay.
func shortest(d *Direction) (delay int64, seen bool) {
	for i := range d.Datagrams {
		if x := &d.Datagrams[i]; !x.Lost && (!seen || x.Arrived-x.Sent < delay) {
			delay, seen = x.Arrived-x.Sent, true
		}
	}
	return delay, seen
}
