package scenario

import (
	"fmt"
	"strings"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// rootName is the router that is always there.
const rootName = "internet"

// A site is a place while the file is read.
type site struct {
	Place
	key    string // "hosts.alice"
	line   int
	via    int     // line of the parent's name
	base   layer   // its link as the file begins
	active []layer // what the timeline has changed, oldest first
}

type hostForm struct {
	Count   *int           `toml:"count"`
	Via     string         `toml:"via"`
	Link    *document.Node `toml:"link"`
	Address *document.Node `toml:"address"`
}

type routerForm struct {
	Via     string         `toml:"via"`
	Link    *document.Node `toml:"link"`
	NAT     *document.Node `toml:"nat"`
	Address *document.Node `toml:"address"`
}

// topology makes the places, parents before children.
func (p *parser) topology(form *fileForm) {
	var order []*site
	for _, e := range p.entries(form.Routers, "routers") {
		order = append(order, p.router(e))
	}
	hosts := p.entries(form.Hosts, "hosts")
	order = append(order, p.implicitHosts(form, hosts)...)
	for _, e := range hosts {
		order = append(order, p.host(e, form.Link)...)
	}
	if len(order) > MaxPlaces {
		p.Add(0, "hosts", "want at most %d hosts and routers, not %d", MaxPlaces, len(order))
		return
	}
	p.order = order
	for _, s := range order {
		p.via(s)
	}
	done := map[string]bool{"": true}
	for _, s := range order {
		p.settle(s, done)
	}
}

// entries returns the tables in a table.
func (p *parser) entries(n *document.Node, key string) []document.Entry {
	if n == nil {
		return nil
	}
	if n.Kind != document.Table {
		p.Add(n.Line, key, "want tables with names: [%s.NAME]", key)
		return nil
	}
	return n.Entries
}

// implicitHosts returns the server, and the client where the file has a link
// for it or no other host.
func (p *parser) implicitHosts(form *fileForm, hosts []document.Entry) []*site {
	client, server, others := false, false, false
	for _, e := range hosts {
		client = client || e.Name == Client
		server = server || e.Name == Server
		others = others || e.Name != Server
	}
	var sites []*site
	if !server {
		sites = append(sites, p.place(&site{Place: Place{Name: Server}, key: "hosts.server"}))
	}
	if !client && (form.Link != nil || !others) {
		s := &site{Place: Place{Name: Client}, key: "link"}
		s.base = p.layer(form.Link, "link")
		sites = append(sites, p.place(s))
	}
	return sites
}

func (p *parser) router(e document.Entry) *site {
	s := &site{Place: Place{Name: e.Name, Router: true}, key: "routers." + e.Name, line: e.Value.Line}
	var form routerForm
	document.Decode(e.Value, s.key, &form, p.Problems)
	s.Parent, s.via = form.Via, e.Value.LineOf("via")
	s.base = p.layer(form.Link, s.key+".link")
	p.nat(s, form.NAT)
	p.addresses(s, form.Address)
	if form.Address != nil && s.NAT.Kind != nat.Translate && s.NAT.Kind != nat.OneToOne {
		p.Add(form.Address.Line, s.key+".address", "want a nat as well: a router without one has no address")
	}
	return p.place(s)
}

func (p *parser) host(e document.Entry, common *document.Node) []*site {
	key := "hosts." + e.Name
	var form hostForm
	if nat := e.Value.Get("nat"); nat != nil {
		p.Add(nat.Line, key+".nat", "want the NAT on a router: [routers.NAME], and via = \"NAME\" here")
	}
	document.Decode(e.Value, key, &form, p.Problems)
	s := site{Place: Place{Name: e.Name, Parent: form.Via}, key: key, line: e.Value.Line, via: e.Value.LineOf("via")}
	s.base = p.layer(form.Link, key+".link")
	if e.Name == Client && common != nil {
		if form.Link != nil {
			p.Add(e.Value.LineOf("link"), key+".link", "want only one: the client's link is [link], in line %d", common.Line)
		}
		s.base = p.layer(common, "link")
	}
	p.addresses(&s, form.Address)
	if form.Count == nil {
		return []*site{p.place(&s)}
	}
	if *form.Count < 1 || *form.Count > MaxPlaces {
		p.Add(e.Value.LineOf("count"), key+".count", "want 1 to %d", MaxPlaces)
		return nil
	}
	if form.Address != nil {
		p.Add(form.Address.Line, key+".address", "want none where there is a count: no two hosts have the same")
	}
	var sites []*site
	p.name(&s)
	for i := range *form.Count {
		member := s
		member.Name = fmt.Sprint(e.Name, i+1)
		p.s.Groups[e.Name] = append(p.s.Groups[e.Name], member.Name)
		sites = append(sites, p.place(&member))
	}
	return sites
}

// place files a site by its name.
func (p *parser) place(s *site) *site {
	p.name(s)
	if p.places[s.Name] != nil || len(p.s.Groups[s.Name]) > 0 {
		p.Add(s.line, s.key, "want a name that no other host or router has")
		return s
	}
	p.places[s.Name] = s
	return s
}

// name checks the name of a site.
func (p *parser) name(s *site) {
	switch {
	case s.Name == rootName:
		p.Add(s.line, s.key, "want another name: the internet is always there")
	case !isName(s.Name):
		p.Add(s.line, s.key, "want a name of at most %d letters, digits, - and _", maxName)
	}
}

const maxName = 64

// isName reports whether s can name something that assertions speak of.
func isName(s string) bool {
	outside := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	return s != "" && len(s) <= maxName && strings.IndexFunc(s, outside) < 0
}

// via checks the parent of a site, and finds circles.
func (p *parser) via(s *site) {
	if s.Parent == rootName {
		s.Parent = ""
	}
	if s.Parent == "" {
		return
	}
	if !p.isRouter(s.via, s.key+".via", s.Parent) {
		s.Parent = ""
		return
	}
	at := p.places[s.Parent]
	for range len(p.places) {
		if at == s {
			p.Add(s.via, s.key+".via", "want a way to the internet: %q leads back to %q", s.Parent, s.Name)
			s.Parent = ""
			return
		}
		if at = p.places[at.Parent]; at == nil {
			return
		}
	}
}

// isRouter reports whether there is a router with a name, and adds a problem
// if there is none.
func (p *parser) isRouter(line int, key, name string) bool {
	if s := p.places[name]; s != nil && s.Router {
		return true
	}
	p.Add(line, key, "want the name of a router, not %q: %s", name, document.Hint(name, p.routerNames()))
	return false
}

// routerNames returns the names of the routers.
func (p *parser) routerNames() []string {
	var names []string
	for _, s := range p.order {
		if s.Router {
			names = append(names, s.Name)
		}
	}
	return names
}

// names returns the names of all places, or of the routers or hosts.
func (p *parser) names(routers, hosts bool) []string {
	var names []string
	for _, place := range p.s.Places {
		if place.Router && routers || !place.Router && hosts {
			names = append(names, place.Name)
		}
	}
	return names
}

// settle adds a place to the scenario after its parents, with the link it
// begins with.
func (p *parser) settle(s *site, done map[string]bool) {
	if done[s.Name] {
		return
	}
	done[s.Name] = true
	if parent := p.places[s.Parent]; parent != nil {
		p.settle(parent, done)
	}
	s.Line = p.lineOf(s)
	p.s.Places = append(p.s.Places, s.Place)
}
