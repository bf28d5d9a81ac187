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
	p.mu.Unlock()
	p.waiter.Wake()
}

// change makes the changes that are due. The mutex is held.
func (p *Proxy) change(now time.Time) {
	for len(p.changes) > 0 && now.Sub(p.epoch) >= p.changes[0].At {
		c := p.changes[0]
		p.changes = p.changes[1:]
		up, down := p.cfg.Up, p.cfg.Down
		if c.Up != nil {
			up = *c.Up
		}
		if c.Down != nil {
			down = *c.Down
		}
		p.setAll(up, down)
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

// Clients returns the addresses of the clients there are, in the order of
// their places.
func (p *Proxy) Clients() []netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []netip.AddrPort
	for _, c := range p.slots {
		if c != nil {
			list = append(list, c.address)
		}
	}
	return list
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
	p.cfg.Up, p.cfg.Down = up, down
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
