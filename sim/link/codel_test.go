package link

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// codelReference is the pseudo-code of RFC 8289, section 5, as it stands
// there, in floating point, in front of a transmitter of fixed rate. Times are
// in nanoseconds, and drops are scheduled on whole ones.
type codelReference struct {
	target, interval, perByte float64

	queue            []refPacket
	bytes, maxPacket float64
	free             float64

	firstAbove, dropNext float64
	count, lastCount     float64
	dropping             bool

	dropped []int
	sojourn []float64
}

type refPacket struct {
	index int
	size  float64
	stamp float64
}

func (c *codelReference) doDequeue(now float64) (p refPacket, some, okToDrop bool) {
	if len(c.queue) == 0 {
		c.firstAbove = 0
		return p, false, false
	}
	p, c.queue = c.queue[0], c.queue[1:]
	c.bytes -= p.size
	sojourn := now - p.stamp
	if sojourn < c.target || c.bytes <= c.maxPacket {
		c.firstAbove = 0
	} else if c.firstAbove == 0 {
		c.firstAbove = now + c.interval
	} else if now >= c.firstAbove {
		okToDrop = true
	}
	return p, true, okToDrop
}

func (c *codelReference) controlLaw(t, count float64) float64 {
	return t + math.Floor(c.interval/math.Sqrt(count))
}

func (c *codelReference) dequeue(now float64) {
	p, some, okToDrop := c.doDequeue(now)
	if c.dropping {
		if !okToDrop {
			c.dropping = false
		}
		for now >= c.dropNext && c.dropping {
			c.dropped = append(c.dropped, p.index)
			c.count++
			p, some, okToDrop = c.doDequeue(now)
			if !okToDrop {
				c.dropping = false
			} else {
				c.dropNext = c.controlLaw(c.dropNext, c.count)
			}
		}
	} else if okToDrop {
		c.dropped = append(c.dropped, p.index)
		p, some, _ = c.doDequeue(now)
		c.dropping = true
		delta := c.count - c.lastCount
		c.count = 1
		if delta > 1 && now-c.dropNext < 16*c.interval {
			c.count = delta
		}
		c.dropNext = c.controlLaw(now, c.count)
		c.lastCount = c.count
	}
	if some {
		c.sojourn = append(c.sojourn, now-p.stamp)
		c.free = now + p.size*c.perByte
	}
}

func (c *codelReference) until(now float64) {
	for len(c.queue) > 0 {
		start := max(c.free, c.queue[0].stamp)
		if start > now {
			return
		}
		c.dequeue(start)
	}
}

// CoDel drops exactly what the RFC's pseudo-code drops, while the load wanders
// around the rate.
func TestCoDelAgainstRFC(t *testing.T) {
	if race.Enabled {
		t.Skip("one goroutine, much work")
	}
	const rate = 5_000_000
	l := mustNew(t, Config{Rate: rate, QueueBytes: MaxQueueBytes, AQM: ActiveQueue{Algorithm: CoDel}}, 1)
	ref := &codelReference{target: 5e6, interval: 100e6, perByte: 8e9 / rate, maxPacket: 1500}
	var dropped []int
	take := func(fate Fate) {
		if fate.Cause == DroppedAQM {
			dropped = append(dropped, int(fate.Index))
		}
	}
	random := newRandomness(7)
	now := time.Duration(0)
	for i := range 400_000 {
		// The load wanders around the rate; a datagram takes 1.6 ms.
		load := 0.7 + 0.8*math.Pow(math.Sin(float64(i)/20_000), 2)
		now += time.Duration(float64(scale(random.draw(1, uint64(i)), 3_200_000))/load) + 1
		ref.until(float64(now))
		for fate, ok := l.Settle(epoch.Add(now)); ok; fate, ok = l.Settle(epoch.Add(now)) {
			take(fate)
		}
		if fate := l.Send(epoch.Add(now), 1000); fate.Cause != Pending {
			take(fate)
		}
		ref.queue = append(ref.queue, refPacket{i, 1000, float64(now)})
		ref.bytes += 1000
		ref.until(float64(now))
	}
	if len(dropped) < 1000 {
		t.Fatalf("%d dropped: the test tests little", len(dropped))
	}
	same := 0
	for same < min(len(dropped), len(ref.dropped)) && dropped[same] == ref.dropped[same] {
		same++
	}
	t.Logf("%d dropped, the reference %d, the first %d alike", len(dropped), len(ref.dropped), same)
	if !slices.Equal(dropped, ref.dropped) {
		t.Errorf("drops differ from the RFC's at drop %d", same)
	}
}

