package run

import (
	"fmt"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/vnet"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// A world is the internet of a scenario, with what is measured of its links.
type world struct {
	net    *vnet.Internet
	ipv6   bool
	epoch  time.Time
	step   time.Duration
	places []place
	events []result.Event
}

// A place is a host or a router in the internet.
type place struct {
	name    string
	machine *vnet.Machine   // of a host
	at      *vnet.Interface // of a host: where it is attached now
	router  *vnet.Router    // of a router
	moves   int
	watch   *linkWatch
}

// build adds the scenario's places.
func (w *world) build(places []scenario.Place) error {
	for i := range places {
		p := &places[i]
		parent, err := w.parent(p.Parent)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		made := place{name: p.Name, watch: newLinkWatch(w.step)}
		attachment := vnet.Attachment{Parent: parent, Up: p.Line.Up, Down: p.Line.Down, Addresses: p.Addresses}
		if p.Router {
			made.router, err = w.net.AddRouter(p.Name, vnet.RouterConfig{
				Attachment: attachment, IPv4: p.NAT, IPv6: behindV6(p.NAT),
			})
		} else if made.machine, err = w.net.AddMachine(p.Name, attachment); err == nil {
			made.at = made.machine.Interfaces()[0]
		}
		if err != nil {
			return err
		}
		made.watch.follow(made.edge())
		w.places = append(w.places, made)
	}
	return nil
}

// behindV6 returns what a box that is a NAT for IPv4 does with IPv6: it
// translates nothing and filters alike, as home routers do (RFC 6092).
func behindV6(c nat.Config) nat.Config {
	switch c.Kind {
	case nat.Translate:
		c.Kind, c.Mapping, c.Hairpin = nat.Firewall, nat.EndpointIndependent, nat.HairpinOff
	case nat.OneToOne:
		return nat.Config{}
	}
	return c
}

func (w *world) parent(name string) (*vnet.Router, error) {
	if name == "" {
		return w.net.Root(), nil
	}
	if r := w.net.Router(name); r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("there is no router %q to hang on", name)
}

// place returns the place of a name, nil if there is none.
func (w *world) place(name string) *place {
	i := slices.IndexFunc(w.places, func(p place) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &w.places[i]
}

// edge returns the edge that a place hangs on now.
func (p *place) edge() *vnet.Edge {
	if p.router != nil {
		return p.router.Edge()
	}
	return p.at.Edge()
}

// schedule enters the timeline into the agenda.
func (r *running) schedule() {
	for i := range r.scenario.Timeline {
		c := &r.scenario.Timeline[i]
		if c.At >= r.whole {
			continue
		}
		r.net.At(r.stage.Epoch.Add(c.At), func(time.Time) {
			if err := r.world.apply(c); err != nil && r.failure == nil {
				r.failure = fmt.Errorf("%s:%d: at %v: %w", r.scenario.File, c.Line, c.At, err)
			}
		})
	}
}

// apply makes a change of the timeline.
func (w *world) apply(c *scenario.Change) error {
	tell := func(kind, subject string) {
		w.events = append(w.events, result.Event{Seconds: c.At.Seconds(), Kind: kind, Subject: subject, Text: c.Text})
	}
	for i := range c.Links {
		change := &c.Links[i]
		p := w.place(change.Place)
		if p == nil {
			return fmt.Errorf("there is no host or router %q", change.Place)
		}
		if err := p.edge().Set(vnet.Up, change.Line.Up); err != nil {
			return err
		}
		if err := p.edge().Set(vnet.Down, change.Line.Down); err != nil {
			return err
		}
		p.watch.changed()
		tell("change", change.Place)
	}
	if c.Rebind != "" {
		p := w.place(c.Rebind)
		if p == nil || p.router == nil {
			return fmt.Errorf("there is no router %q", c.Rebind)
		}
		p.router.Rebind()
		tell("rebind", c.Rebind)
	}
	if c.Move != nil {
		if err := w.move(c.Move); err != nil {
			return err
		}
		tell("move", c.Move.Host)
	}
	return nil
}

// move takes a host off its link and gives it another, with another address:
// what was on its way to the old one is lost. The new link has a name, and so
// seeds, of its own, and is counted with the old one.
func (w *world) move(m *scenario.Move) error {
	p := w.place(m.Host)
	if p == nil || p.machine == nil {
		return fmt.Errorf("there is no host %q", m.Host)
	}
	parent, err := w.parent(m.Parent)
	if err != nil {
		return err
	}
	p.moves++
	next, err := p.machine.AddInterface(fmt.Sprintf("%s#%d", p.name, p.moves+1), vnet.Attachment{
		Parent: parent, Up: m.Line.Up, Down: m.Line.Down,
	})
	if err != nil {
		return err
	}
	p.at.SetUp(false)
	p.at = next
	p.machine.Prefer(next)
	p.watch.follow(next.Edge())
	return nil
}

// results returns what was measured of all links.
func (w *world) results() []result.Link {
	links := []result.Link{}
	for i := range w.places {
		p := &w.places[i]
		for d := range vnet.Direction(2) {
			links = append(links, p.watch.result(p.name, d))
		}
	}
	return links
}
