package proxy

import (
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// Stats count what a Proxy has done since New.
type Stats struct {
	Clients      int           // now
	ClientsTotal uint64        // ever
	Refused      uint64        // datagrams from clients beyond MaxClients
	Held         int           // datagrams on their way now
	Up, Down     link.Counters // sums over all clients
	Lateness     Lateness
	SocketErrors uint64 // reads and writes that failed: a target that is not up, mostly
}

// Lateness is how much later than computed datagrams were released, as far as
// the proxy sees it: until they were handed to the system.
type Lateness struct {
	P50, P99, Max time.Duration // rounded up to 10 µs, but for Max
}

// Stats returns what was counted.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Clients = len(p.byAddress)
	s.Lateness = p.late.summary()
	for _, c := range p.slots {
		if c == nil {
			continue
		}
		s.Up.Add(c.pipes[toTarget].Counters())
		s.Down.Add(c.pipes[toClient].Counters())
		s.Held += c.pipes[toTarget].Len() + c.pipes[toClient].Len()
	}
	return s
}

const (
	lateStep    = 10 * time.Microsecond
	lateBuckets = 2000 // up to 20 ms
)

// lateness is a histogram; its last bucket holds all beyond.
type lateness struct {
	buckets [lateBuckets]uint64
	count   uint64
	most    time.Duration
}

func (l *lateness) add(d time.Duration) {
	l.buckets[min(d/lateStep, lateBuckets-1)]++
	l.count++
	l.most = max(l.most, d)
}

func (l *lateness) summary() Lateness {
	return Lateness{P50: l.quantile(50), P99: l.quantile(99), Max: l.most}
}

// quantile returns the upper end of the bucket that percent of all lie in or
// below.
func (l *lateness) quantile(percent uint64) time.Duration {
	rank, seen := (l.count*percent+99)/100, uint64(0)
	for i, n := range l.buckets {
		if seen += n; seen >= rank && seen > 0 {
			return min(time.Duration(i+1)*lateStep, l.most)
		}
	}
	return 0
}