// The drop schedule under constant overload: interval/√n between drops.
func TestCoDelSchedule(t *testing.T) {
	q := codel{}
	q.set(&Config{})
	for n := range uint64(10_000) {
		q.count = n + 1
		want := float64(codelInterval) / math.Sqrt(float64(n+1))
		if got := float64(q.controlLaw(0)); math.Abs(got-want) > 1.01 {
			t.Fatalf("after %d drops: %g ns to the next, want %g", n+1, got, want)
		}
	}
}

// A sender that backs off, as CoDel is made for, finds a queue near the
// target; without CoDel it fills whatever queue there is.
func TestCoDelKeepsTheQueueShort(t *testing.T) {
	if race.Enabled {
		t.Skip("statistics")
	}
	codel := responsive(t, Config{Delay: 20 * ms, Rate: 10_000_000, QueueBytes: 500_000, AQM: ActiveQueue{Algorithm: CoDel}})
	pie := responsive(t, Config{Delay: 20 * ms, Rate: 10_000_000, QueueBytes: 500_000, AQM: ActiveQueue{Algorithm: PIE}})
	tail := responsive(t, Config{Delay: 20 * ms, Rate: 10_000_000, QueueBytes: 500_000})
	t.Logf("mean wait of a sender that backs off: CoDel %v, PIE %v, drop-tail %v", codel.wait, pie.wait, tail.wait)
	t.Logf("share of the rate used: CoDel %.3f, PIE %.3f, drop-tail %.3f", codel.used, pie.used, tail.used)
	if codel.wait < 2*ms || codel.wait > 10*ms || codel.used < 0.85 {
		t.Errorf("CoDel: %v, %.3f of the rate, want 2 to 10 ms and 0.85", codel.wait, codel.used)
	}
	if pie.wait < 5*ms || pie.wait > 22*ms || pie.used < 0.9 {
		t.Errorf("PIE: %v, %.3f of the rate, want 5 to 22 ms and 0.9", pie.wait, pie.used)
	}
	if tail.wait < 200*ms {
		t.Errorf("drop-tail: %v, want more than 200 ms", tail.wait)
	}
}

type response struct {
	wait time.Duration
	used float64
}

// responsive runs a sender that paces a window per round trip, adds four
// datagrams each round trip, and takes an eighth off the window at a loss,
// once a round trip: four flows with the skeleton of TCP Reno.
func responsive(t *testing.T, cfg Config) response {
	const size, length, flows = 1200, 120 * time.Second, 4.0
	p := mustPipe(t, cfg, PipeLimits{})
	datagram := make([]byte, size)
	var now, halved time.Duration
	var waits time.Duration
	window, samples, carried := 10.0*flows, 0, 0
	lossAt := make([]time.Duration, 0, 64) // when the sender learns of losses
	p.OnDrop(func(Fate, uint64, []byte) { lossAt = append(lossAt, now+cfg.Delay) })
	for now < length {
		wait := p.Backlog(epoch.Add(now)).Time
		rtt := 2*cfg.Delay + wait
		for len(lossAt) > 0 && lossAt[0] <= now {
			if lossAt = lossAt[1:]; now-halved > rtt {
				window, halved = max(2*flows, window*(1-0.5/flows)), now
			}
		}
		fate := p.Push(epoch.Add(now), datagram)
		if fate.Cause != Delivered && fate.Cause != Pending {
			lossAt = append(lossAt, now+rtt)
		}
		window += flows / window
		for got, ok := p.Pop(epoch.Add(now)); ok; got, ok = p.Pop(epoch.Add(now)) {
			carried += len(got)
		}
		if now > length/6 {
			waits += wait
			samples++
		}
		now += time.Duration(float64(rtt) / window)
	}
	return response{waits / time.Duration(samples), float64(carried) * 8 / length.Seconds() / float64(cfg.Rate)}
}
