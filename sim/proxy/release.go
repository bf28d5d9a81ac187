package proxy

import (
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

const (
	// coarseMargin is how long before a delivery the releaser stops trusting
	// timers, which wake up to a millisecond late where the system's poller
	// counts in milliseconds (epoll), and sleeps finely.
	coarseMargin = 1500 * time.Microsecond

	// fineSleep is the longest fine sleep, which cannot be interrupted: a
	// datagram that arrives meanwhile and is due before its end is this much
	// late at most.
	fineSleep = 200 * time.Microsecond

	// idleCheck is how often idle clients are looked for.
	idleCheck = time.Second
)

// push puts a datagram on a link and wakes the releaser if it is the next
// due. The mutex is held.
func (p *Proxy) push(c *client, direction int, now time.Time, datagram []byte) {
	c.active = now
	fate := c.pipes[direction].Push(now, datagram)
	if fate.Cause != link.Delivered && fate.Cause != link.Pending {
		return
	}
	item := 2*c.slot + direction
	p.schedule(item, c.pipes[direction])
	if first, _, ok := p.agenda.First(); ok && first == item {
		select {
		case p.wake <- struct{}{}:
		default: // it will wake anyway
		}
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
	timer := time.NewTimer(0)
	defer timer.Stop()
	nextCheck := time.Now().Add(idleCheck)
	for {
		r, wait, ok := p.takeDue(&nextCheck)
		if ok {
			p.write(&r)
			continue
		}
		if wait > 0 && wait <= coarseMargin {
			sleepFinely(min(wait, fineSleep))
			select {
			case <-p.done:
				return
			default:
			}
			continue
		}
		timer.Reset(wait - coarseMargin)
		select {
		case <-timer.C:
		case <-p.wake:
		case <-p.done:
			return
		}
	}
}

// takeDue returns the next datagram that is due, or how long there is to wait
// for it.
func (p *Proxy) takeDue(nextCheck *time.Time) (r release, wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !now.Before(*nextCheck) {
		*nextCheck = now.Add(idleCheck)
		p.dropIdle(now)
	}
	item, at, ok := p.agenda.First()
	if !ok {
		return release{}, nextCheck.Sub(now) + coarseMargin, false
	}
	due := p.start.Add(time.Duration(at))
	if wait := due.Sub(now); wait > 0 {
		return release{}, min(wait, nextCheck.Sub(now)+coarseMargin), false
	}
	c, direction := p.slots[item/2], item%2
	datagram, ok := c.pipes[direction].Pop(due)
	p.schedule(item, c.pipes[direction])
	if !ok {
		return release{}, 0, false // an active queue moved
	}
	p.late.add(now.Sub(due))
	r = release{client: c, datagram: datagram}
	if direction == toClient {
		r.to = c.address
	}
	return r, 0, true
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
