package scenario

import (
	"fmt"
	"slices"

	"github.com/reckon-engine/reckon/sim/link"
)

// Hosts returns the names of the hosts but for the server, in the order of the
// places.
func (s *Scenario) Hosts() []string {
	var names []string
	for _, p := range s.Places {
		if !p.Router && p.Name != Server {
			names = append(names, p.Name)
		}
	}
	return names
}

// OneLink returns the one place whose link is all there is between a host and
// the server, and what the timeline does to it, for the proxy and TUN, which
// have one link each way. The place may be the host or a router above it; its
// name is what LinkSeed wants. Of the changes, those of links are of that place
// only; the others are there as they are.
//
// The error says which link is one too many, or that there is no such host.
func (s *Scenario) OneLink(host string) (Place, []Change, error) {
	place, ok := s.find(host)
	if !ok || place.Router {
		return Place{}, nil, fmt.Errorf("%s: there is no host %q", s.File, host)
	}
	only, found := place, false
	for _, p := range append(s.way(host), s.way(Server)...) {
		if !s.everImperfect(p) {
			continue
		}
		if found {
			return Place{}, nil, fmt.Errorf("%s: between %s and %s are two links that are not perfect, of %s and %s, and here there can be one: netsim run has all", s.File, host, Server, only.Name, p.Name)
		}
		only, found = p, true
	}
	return only, s.changesOf(only.Name, host), nil
}

// way returns a place and the routers above it.
func (s *Scenario) way(name string) []Place {
	var way []Place
	for p, ok := s.find(name); ok; p, ok = s.find(p.Parent) {
		way = append(way, p)
	}
	return way
}

func (s *Scenario) find(name string) (Place, bool) {
	i := slices.IndexFunc(s.Places, func(p Place) bool { return p.Name == name })
	if i < 0 {
		return Place{}, false
	}
	return s.Places[i], true
}

// everImperfect reports whether the link of a place does anything at any time.
func (s *Scenario) everImperfect(p Place) bool {
	if !perfect(p.Line) {
		return true
	}
	for _, c := range s.Timeline {
		for _, l := range c.Links {
			if l.Place == p.Name && !perfect(l.Line) {
				return true
			}
		}
	}
	return false
}

// perfect reports whether a link does nothing: overhead alone is nothing.
func perfect(l Line) bool {
	l.Up.Overhead, l.Down.Overhead = 0, 0
	return l.Up == link.Config{} && l.Down == link.Config{}
}

// changesOf returns what the timeline does to the link of a place, and to a
// host or by rebinding.
func (s *Scenario) changesOf(place, host string) []Change {
	var changes []Change
	for _, c := range s.Timeline {
		c.Links = slices.DeleteFunc(slices.Clone(c.Links), func(l LinkChange) bool { return l.Place != place })
		if len(c.Links) > 0 || c.Rebind != "" || c.Move != nil && c.Move.Host == host {
			changes = append(changes, c)
		}
	}
	return changes
}
