package run

import (
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// A linkWatch measures both directions of the link of a place: of the one it
// began with, and of those it moved to.
type linkWatch struct {
	step       int64
	edges      []*vnet.Edge
	directions [2]directionWatch
}

// A directionWatch is one direction.
type directionWatch struct {
	limited bool // the link has a bottleneck, and so a queue
	bursts  bursts
	sent    []uint64 // by step
	lost    []uint64
	bytes   []uint64 // sent on, by the step they were sent in
	queue   []uint64
}

func newLinkWatch(step time.Duration) *linkWatch { return &linkWatch{step: int64(step)} }

// follow measures an edge from now on.
func (w *linkWatch) follow(e *vnet.Edge) {
	w.edges = append(w.edges, e)
	for d := range w.directions {
		w.directions[d].bursts.base = w.directions[d].bursts.index
	}
	w.changed()
	e.Watch(w)
}

// changed looks at the present link again.
func (w *linkWatch) changed() {
	e := w.edges[len(w.edges)-1]
	for d := range w.directions {
		c := e.Config(vnet.Direction(d))
		w.directions[d].limited = c.Rate != 0 || c.Trace != nil
	}
}

// Carried implements vnet.Watcher.
func (w *linkWatch) Carried(at int64, d vnet.Direction, size int, fate link.Fate) {
	o := &w.directions[d]
	i := o.at(at, w.step)
	o.sent[i]++
	arrives := fate.Cause == link.Delivered || fate.Cause == link.Pending
	o.bursts.next(!arrives)
	if !arrives {
		o.lost[i]++
	} else {
		o.bytes[i] += uint64(size)
	}
	if o.limited {
		for len(o.queue) <= i {
			o.queue = append(o.queue, 0)
		}
		o.queue[i] = max(o.queue[i], uint64(w.edges[len(w.edges)-1].Backlog(d).Bytes))
	}
}

// Dropped implements vnet.Watcher.
func (w *linkWatch) Dropped(at int64, d vnet.Direction, size int, fate link.Fate) {
	o := &w.directions[d]
	i := o.at(at, w.step)
	o.lost[i]++
	o.bytes[i] -= min(uint64(size), o.bytes[i])
	o.bursts.lose(o.bursts.base + fate.Index)
}

// at returns the index of the step of a time, and makes room for it.
func (o *directionWatch) at(at, step int64) int {
	i := int(at / step)
	for len(o.sent) <= i {
		o.sent, o.lost, o.bytes = append(o.sent, 0), append(o.lost, 0), append(o.bytes, 0)
	}
	return i
}

// result returns what was measured of a direction.
func (w *linkWatch) result(name string, d vnet.Direction) result.Link {
	o := &w.directions[d]
	var c link.Counters
	for _, e := range w.edges {
		c.Add(e.Counters(d))
	}
	l := LinkResult(name, d.String(), c)
	l.Bursts = o.bursts.counts()
	for o.queue != nil && len(o.queue) < len(o.sent) {
		o.queue = append(o.queue, 0)
	}
	l.Series = &result.Series{
		StepSeconds: time.Duration(w.step).Seconds(), Sent: o.sent, Lost: o.lost, Bytes: o.bytes, QueueBytes: o.queue,
	}
	return l
}

// LinkResult returns what one direction of a link counted, as results have it.
func LinkResult(name, direction string, c link.Counters) result.Link {
	l := result.Link{
		Name: name, Direction: direction, Sent: c.Sent, Delivered: c.Delivered,
		LostRandom: c.LostRandom, LostBurst: c.LostBurst + c.LostMarkov,
		LostOther:    c.LostListed + c.LostSpike + c.LostSlot + c.DroppedOutage,
		DroppedQueue: c.DroppedQueue + c.DroppedLimit + c.DroppedAQM, DroppedMTU: c.DroppedMTU,
		Duplicated: c.Duplicated, Reordered: c.Reordered, Corrupted: c.Corrupted,
		SentBytes: c.SentBytes, DeliveredBytes: c.DeliveredBytes,
	}
	if c.Sent > 0 {
		l.Loss = float64(c.Lost()) / float64(c.Sent)
	}
	return l
}

// maxBurst is the longest run that the histogram tells apart.
const maxBurst = result.MaxBurst

// window is how many datagrams after it was sent a datagram may still be
// dropped: more than the longest queue in packets that an AQM keeps in order.
const window = 1 << 16

// bursts counts runs of datagrams that did not arrive. A datagram that waits in
// an active queue may be dropped later, so the newest are kept as bits.
type bursts struct {
	lost    []uint64 // bits by index, of the newest window; nil until one is
	index   uint64   // of the next datagram
	base    uint64   // index of the present link's first datagram
	settled uint64   // index up to which run and histogram know
	run     int
	longest int
	n       [maxBurst]uint64
}

// next counts a datagram.
func (b *bursts) next(lost bool) {
	if b.index-b.settled == window {
		b.settle(b.index - window/2)
	}
	if lost {
		b.lose(b.index)
	}
	b.index++
}

// lose marks a datagram as lost, if it is not too long ago.
func (b *bursts) lose(index uint64) {
	if b.lost == nil {
		b.lost = make([]uint64, window/64)
	}
	if index >= b.settled {
		b.lost[index%window/64] |= 1 << (index % 64)
	}
}

// settle counts the datagrams up to an index for good.
func (b *bursts) settle(until uint64) {
	if b.lost == nil {
		b.settled = until
		return
	}
	for ; b.settled < until; b.settled++ {
		word, bit := &b.lost[b.settled%window/64], uint64(1)<<(b.settled%64)
		if *word&bit != 0 {
			b.run++
			*word &^= bit
		} else {
			b.end()
		}
	}
}

// end ends a run.
func (b *bursts) end() {
	if b.run > 0 {
		n := min(b.run, maxBurst)
		b.n[n-1]++
		b.longest = max(b.longest, n)
		b.run = 0
	}
}

// counts returns the histogram.
func (b *bursts) counts() []uint64 {
	b.settle(b.index)
	b.end()
	return append([]uint64(nil), b.n[:b.longest]...)
}
