package proxy

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Change gives the links of all clients new configurations at a time.
type Change struct {
	// At is when, from the epoch, which is New unless SetEpoch says otherwise.
	At time.Duration

	// Up and Down are the configurations from then on; nil leaves a direction
	// as it is.
	Up, Down *link.Config

	// Rebind gives the clients another port towards the target, as a NAT does
	// that forgets: answers to the old one are lost.
	Rebind bool

	// Seeds, if not nil, make the links new ones with a chance of their own,
	// as of another network: what is on its way is lost.
	Seeds *[2]uint64
}

func checkChanges(changes []Change) error {
	var last time.Duration
	for i, change := range changes {
		if change.At < last {
			return fmt.Errorf("proxy: change %d is at %v, before the one at %v, or before the start", i, change.At, last)
		}
		last = change.At
		for _, cfg := range []*link.Config{change.Up, change.Down} {
			if cfg == nil {
				continue
			}
			if err := cfg.Validate(); err != nil {
				return fmt.Errorf("proxy: change %d, at %v: %w", i, change.At, err)
			}
		}
	}
	return nil
}

// SetEpoch says from when Changes and the models that depend on time count,
// instead of New. Changes that were made stay made.
func (p *Proxy) SetEpoch(epoch time.Time) {
	p.mu.Lock()
	p.setEpoch(epoch)
	p.mu.Unlock()
	p.waiter.Wake()
}

func (p *Proxy) setEpoch(epoch time.Time) {
	p.epoch = epoch
	for _, c := range p.slots {
		if c == nil {
			continue
		}
		for direction, pipe := range c.pipes {
			pipe.SetEpoch(epoch)
			p.schedule(2*c.slot+direction, pipe)
		}
	}
}

// Epoch returns from when changes count. It reports false if the first
// datagram is to decide, and there was none yet.
func (p *Proxy) Epoch() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.epoch, !p.cfg.FromFirst || p.stats.ClientsTotal > 0
}

// change makes the changes that are due. The mutex is held.
func (p *Proxy) change(now time.Time) {
	if p.cfg.FromFirst && p.stats.ClientsTotal == 0 {
		return
	}
	for i := range p.hosts {
		h := &p.hosts[i]
		for len(h.changes) > 0 && now.Sub(p.epoch) >= h.changes[0].At {
			c := &h.changes[0]
			h.changes = h.changes[1:]
			p.make(h, c, now)
		}
	}
}

// make makes a change of a host.
func (p *Proxy) make(h *host, c *Change, now time.Time) {
	if c.Up != nil {
		h.links[toTarget] = *c.Up
	}
	if c.Down != nil {
		h.links[toClient] = *c.Down
	}
	if c.Seeds != nil {
		h.seeds = c.Seeds
	}
	for _, client := range p.slots {
		if client == nil || client.host != h {
			continue
		}
		if c.Seeds != nil {
			p.renew(client, now)
		} else {
			p.set(client, h.links[toTarget], h.links[toClient])
		}
		if c.Rebind {
			p.rebind(client)
		}
	}
}

// SetLinks changes the links of all clients, for what they send from now on,
// and those of clients to come. The error is a *link.FieldError, wrapped, and
// then nothing changes.
func (p *Proxy) SetLinks(up, down link.Config) error {
	if err := checkLinks(up, down); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.setAll(up, down)
	p.waiter.Wake()
	return nil
}

// ErrNoClient means that an address is not, or no more, a client's.
var ErrNoClient = errors.New("proxy: no such client")

// SetClientLinks changes the links of one client, for what it sends from now
// on, until SetLinks or a Change sets those of all. The error is ErrNoClient,
// or a *link.FieldError, wrapped, and then nothing changes.
func (p *Proxy) SetClientLinks(address netip.AddrPort, up, down link.Config) error {
	if err := checkLinks(up, down); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.byAddress[address]
	if c == nil {
		return fmt.Errorf("%w: %v", ErrNoClient, address)
	}
	p.set(c, up, down)
	p.waiter.Wake()
	return nil
}

func checkLinks(up, down link.Config) error {
	if err := up.Validate(); err != nil {
		return fmt.Errorf("proxy: up: %w", err)
	}
	if err := down.Validate(); err != nil {
		return fmt.Errorf("proxy: down: %w", err)
	}
	return nil
}

// setAll changes the links of all clients. The mutex is held.
func (p *Proxy) setAll(up, down link.Config) {
	for i := range p.hosts {
		p.hosts[i].links = [2]link.Config{up, down}
	}
	for _, c := range p.slots {
		if c != nil {
			p.set(c, up, down)
		}
	}
}

// set changes the links of one client, which may move what comes next. The
// mutex is held.
func (p *Proxy) set(c *client, up, down link.Config) {
	for direction, cfg := range [2]link.Config{up, down} {
		if err := c.pipes[direction].SetConfig(cfg); err != nil {
			panic("proxy: BUG: a valid configuration was refused: " + err.Error())
		}
		p.schedule(2*c.slot+direction, c.pipes[direction])
	}
}
