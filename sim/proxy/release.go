package proxy

import (
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// idleCheck is how often idle clients are looked for.
const idleCheck = time.Second

// push puts a datagram on a link and wakes the releaser if it is the next
// due. The mutex is held.
func (p *Proxy) push(c *client, direction int, now time.Time, datagram []byte) {
	c.active = now
	p.change(now)
	fate := c.pipes[direction].Push(now, datagram)
	if p.cfg.Observe != nil {
		p.cfg.Observe(Datagram{Time: now, Client: c.address, Up: direction == toTarget, Event: Entered, Fate: fate, Data: datagram})
	}
	item := 2*c.slot + direction
	p.schedule(item, c.pipes[direction])
	if first, _, ok := p.agenda.First(); ok && first == item {
		p.waiter.Wake()
	}
}

// schedule puts a pipe's next delivery into the agenda.
func (p *Proxy) schedule(item int, pipe *link.Pipe) {
	due, order, ok := pipe.Next()
	if !ok {
		p.agenda.Remove(item)
		return
	}
	p.agenda.Set(item, int64(due.Sub(p.start)), order)
}

// A release is a datagram that is due, and where to. The bytes are valid until
// the next one is taken.
type release struct {
	client   *client
	to       netip.AddrPort // the client, or zero for the target
	datagram []byte
}

// release sends datagrams when they are due, until the proxy is closed.
func (p *Proxy) release() {
	defer p.running.Done()
	nextCheck := time.Now().Add(idleCheck)
	for {
		r, wake, ok := p.takeDue(&nextCheck)
		switch {
		case ok:
			p.write(&r)
		case wake.IsZero():
			return
		default:
			p.waiter.Wait(wake)
		}
	}
}

// takeDue returns the next datagram that is due, or when to come back for it:
// never, the zero time, if the proxy is closed.
func (p *Proxy) takeDue(nextCheck *time.Time) (r release, wake time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return release{}, time.Time{}, false
	}
	now := time.Now()
	p.change(now)
	if !now.Before(*nextCheck) {
		*nextCheck = now.Add(idleCheck)
		p.dropIdle(now)
	}
	wake = *nextCheck
	if len(p.changes) > 0 {
		if at := p.epoch.Add(p.changes[0].At); at.Before(wake) {
			wake = at
		}
	}
	for {
		item, at, ok := p.agenda.First()
		if !ok {
			return release{}, wake, false
		}
		due := p.start.Add(time.Duration(at))
		if due.After(now) {
			if due.Before(wake) {
				wake = due
			}
			return release{}, wake, false
		}
		c, direction := p.slots[item/2], item%2
		datagram, ok := c.pipes[direction].Pop(due)
		p.schedule(item, c.pipes[direction])
		if !ok {
			continue // something happened inside the link
		}
		p.late.Add(now.Sub(due))
		if p.cfg.Observe != nil {
			p.cfg.Observe(Datagram{Time: now, Client: c.address, Up: direction == toTarget, Event: Left, Data: datagram})
		}
		r = release{client: c, datagram: datagram}
		if direction == toClient {
			r.to = c.address
		}
		return r, time.Time{}, true
	}
}

// write sends a datagram. The mutex is not held: only this goroutine takes
// datagrams, so the bytes stay valid.
func (p *Proxy) write(r *release) {
	var err error
	if r.to.IsValid() {
		_, err = p.listener.WriteToUDPAddrPort(r.datagram, r.to)
	} else {
		_, err = r.client.upstream.Write(r.datagram)
	}
	if err != nil {
		p.mu.Lock()
		p.stats.SocketErrors++
		p.mu.Unlock()
	}
}
