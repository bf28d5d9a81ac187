package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// atForm is an entry of the timeline as it is written.
type atForm struct {
	Time   *document.Node `toml:"time"`
	For    *document.Node `toml:"for"`
	Every  *document.Node `toml:"every"`
	On     *document.Node `toml:"on"`
	Link   *document.Node `toml:"link"`
	Rebind *document.Node `toml:"rebind"`
	Move   *document.Node `toml:"move"`
	Say    string         `toml:"say"`
}

// A moment is one thing that happens once.
type moment struct {
	at    time.Duration
	line  int
	order int
	text  string
	do    func(c *Change)
}

// timeline makes the changes, in order of time.
func (p *parser) timeline(n *document.Node) {
	if n == nil {
		return
	}
	if n.Kind != document.Array {
		p.Add(n.Line, "at", "want [[at]], with two brackets: there may be several")
		return
	}
	var moments []moment
	for _, item := range n.Items {
		if item.Kind != document.Table {
			p.Add(item.Line, "at", "want a table with time and what happens then")
			continue
		}
		moments = p.entry(moments, item)
		if len(moments) > MaxChanges {
			p.Add(item.Line, "at", "want at most %d changes in all, with repetitions", MaxChanges)
			return
		}
	}
	for i := range moments {
		moments[i].order = i
	}
	slices.SortStableFunc(moments, func(a, b moment) int {
		return cmpOr(int64(a.at)-int64(b.at), int64(a.order-b.order))
	})
	for _, m := range moments {
		c := Change{At: m.at, Line: m.line, Text: m.text}
		m.do(&c)
		if c.Links != nil || c.Rebind != "" || c.Move != nil {
			p.s.Timeline = append(p.s.Timeline, c)
		}
	}
}

func cmpOr(a, b int64) int {
	if a == 0 {
		a = b
	}
	return int(max(-1, min(a, 1)))
}

// entry adds the moments of an entry of the timeline.
func (p *parser) entry(moments []moment, item *document.Node) []moment {
	var form atForm
	document.Decode(item, "at", &form, p.Problems)
	first, ok := p.moment(form.Time, item.Line, "at.time", p.s.Duration, "the end")
	if !ok {
		return moments
	}
	hold, _ := p.moment(form.For, 0, "at.for", MaxDuration, "")
	every, _ := p.moment(form.Every, 0, "at.every", MaxDuration, "")
	switch {
	case form.Link == nil && form.Rebind == nil && form.Move == nil:
		p.Add(item.Line, "at", "want link, rebind or move: what happens then")
	case form.For != nil && form.Link == nil:
		p.Add(form.For.Line, "at.for", "want it with link only: nothing else goes back to what it was")
		return moments
	case form.On != nil && form.Link == nil:
		p.Add(form.On.Line, "at.on", "want it with link only: it says whose")
	case form.For != nil && hold == 0 || form.Every != nil && every == 0:
		p.Add(item.Line, "at", "want for and every above 0s")
		return moments
	case every > 0 && hold >= every:
		p.Add(form.For.Line, "at.for", "want less than every, %v", every)
		return moments
	}
	for at := first; at <= p.s.Duration; at += every {
		moments = p.once(moments, at, hold, item, &form)
		if every == 0 || len(moments) > MaxChanges || p.Any() {
			break
		}
	}
	return moments
}

// moment reads a time of an entry.
func (p *parser) moment(n *document.Node, line int, key string, high time.Duration, what string) (time.Duration, bool) {
	if n == nil {
		if line > 0 {
			p.Add(line, key, "want a time such as \"20s\"")
		}
		return 0, false
	}
	t, err := parseTime(n, high)
	if err != nil {
		if d, e := time.ParseDuration(n.Text); e == nil && d > high && what != "" {
			err = fmt.Errorf("want 0s to %v, %s", high, what)
		}
		p.Add(n.Line, key, "%v", err)
	}
	return t, err == nil
}

