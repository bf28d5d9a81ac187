package proxy

import (
	"net"
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
	pipe := c.pipes[direction]
	fate := pipe.PushLabelled(now, uint64(now.Sub(p.start)), datagram)
	if p.cfg.Observe != nil {
		d := p.told(c, direction, Entered, now, datagram)
		d.Fate = fate
		if cfg := pipe.Config(); cfg.Rate != 0 || cfg.Trace != nil {
			d.QueueBytes = pipe.Backlog(now).Bytes
		}
		p.cfg.Observe(d)
	}
	item := 2*c.slot + direction
	p.schedule(item, pipe)
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
	upstream *net.UDPConn
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
	for i := range p.hosts {
		if changes := p.hosts[i].changes; len(changes) > 0 {
			if at := p.epoch.Add(changes[0].At); at.After(now) && at.Before(wake) {
				wake = at
			}
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
			d := p.told(c, direction, Left, now, datagram)
			d.Delay = now.Sub(p.start) - time.Duration(c.pipes[direction].Label())
			p.cfg.Observe(d)
		}
		r = release{upstream: c.upstream, datagram: datagram}
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
		_, err = r.upstream.Write(r.datagram)
	}
	if err != nil {
		p.mu.Lock()
		p.stats.SocketErrors++
		p.mu.Unlock()
	}
}
