package pace

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var epoch = time.Unix(0, 0)

// A packet is on its way, or was acknowledged.
type packet struct {
	sent   time.Time
	mark   Mark
	lands  time.Time // at the receiver; zero if it is lost
	decide time.Time // when the sender learns of it
}

// A path is a bottleneck with a drop-tail queue between a Controller and a
// receiver that acknowledges every ackEvery, in virtual time.
type path struct {
	c        Controller
	now      time.Time
	rate     int64 // bytes per second
	rtt      time.Duration
	queue    time.Duration
	loss     float64
	jitter   time.Duration // added to a round trip, uniform
	ackEvery time.Duration
	random   *rand.Rand

	free    time.Time // when the bottleneck is next idle
	packets []packet
	flight  int
	idle    bool // nothing waits to be sent

	delivered int
	waits     []time.Duration // of packets in the queue
}

func newPath(rate int64, rtt, queue time.Duration) *path {
	return &path{
		now: epoch, rate: rate, rtt: rtt, queue: queue, free: epoch,
		ackEvery: 16 * time.Millisecond, random: rand.New(rand.NewPCG(1, 2)),
	}
}

// send puts a full packet on the path.
func (p *path) send() {
	k := packet{sent: p.now, mark: p.c.Sent(p.now, packetBytes, p.flight, true)}
	p.flight += packetBytes
	if p.free.Before(p.now) {
		p.free = p.now
	}
	if wait := p.free.Sub(p.now); wait <= p.queue {
		p.waits = append(p.waits, wait)
		p.free = p.free.Add(lasting(packetBytes, p.rate))
		if p.random.Float64() >= p.loss {
			k.lands = p.free.Add(p.rtt / 2)
			if p.jitter > 0 {
				k.lands = k.lands.Add(time.Duration(p.random.Int64N(int64(p.jitter))))
			}
			k.decide = k.lands.Add(p.rtt / 2).Truncate(p.ackEvery).Add(p.ackEvery)
		}
	}
	if k.lands.IsZero() {
		k.decide = p.free.Add(p.rtt * 9 / 8).Add(p.jitter).Truncate(p.ackEvery).Add(p.ackEvery)
	}
	p.packets = append(p.packets, k)
}

// acks tells the controller what the acknowledgements say that are here.
func (p *path) acks() {
	rest := p.packets[:0]
	begun := false
	var sample time.Duration
	for _, k := range p.packets {
		if k.decide.After(p.now) {
			rest = append(rest, k)
			continue
		}
		if !begun {
			begun = true
			p.c.Begin(p.now, Flight{p.flight, p.flight}, !p.idle)
		}
		p.flight -= packetBytes
		if k.lands.IsZero() {
			p.c.Lost(p.now, k.sent)
			continue
		}
		p.delivered += packetBytes
		p.c.Acked(p.now, k.sent, packetBytes, k.mark)
		sample = k.lands.Add(p.rtt / 2).Sub(k.sent)
	}
	p.packets = rest
	if begun {
		p.c.Settle(p.now, sample)
	}
}

// run lets time pass in steps of a quarter of a millisecond.
func (p *path) run(d time.Duration) {
	for end := p.now.Add(d); p.now.Before(end); p.now = p.now.Add(250 * time.Microsecond) {
		p.acks()
		for !p.idle && p.c.May(p.now, Flight{p.flight, p.flight}) {
			p.send()
		}
	}
}

// measure runs and returns the share of the capacity that arrived and the
// queue's 99th percentile.
func (p *path) measure(d time.Duration) (utilisation float64, queue time.Duration) {
	p.delivered, p.waits = 0, p.waits[:0]
	p.run(d)
	slices.Sort(p.waits)
	return float64(p.delivered) / d.Seconds() / float64(p.rate), p.waits[len(p.waits)*99/100]
}

// TestPaths: the path is used, and the queue stays short, whatever the path.
func TestPaths(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name         string
		kbyte        int64
		rtt, queue   time.Duration
		loss         float64
		jitter       time.Duration
		use          float64       // of the capacity, at least
		longestQueue time.Duration // 99th percentile, at most
	}{
		{"256 kbit/s", 32, 60 * ms, 1000 * ms, 0, 0, 0.9, 250 * ms},
		{"2 Mbit/s", 250, 40 * ms, 250 * ms, 0, 0, 0.9, 40 * ms},
		{"20 Mbit/s, long", 2500, 280 * ms, 100 * ms, 0.005, 0, 0.9, 35 * ms},
		{"100 Mbit/s, 5 % loss", 12500, 40 * ms, 100 * ms, 0.05, 0, 0.85, 15 * ms},
		{"10 Mbit/s, 20 % loss", 1250, 40 * ms, 100 * ms, 0.2, 0, 0.6, 30 * ms},
		{"jitter", 1250, 60 * ms, 100 * ms, 0, 20 * ms, 0.9, 50 * ms},
		{"a queue of three packets", 1250, 40 * ms, 3 * ms, 0, 0, 0.8, 4 * ms},
		{"no queue at all", 1250, 40 * ms, 0, 0, 0, 0.5, 1 * ms},
		{"a local network", 12500, ms, 20 * ms, 0, 0, 0.7, 15 * ms},
	} {
		p := newPath(test.kbyte*1000, test.rtt, test.queue)
		p.loss, p.jitter = test.loss, test.jitter
		p.run(10 * time.Second)
		use, queue := p.measure(10 * time.Second)
		t.Logf("%s: %.3f, queue %v, mode %d", test.name, use, queue, p.c.mode)
		if use < test.use || queue > test.longestQueue {
			t.Errorf("%s: %.3f of the capacity, want %.2f, with a queue of %v, want %v at most", test.name, use, test.use, queue, test.longestQueue)
		}
	}
}

// TestCapacityChanges: a path that becomes ten times slower, then faster.
func TestCapacityChanges(t *testing.T) {
	p := newPath(2_500_000, 50*time.Millisecond, time.Second)
	p.run(10 * time.Second)
	p.rate /= 10
	p.run(3 * time.Second)
	if _, queue := p.measure(2 * time.Second); queue > 150*time.Millisecond {
		t.Errorf("the queue of a path that became slower is still %v", queue)
	}
	p.run(10 * time.Second)
	use, queue := p.measure(5 * time.Second)
	if use < 0.8 || queue > 100*time.Millisecond {
		t.Errorf("slower: %.3f of the capacity, queue %v", use, queue)
	}
	p.rate *= 10
	p.run(5 * time.Second)
	if use, queue = p.measure(5 * time.Second); use < 0.8 || queue > 50*time.Millisecond {
		t.Errorf("faster: %.3f of the capacity, queue %v", use, queue)
	}
}

// TestRouteChanges: the round trip becomes nine times as long, and jitters, and
// a fifth of the packets is lost. The old round trip is forgotten, and the path
// is used.
func TestRouteChanges(t *testing.T) {
	for seed := range uint64(10) {
		p := newPath(1_250_000, 10*time.Millisecond, 100*time.Millisecond)
		p.random = rand.New(rand.NewPCG(seed, 2))
		p.run(5 * time.Second)
		p.rtt, p.jitter, p.loss = 90*time.Millisecond, 60*time.Millisecond, 0.2
		p.run(20 * time.Second)
		use, _ := p.measure(10 * time.Second)
		t.Logf("seed %d: %.3f, base %v", seed, use, p.c.MinRTT())
		if base := p.c.MinRTT(); use < 0.25 || base < 80*time.Millisecond {
			t.Errorf("seed %d: %.3f of the capacity, and a base of %v", seed, use, base)
		}
	}
}