// once adds what an entry does at one time.
func (p *parser) once(moments []moment, at, hold time.Duration, item *document.Node, form *atForm) []moment {
	add := func(t time.Duration, text string, do func(*Change)) {
		if form.Say != "" {
			text = form.Say
		}
		moments = append(moments, moment{at: t, line: item.Line, text: strings.Join(strings.Fields(text), " "), do: do})
	}
	if form.Link != nil {
		sites := p.subjects(form, item)
		l := p.layer(form.Link, "at.link")
		names := siteNames(sites)
		add(at, "link of "+names+": "+form.Link.Short(), func(c *Change) { p.relink(c, sites, l, true) })
		if hold > 0 && at+hold <= p.s.Duration {
			add(at+hold, "link of "+names+": as before", func(c *Change) { p.relink(c, sites, l, false) })
		}
	}
	if n := form.Rebind; n != nil {
		if name, ok := p.rebinding(n); ok {
			add(at, "rebind "+name, func(c *Change) { c.Rebind = name })
		}
	}
	if n := form.Move; n != nil {
		if host, parent, l, ok := p.moving(n); ok {
			add(at, "move "+host.Name+" to "+orInternet(parent), func(c *Change) { p.move(c, host, parent, l) })
		}
	}
	return moments
}

func orInternet(router string) string {
	if router == "" {
		return "the " + rootName
	}
	return router
}

