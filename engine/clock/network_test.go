package clock

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

const tickInterval = time.Second / 60

// epoch is when every test starts.
var epoch = time.Unix(0, 0)

// A path delays by half a round trip plus up to jitter, and loses packets.
type path struct {
	delay, jitter time.Duration
	loss          float64
	random        *rand.Rand
}

func newPath(seed uint64, rtt, jitter time.Duration, loss float64) *path {
	return &path{rtt / 2, jitter, loss, rand.New(rand.NewPCG(seed, 0))}
}

// deliver returns when a packet sent at now arrives.
func (p *path) deliver(now time.Time) (time.Time, bool) {
	if p.random.Float64() < p.loss {
		return time.Time{}, false
	}
	return now.Add(p.delay + time.Duration(p.random.Float64()*float64(p.jitter))), true
}

// A delivery is a tick that arrives.
type delivery struct {
	at   time.Time
	tick engine.Tick
}

// inOrder sorts deliveries by arrival.
func inOrder(d []delivery) []delivery {
	slices.SortFunc(d, func(a, b delivery) int { return a.at.Compare(b.at) })
	return d
}

// snapshots returns what arrives of the snapshots of n ticks, one every
// `every` ticks, starting with tick first at epoch.
func snapshots(p *path, first engine.Tick, n, every int) []delivery {
	var out []delivery
	for i := 0; i < n; i += every {
		sent := epoch.Add(time.Duration(i) * tickInterval)
		if at, ok := p.deliver(sent); ok {
			out = append(out, delivery{at, first + engine.Tick(i)})
		}
	}
	return inOrder(out)
}
