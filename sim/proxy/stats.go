package proxy

import (
	"github.com/reckon-engine/reckon/sim/internal/wakeup"
	"github.com/reckon-engine/reckon/sim/link"
)

// Stats count what a Proxy has done since New.
type Stats struct {
	Clients      int           // now
	ClientsTotal uint64        // ever
	Refused      uint64        // datagrams from clients beyond MaxClients
	Rebinds      uint64        // ports towards the target that were replaced
	Held         int           // datagrams on their way now
	Up, Down     link.Counters // sums over all clients
	Lateness     Lateness
	SocketErrors uint64 // reads and writes that failed: a target that is not up, mostly
}

// Lateness is how much later than computed datagrams were released, as far as
// the proxy sees it: until they were handed to the system.
type Lateness = wakeup.Lateness

// Stats returns what was counted.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Clients = len(p.byAddress)
	s.Lateness = wakeup.LatenessOf(&p.late)
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