func siteNames(sites []*site) string {
	names := make([]string, len(sites))
	for i, s := range sites {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// subjects returns the sites whose links an entry changes.
func (p *parser) subjects(form *atForm, item *document.Node) []*site {
	if form.On == nil {
		if s := p.places[Client]; s != nil {
			return []*site{s}
		}
		p.Add(item.Line, "at.on", "want whose link it is: %s", document.Hint("", p.names(true, true)))
		return nil
	}
	list := []*document.Node{form.On}
	if form.On.Kind == document.Array {
		list = form.On.Items
	}
	var sites []*site
	for _, n := range list {
		members := p.s.Groups[n.Text]
		if n.Kind == document.String && p.places[n.Text] != nil {
			members = []string{n.Text}
		}
		if len(members) == 0 {
			p.Add(n.Line, "at.on", "want the name of a host or router: %s", document.Hint(n.Text, p.names(true, true)))
		}
		for _, name := range members {
			if s := p.places[name]; !slices.Contains(sites, s) {
				sites = append(sites, s)
			}
		}
	}
	return sites
}

// relink puts a layer on the links of sites, or takes it off again.
func (p *parser) relink(c *Change, sites []*site, l layer, on bool) {
	if p.relinked += len(sites); p.relinked > MaxChanges {
		p.Add(c.Line, "at", "want at most %d changes in all, with repetitions, counting each link", MaxChanges)
		return
	}
	for _, s := range sites {
		if on {
			s.active = append(s.active, l)
		} else if i := slices.Index(s.active, l); i >= 0 {
			s.active = slices.Delete(s.active, i, i+1)
		}
		c.Links = append(c.Links, LinkChange{Place: s.Name, Line: p.lineOf(s)})
	}
}

// rebinding returns the router whose NAT forgets.
func (p *parser) rebinding(n *document.Node) (string, bool) {
	if n.Kind != document.String {
		p.Add(n.Line, "at.rebind", "want the name of a router with a nat")
		return "", false
	}
	if !p.isRouter(n.Line, "at.rebind", n.Text) {
		return "", false
	}
	if p.places[n.Text].NAT.Kind != nat.Translate {
		p.Add(n.Line, "at.rebind", "want a router whose nat translates; %s has none", n.Text)
		return "", false
	}
	return n.Text, true
}

// moveForm is a move as it is written.
type moveForm struct {
	Host string         `toml:"host"`
	Via  string         `toml:"via"`
	Link *document.Node `toml:"link"`
}

// moving reads a move.
func (p *parser) moving(n *document.Node) (host *site, parent string, l layer, ok bool) {
	form := moveForm{Host: Client, Via: rootName}
	document.Decode(n, "at.move", &form, p.Problems)
	l = p.layer(form.Link, "at.move.link")
	if n.Kind != document.Table {
		return nil, "", l, false
	}
	host = p.places[form.Host]
	if host == nil || host.Router {
		p.Add(n.LineOf("host"), "at.move.host", "want the name of a host: %s", document.Hint(form.Host, p.names(false, true)))
		return nil, "", l, false
	}
	if form.Via != rootName {
		parent = form.Via
		if !p.isRouter(n.LineOf("via"), "at.move.via", parent) {
			return nil, "", l, false
		}
	}
	return host, parent, l, true
}

// move gives a host another parent, and the link that the move says, or the
// one it had.
func (p *parser) move(c *Change, host *site, parent string, l layer) {
	if l.Node != nil {
		host.base, host.active = l, nil
	}
	c.Move = &Move{Host: host.Name, Parent: parent, Line: p.lineOf(host)}
}

// flows makes the flows.
func (p *parser) flows(n *document.Node) {
	if n == nil {
		return
	}
	if n.Kind != document.Array {
		p.Add(n.Line, "flow", "want [[flow]], with two brackets: there may be several")
		return
	}
	if len(n.Items) > MaxFlows {
		p.Add(n.Line, "flow", "want at most %d flows", MaxFlows)
		return
	}
	for _, item := range n.Items {
		if item.Kind != document.Table {
			p.Add(item.Line, "flow", "want a table: [[flow]]")
			continue
		}
		p.flow(item)
	}
}

// flowForm is what all flows have.
type flowForm struct {
	Name string `toml:"name"`
	Kind string `toml:"kind"`
}

func (p *parser) flow(item *document.Node) {
	own, common := *item, *item
	own.Entries, common.Entries = nil, nil
	for _, e := range item.Entries {
		if e.Name == "name" || e.Name == "kind" {
			common.Entries = append(common.Entries, e)
		} else {
			own.Entries = append(own.Entries, e)
		}
	}
	var form flowForm
	document.Decode(&common, "flow", &form, p.Problems)
	kind := p.kind(item, form.Kind)
	f := Flow{Name: form.Name, Kind: form.Kind, Line: item.Line}
	if f.Name == "" {
		f.Name = f.Kind
	}
	switch {
	case form.Name != "" && !isName(form.Name):
		p.Add(item.LineOf("name"), "flow.name", "want at most %d letters, digits, - and _", maxName)
	case slices.ContainsFunc(p.s.Flows, func(g Flow) bool { return g.Name == f.Name }):
		p.Add(item.LineOf("name"), "flow.name", "want a name that no other flow has, not %q", f.Name)
	}
	if kind == nil {
		return
	}
	f.Options = kind.New()
	before := p.Count()
	document.Decode(&own, "flow", f.Options, p.Problems)
	if p.Count() == before {
		p.validate(item, f.Options)
	}
	p.s.Flows = append(p.s.Flows, f)
}

// kind finds a kind of flow.
func (p *parser) kind(item *document.Node, name string) *Kind {
	names := make([]string, len(p.kinds))
	for i := range p.kinds {
		if p.kinds[i].Name == name {
			return &p.kinds[i]
		}
		names[i] = p.kinds[i].Name
	}
	p.Add(item.LineOf("kind"), "flow.kind", "unknown kind: %s", document.Hint(name, names))
	return nil
}

// validate asks the options of a flow, and finds the line of what they say.
func (p *parser) validate(item *document.Node, o Options) {
	err := o.Validate(p.names(false, true))
	if err == nil {
		return
	}
	var key *KeyError
	if !errors.As(err, &key) {
		p.Add(item.Line, "flow", "%v", err)
		return
	}
	p.Add(item.LineOf(key.Key), withoutNumbers("flow."+key.Key), "want %s", key.Want)
}
