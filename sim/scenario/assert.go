package scenario

import (
	"slices"
	"strings"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/result"
)

// An Assertion is what must hold at the end of a run.
type Assertion struct {
	Text string // as in the file
	Line int

	// Sometimes makes it hold of several runs if it does of one of them;
	// others hold if they do of all.
	Sometimes bool

	claim claim
}

// A claim is what an assertion says, without when.
type claim interface {
	// judge reports whether it holds, and says in words what was.
	judge(run *result.Run) (holds bool, measured string)
}

// Judge says whether the assertion holds of a run, and what was measured. An
// Assertion that did not come from Parse or ParseAssertion does not hold.
func (a *Assertion) Judge(run *result.Run) result.Assertion {
	verdict := result.Assertion{Text: a.Text, Sometimes: a.Sometimes, Measured: "it was not read from a file"}
	if a.claim != nil {
		verdict.Pass, verdict.Measured = a.claim.judge(run)
	}
	return verdict
}

// Judge judges all assertions of the scenario.
func (s *Scenario) Judge(run *result.Run) []result.Assertion {
	verdicts := make([]result.Assertion, len(s.Assertions))
	for i := range s.Assertions {
		verdicts[i] = s.Assertions[i].Judge(run)
	}
	return verdicts
}

// ParseAssertion reads an assertion about the scenario, such as one from a
// command line. The error says the column and what was expected.
func (s *Scenario) ParseAssertion(text string) (Assertion, error) {
	a := Assertion{Text: strings.Join(strings.Fields(text), " ")}
	if len(text) > maxAssertion {
		return a, &assertError{1, "a shorter one"}
	}
	r := &reader{words: words(text), end: len(text) + 1}
	switch {
	case r.accept("sometimes", ":"):
		a.Sometimes = true
	case r.accept("always", ":"):
	case r.peek() == "sometimes" || r.peek() == "always":
		r.take()
		return a, r.fail("a colon")
	}
	g := grammar{reader: r, s: s}
	var err error
	if a.claim, err = g.claim(); err != nil {
		return a, err
	}
	if r.peek() != "" {
		return a, r.fail("nothing more")
	}
	return a, nil
}

// maxAssertion is the most bytes an assertion may have.
const maxAssertion = 1000

// assertions reads what must hold.
func (p *parser) assertions(n *document.Node) {
	if n == nil {
		return
	}
	if n.Kind != document.Array {
		p.Add(n.Line, "assert", "want a list: assert = [\"p99 of duel < 120 ms\"]")
		return
	}
	for _, item := range n.Items {
		if item.Kind != document.String {
			p.Add(item.Line, "assert", "want a text such as \"p99 of duel < 120 ms\"")
			continue
		}
		a, err := p.s.ParseAssertion(item.Text)
		if err != nil {
			p.Add(item.Line, "assert", "%q: %v", item.Text, err)
			continue
		}
		a.Line = item.Line
		p.s.Assertions = append(p.s.Assertions, a)
	}
}

// A grammar reads the claim of an assertion about a scenario.
type grammar struct {
	*reader
	s *Scenario
}

// claim reads everything after "always:" or "sometimes:".
func (g *grammar) claim() (claim, error) {
	switch {
	case g.accept("no", "error"):
		return errorClaim{}, nil
	case g.accept("no"):
		return g.absence()
	case g.peek() == "connected" && g.peekAt(1) == "within":
		g.next += 2
		return g.connected()
	case g.peek() == "a" || g.peek() == "an":
		g.take()
		return g.happened()
	case eventKind(g.peek(), g.s) != "":
		return g.happened()
	}
	return g.comparison()
}

// subject reads whom it is about: "duel", "channel state of duel up",
// "link client down". Only is what it may be.
func (g *grammar) subject(only ...string) (subject, error) {
	var sub subject
	explicit := ""
	if word := g.peek(); slices.Contains(subjectKinds, word) && g.peekAt(1) != "" {
		if !slices.Contains(only, word) {
			return sub, g.fail("%s, as only they have that", strings.Join(only, " or "))
		}
		explicit = word
		g.take()
	}
	if !g.named(&sub, explicit, only) {
		return sub, g.fail("%s", g.wantName(explicit, only))
	}
	if sub.kind == "channel" && g.accept("of") {
		g.accept("flow")
		name := g.peekName()
		if !slices.ContainsFunc(g.s.Flows, func(f Flow) bool { return f.Name == name && hasChannel(&f, sub.names[0]) }) {
			return sub, g.fail("the name of a flow with a channel %s: %s", sub.names[0], document.Hint(name, g.flowNames(sub.names[0])))
		}
		sub.flow = name
		g.take()
	}
	if sub.kind != "flow" && (g.peek() == "up" || g.peek() == "down") {
		sub.direction = g.peek()
		g.take()
	}
	return sub, nil
}

// peekName returns the next word as it is written.
func (g *grammar) peekName() string {
	if g.next < len(g.words) {
		return g.words[g.next].text
	}
	return ""
}

// subjectKinds are what a subject may be.
var subjectKinds = []string{"flow", "channel", "link"}

// named takes a name of one of the kinds, the explicit one if there is one.
func (g *grammar) named(sub *subject, explicit string, only []string) bool {
	name := g.peekName()
	for _, kind := range only {
		if explicit != "" && kind != explicit {
			continue
		}
		var names []string
		switch kind {
		case "flow":
			if slices.Contains(g.flowNames(""), name) {
				names = []string{name}
			}
		case "channel":
			if len(g.flowNames(name)) > 0 {
				names = []string{name}
			}
		case "link":
			names = g.s.members(name)
		}
		if names != nil {
			sub.kind, sub.text, sub.names = kind, name, names
			g.take()
			return true
		}
	}
	return false
}

// wantName says which names would do.
func (g *grammar) wantName(explicit string, only []string) string {
	var names []string
	for _, kind := range only {
		if explicit != "" && kind != explicit {
			continue
		}
		switch kind {
		case "flow":
			names = append(names, g.flowNames("")...)
		case "channel":
			for i := range g.s.Flows {
				names = append(names, channelsOf(&g.s.Flows[i])...)
			}
		case "link":
			for _, p := range g.s.Places {
				names = append(names, p.Name)
			}
		}
	}
	slices.Sort(names)
	what := "the name of a " + strings.Join(only, " or ")
	if explicit != "" {
		what = "the name of a " + explicit
	}
	return what + ": " + document.Hint(g.peekName(), slices.Compact(names))
}

// flowNames returns the names of the flows, or of those with a channel.
func (g *grammar) flowNames(channel string) []string {
	var names []string
	for i := range g.s.Flows {
		if channel == "" || hasChannel(&g.s.Flows[i], channel) {
			names = append(names, g.s.Flows[i].Name)
		}
	}
	return names
}

// A Channeler is Options that know the names of their channels, so that an
// assertion can be told that there is none of a name.
type Channeler interface {
	Channels() []string
}

func channelsOf(f *Flow) []string {
	if c, ok := f.Options.(Channeler); ok {
		return c.Channels()
	}
	return nil
}

func hasChannel(f *Flow, name string) bool { return slices.Contains(channelsOf(f), name) }
