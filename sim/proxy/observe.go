package proxy

import (
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// An Event says what happened to a Datagram.
type Event uint8

// The events.
const (
	Entered Event = iota // it came to the link; Fate is what the link says
	Left                 // it was delivered
	Dropped              // its fate was Pending, and it was dropped after all
)

// A Datagram is what an observer is told.
type Datagram struct {
	Time   time.Time
	Client netip.AddrPort // whose link it is on
	Up     bool           // from the client to the target
	Event  Event
	Fate   link.Fate // of Entered; of Dropped, its Index and Cause
	Data   []byte    // valid until the observer returns

	// Host is the index in Config.Hosts of whom the client stands for.
	Host int

	// Upstream is what the target sees instead of Client.
	Upstream netip.AddrPort

	// Delay is how long ago it entered; of Left.
	Delay time.Duration

	// QueueBytes wait for the bottleneck, if there is one; of Entered.
	QueueBytes int
}

// told returns what observers are told at least.
func (p *Proxy) told(c *client, direction int, event Event, now time.Time, data []byte) Datagram {
	return Datagram{
		Time: now, Client: c.address, Up: direction == toTarget, Event: event, Data: data,
		Host: int(c.number % uint64(len(p.hosts))), Upstream: c.outside,
	}
}

// observeDrops tells the observer of what an active queue drops.
func (p *Proxy) observeDrops(c *client, direction int, pipe *link.Pipe) {
	if p.cfg.Observe == nil {
		return
	}
	pipe.OnDrop(func(fate link.Fate, _ uint64, data []byte) {
		d := p.told(c, direction, Dropped, time.Now(), data)
		d.Fate = fate
		p.cfg.Observe(d)
	})
}
