package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// A RealHost is a host as real time has it: with one link each way towards the
// server, and what the timeline does to that.
type RealHost struct {
	Name    string
	Place   Place // whose link it is: the host, or a router above it
	Changes []RealChange
}

// A RealChange is a change of the timeline as one host sees it.
type RealChange struct {
	At   time.Duration
	Line int // in the file
	Text string

	// Link is the link from then on; nil if it stays.
	Link *Line

	// Rebind is set if the server sees the host at another address from then
	// on.
	Rebind bool

	// Place is the name of the new link, for LinkSeed, if the host is in
	// another network from then on; else "".
	Place string
}

// A Mode is a way to run a scenario in real time, with what it can do.
type Mode struct {
	Name    string // for messages: "netsim proxy"
	Rebinds bool   // there are addresses that can change
}

// The modes of real time.
var (
	ModeProxy = Mode{Name: "netsim proxy", Rebinds: true}
	ModeTUN   = Mode{Name: "netsim tun"}
)

// Real returns a host as a mode of real time has it. What the mode cannot do is
// an error that says what, with its line where it has one. See OneLink.
func (s *Scenario) Real(host string, mode Mode) (RealHost, error) {
	place, _, err := s.OneLink(host)
	if err != nil {
		return RealHost{}, err
	}
	for _, p := range append(s.way(host), s.way(Server)...) {
		if p.NAT.Kind == nat.Blocked || p.NAT.Kind != nat.None && !mode.Rebinds {
			return RealHost{}, fmt.Errorf("%s: between %s and %s is the NAT of %s, which %s does not have: netsim run does", s.File, host, Server, p.Name, mode.Name)
		}
	}
	h := RealHost{Name: host, Place: place}
	follow := follower{s: s, mode: mode, host: host, link: place.Name, way: s.way(host)}
	for i := range s.Timeline {
		changes, err := follow.change(&s.Timeline[i])
		if err != nil {
			return RealHost{}, err
		}
		h.Changes = append(h.Changes, changes...)
	}
	return h, nil
}

// A follower follows a host through the timeline.
type follower struct {
	s     *Scenario
	mode  Mode
	host  string
	link  string  // the place whose link is the host's now
	way   []Place // from the host to the internet
	moves int
}

// change returns what a change of the timeline is to the host.
func (f *follower) change(c *Change) ([]RealChange, error) {
	r := RealChange{At: c.At, Line: c.Line, Text: c.Text}
	switch {
	case c.Move != nil && c.Move.Host == Server:
		return nil, f.refuse(c, "a server that moves")
	case c.Move != nil && c.Move.Host == f.host:
		return f.move(c, r)
	case c.Rebind != "" && slices.ContainsFunc(f.way, func(p Place) bool { return p.Name == c.Rebind }):
		if !f.mode.Rebinds {
			return nil, f.refuse(c, "a NAT to rebind")
		}
		r.Rebind = true
		return []RealChange{r}, nil
	}
	for i := range c.Links {
		if c.Links[i].Place == f.link {
			r.Link = &c.Links[i].Line
			return []RealChange{r}, nil
		}
	}
	return nil, nil
}

func (f *follower) refuse(c *Change, what string) error {
	return fmt.Errorf("%s:%d: at: %s does not have %s: netsim run does", f.s.File, c.Line, f.mode.Name, what)
}

// move is what a move is: another address, and another link.
func (f *follower) move(c *Change, r RealChange) ([]RealChange, error) {
	f.moves++
	way := append([]Place{{Name: f.host, Parent: c.Move.Parent}}, f.s.way(c.Move.Parent)...)
	for _, p := range way[1:] {
		if f.s.everImperfect(p) {
			return nil, f.refuse(c, fmt.Sprintf("two links that are not perfect, of %s and %s", f.host, p.Name))
		}
		if p.NAT.Kind == nat.Blocked || p.NAT.Kind != nat.None && !f.mode.Rebinds {
			return nil, f.refuse(c, "the NAT of "+p.Name)
		}
	}
	r.Rebind = f.mode.Rebinds
	if !slices.ContainsFunc(f.way, func(p Place) bool { return p.Name == f.link }) {
		// The link is on the server's side, and stays.
		if !perfect(c.Move.Line) {
			return nil, f.refuse(c, fmt.Sprintf("two links that are not perfect, of %s and %s", f.host, f.link))
		}
		f.way = way
		return []RealChange{r}, nil
	}
	f.way, f.link = way, f.host
	r.Link, r.Place = &c.Move.Line, fmt.Sprintf("%s#%d", f.host, f.moves+1)
	return []RealChange{r}, nil
}

// OfLinks returns the assertions that are about links, which can be judged
// where flows are not the scenario's.
func (s *Scenario) OfLinks() []Assertion {
	var list []Assertion
	for _, a := range s.Assertions {
		if c, ok := a.claim.(comparison); ok && c.left.of.kind == "link" && (c.right.name == "" || c.right.of.kind == "link") {
			list = append(list, a)
		}
	}
	return list
}
