package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/units"
)

// events are the words for kinds of events: first the one that help shows, last
// the kind.
var events = [][]string{
	{"connect", "connection", "connected"},
	{"disconnect", "disconnection", "disconnected"},
	{"stall", "stalled"},
	{"rebind", "rebinding", "rebind"},
	{"migration", "migrate", "migrated"},
	{"move", "moved", "move"},
	{"change", "changed", "change"},
}

// An Eventer is Options that name kinds of events besides the common ones.
type Eventer interface {
	Events() []string
}

// eventKind returns the kind that a word means, "" if none.
func eventKind(word string, s *Scenario) string {
	for _, e := range events {
		if slices.Contains(e, word) {
			return e[len(e)-1]
		}
	}
	for _, f := range s.Flows {
		if e, ok := f.Options.(Eventer); ok && slices.Contains(e.Events(), word) {
			return word
		}
	}
	return ""
}

// eventWords returns a word for each kind of event.
func eventWords(s *Scenario) []string {
	var all []string
	for _, e := range events {
		all = append(all, e[0])
	}
	for _, f := range s.Flows {
		if e, ok := f.Options.(Eventer); ok {
			all = append(all, e.Events()...)
		}
	}
	return all
}

// An eventClaim is that events of a kind happened, or did not.
type eventClaim struct {
	kind   string
	word   string // as it is written
	of     subject
	longer time.Duration // only those that lasted longer
	want   bool          // that there is one
}

// absence reads what follows "no".
func (g *grammar) absence() (claim, error) {
	c, err := g.event()
	if err != nil {
		return nil, err
	}
	if g.accept("longer", "than") {
		if c.longer, err = g.time(); err != nil {
			return nil, err
		}
	}
	return c, g.ofWhom(&c.of)
}

// happened reads "rebind happened" or "rebind of home happened".
func (g *grammar) happened() (claim, error) {
	c, err := g.event()
	if err != nil {
		return nil, err
	}
	c.want = true
	if err = g.ofWhom(&c.of); err != nil {
		return nil, err
	}
	if !g.accept("happened") {
		return nil, g.fail("happened")
	}
	return c, nil
}

func (g *grammar) event() (*eventClaim, error) {
	word := g.peek()
	kind := eventKind(word, g.s)
	if kind == "" {
		return nil, g.fail("an event: %s", document.Hint(word, append(eventWords(g.s), "error")))
	}
	g.take()
	return &eventClaim{kind: kind, word: word}, nil
}

func (g *grammar) ofWhom(sub *subject) (err error) {
	if g.accept("of") {
		*sub, err = g.subject("flow", "link")
	}
	return err
}

func (g *grammar) time() (time.Duration, error) {
	d, err := units.ParseDelay(g.peekName(), 0, MaxDuration)
	if err != nil {
		return 0, g.fail("a time such as 2 s")
	}
	g.take()
	return d, nil
}

func (c *eventClaim) judge(run *result.Run) (bool, string) {
	n, longest := 0, 0.
	var first *result.Event
	for i := range run.Events {
		e := &run.Events[i]
		if e.Kind != c.kind || c.of.kind != "" && !slices.Contains(c.of.names, e.Subject) {
			continue
		}
		longest = max(longest, e.Lasted)
		if e.Lasted > c.longer.Seconds() || c.longer == 0 {
			n++
			if first == nil {
				first = e
			}
		}
	}
	measured := "none"
	switch {
	case n > 0:
		measured = fmt.Sprintf("%s, the first at %s s", plural(n, c.word), trim(first.Seconds, 3))
		if c.longer > 0 {
			measured += fmt.Sprintf(", the longest of %s s", trim(longest, 3))
		}
	case longest > 0:
		measured = fmt.Sprintf("the longest of %s s", trim(longest, 3))
	}
	return (n > 0) == c.want, measured
}

// An errorClaim is that the run came to its end.
type errorClaim struct{}

func (errorClaim) judge(run *result.Run) (bool, string) {
	if run.Error != "" {
		return false, run.Error
	}
	return true, "none"
}

// A Connecter is Options of a flow that can connect, and whether it does.
type Connecter interface {
	Connects() bool
}

// A connectedClaim is that flows connected in time.
type connectedClaim struct {
	within time.Duration
	flows  []string
}

// connected reads what follows "connected within".
func (g *grammar) connected() (claim, error) {
	c := connectedClaim{}
	var err error
	if c.within, err = g.time(); err != nil {
		return nil, err
	}
	if g.accept("of") {
		sub, err := g.subject("flow")
		c.flows = sub.names
		return c, err
	}
	for _, f := range g.s.Flows {
		if o, ok := f.Options.(Connecter); ok && o.Connects() {
			c.flows = append(c.flows, f.Name)
		}
	}
	if len(c.flows) == 0 {
		return nil, g.fail("a flow that connects: there is none")
	}
	return c, nil
}

func (c connectedClaim) judge(run *result.Run) (bool, string) {
	slowest, never := 0., []string(nil)
	for _, flow := range c.flows {
		i := slices.IndexFunc(run.Events, func(e result.Event) bool { return e.Kind == "connected" && e.Subject == flow })
		if i < 0 {
			never = append(never, flow)
			continue
		}
		took := run.Events[i].Lasted
		if took == 0 {
			took = run.Events[i].Seconds
		}
		slowest = max(slowest, took)
	}
	if never != nil {
		return false, strings.Join(never, ", ") + " never connected"
	}
	return slowest <= c.within.Seconds(), trim(slowest, 3) + " s"
}
