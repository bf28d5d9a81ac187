package scenario

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/units"
)

// udpOverhead is what UDP adds to each datagram: 20 bytes of IPv4 (RFC 791) or
// 40 of IPv6 (RFC 8200), and 8 of UDP (RFC 768).
const (
	udpOverhead     = 20 + 8
	udpOverheadIPv6 = 40 + 8
)

// A layer is a link table of the file. What it does not say stays as the
// layers below have it.
type layer struct {
	*document.Node
	key string
}

// A draft is one direction of a link while layers are laid on each other.
type draft struct {
	link.Config
	loss  float64       // Config.Loss, unless burst makes it Config.Burst
	burst float64       // mean length in datagrams; 0 = independent losses
	queue time.Duration // Config.QueueBytes as a time at Config.Rate; 0 = as it is
	set   map[string]origin
}

// mark notes where a key was set.
func (d *draft) mark(name string, node *document.Node, key string) {
	d.set[name] = origin{node, key, d.set[""].order + 1}
	d.set[""] = origin{order: d.set[name].order}
}

// An origin is where a key was set last.
type origin struct {
	node  *document.Node
	key   string
	order int // among all of a draft
}

// lineKeys are the keys of a link that are not those of a direction.
var lineKeys = []string{"preset", "rtt", "up", "down"}

// layer checks a link table for what can be told without the layers below.
func (p *parser) layer(n *document.Node, key string) layer {
	l := layer{n, key}
	if n == nil {
		return l
	}
	if n.Kind != document.Table {
		p.Add(n.Line, key, "want a table such as { rtt = \"80ms\", loss = \"1%%\" }")
		return layer{nil, key}
	}
	for _, e := range n.Entries {
		if e.Name == "up" || e.Name == "down" {
			if e.Value.Kind != document.Table {
				p.Add(e.Value.Line, key+"."+e.Name, "want a table such as { loss = \"1%%\" }")
				continue
			}
			for _, inner := range e.Value.Entries {
				if findOption(inner.Name) == nil {
					document.Unknown(p.Problems, inner.Value.Line, key+"."+e.Name+"."+inner.Name, inner.Name, optionNames(nil))
				}
			}
			continue
		}
		if e.Name != "preset" && e.Name != "rtt" && findOption(e.Name) == nil {
			document.Unknown(p.Problems, e.Value.Line, key+"."+e.Name, e.Name, optionNames(lineKeys))
		}
	}
	if n.Get("rtt") != nil && n.Get("delay") != nil {
		p.Add(n.Get("delay").Line, key+".delay", "want either rtt, the round trip, or delay, one way")
	}
	return l
}

// lineOf returns the link of a site as the layers on it are now.
func (p *parser) lineOf(s *site) Line {
	up, down := p.newDraft(), p.newDraft()
	preset := ""
	for _, l := range append([]layer{s.base}, s.active...) {
		if l.Node != nil {
			p.lay(l, &up, &down, &preset)
		}
	}
	return Line{Preset: preset, Up: p.finish(&up, s), Down: p.finish(&down, s)}
}

func (p *parser) newDraft() draft {
	d := draft{set: map[string]origin{}}
	d.Overhead = udpOverhead
	if p.s.IPv6 {
		d.Overhead = udpOverheadIPv6
	}
	return d
}

// lay puts a layer on both directions.
func (p *parser) lay(l layer, up, down *draft, preset *string) {
	if n := l.Get("preset"); n != nil {
		if base, ok := p.preset(n, l.key+".preset"); ok {
			*up, *down, *preset = base.up, base.down, n.Text
		}
	}
	if n := l.Get("rtt"); n != nil {
		rtt, err := parseTime(n, 2*link.MaxDelay)
		if err != nil {
			p.Add(n.Line, l.key+".rtt", "%v", err)
		}
		for _, d := range []*draft{up, down} {
			d.Delay = rtt / 2
			d.mark("delay", n, l.key+".rtt")
		}
	}
	p.layDirection(l.Node, l.key, up)
	p.layDirection(l.Node, l.key, down)
	p.layDirection(l.Get("up"), l.key+".up", up)
	p.layDirection(l.Get("down"), l.key+".down", down)
}

func (d draft) copy() draft {
	d.set = maps.Clone(d.set)
	return d
}

// layDirection sets what a table says about a direction.
func (p *parser) layDirection(n *document.Node, key string, d *draft) {
	if n == nil || n.Kind != document.Table {
		return
	}
	for _, e := range n.Entries {
		o := findOption(e.Name)
		if o == nil {
			continue // another of a link's keys, or told already
		}
		if err := o.set(p, d, e.Value, key+"."+e.Name); err != nil {
			p.Add(e.Value.Line, key+"."+e.Name, "%v", err)
			continue
		}
		d.mark(e.Name, e.Value, key+"."+e.Name)
	}
	if burst := n.Get("burst"); burst != nil && d.burst > 0 && d.loss == 0 {
		p.Add(burst.Line, key+".burst", "want loss as well: burst says how losses come together, and there are none")
	}
}

// finish checks what depends on several keys, and returns the link.
func (p *parser) finish(d *draft, s *site) link.Config {
	c := d.Config
	if d.burst > 0 && d.loss > 0 {
		var err error
		if c.Burst, err = link.Bursts(d.loss, d.burst); err != nil {
			p.blame(d, s, []string{"loss", "burst"}, "want at most %.3g%% for bursts of %g", 100*d.burst/(d.burst+1), d.burst)
		}
	} else {
		c.Loss = d.loss
	}
	if d.queue > 0 {
		bytes := float64(c.Rate) / 8 * d.queue.Seconds()
		if bytes > link.MaxQueueBytes {
			p.blame(d, s, []string{"queue", "rate"}, "want at most %d bytes; %v at %s are %.0f", link.MaxQueueBytes, d.queue, units.FormatRate(float64(c.Rate)), bytes)
			bytes = 1
		}
		c.QueueBytes = max(1, int(bytes))
	}
	p.crossCheck(d, s, &c)
	return c
}

// crossCheck finds what is impossible together, in the words of the file.
func (p *parser) crossCheck(d *draft, s *site, c *link.Config) {
	switch {
	case c.Jitter > c.Delay:
		p.blame(d, s, []string{"jitter", "delay"}, "want a jitter of at most the one-way delay, %v, not %v: nothing arrives before it was sent", c.Delay, c.Jitter)
	case c.Reorder > 0 && c.ReorderDelay == 0:
		p.blame(d, s, []string{"reorder"}, "want reorder-delay as well: for how long datagrams are held back")
	case c.Rate == 0 && (c.QueueBytes != 0 || d.queue > 0):
		p.blame(d, s, []string{"queue", "rate"}, "want rate as well: without one nothing ever waits")
	default:
		var field *link.FieldError
		if errors.As(c.Validate(), &field) {
			p.blameField(d, s, field)
		}
	}
}

// blameField adds what link.Config says, in the words of the file.
func (p *parser) blameField(d *draft, s *site, field *link.FieldError) {
	name, inner := optionOf(field.Field)
	at, ok := d.set[name]
	if !ok {
		p.Add(s.line, s.key, "%s: want %s, not %s", name, inFile(field.Limits), field.Value)
		return
	}
	if at.node.Kind != document.Table || inner == "" {
		p.Add(at.node.Line, at.key, "want %s, not %s", inFile(field.Limits), field.Value)
		return
	}
	p.Add(at.node.LineOf(inner), at.key+"."+withoutNumbers(inner), "want %s, not %s", inFile(field.Limits), field.Value)
}

// blame adds a problem to the one of keys that was set last.
func (p *parser) blame(d *draft, s *site, keys []string, format string, args ...any) {
	at, line := origin{key: s.key}, s.line
	for _, key := range keys {
		if o, ok := d.set[key]; ok && o.order > at.order {
			at, line = o, o.node.Line
		}
	}
	p.Add(line, at.key, format, args...)
}

// parseTime reads a time from 0 to high.
func parseTime(n *document.Node, high time.Duration) (time.Duration, error) {
	d, err := units.ParseDelay(n.Text, 0, high)
	if n.Kind != document.String {
		err = errors.New(`want a time such as "80ms" or "1.5s"`)
	}
	return d, err
}

// An option is a key of a direction of a link.
type option struct {
	name  string
	field string // of link.Config, to find the key that an error is about
	set   func(p *parser, d *draft, n *document.Node, key string) error
}

// findOption returns nil if there is no such option.
func findOption(name string) *option {
	for i := range options {
		if options[i].name == name {
			return &options[i]
		}
	}
	return nil
}

// optionOf returns the key of a field of link.Config, and what of it:
// "Slots.Phases[1].From" is "slots" and "phases.1.from".
func optionOf(field string) (name, inner string) {
	top, rest, _ := strings.Cut(field, ".")
	for i := range options {
		if options[i].field == top {
			return options[i].name, kebab(strings.NewReplacer("[", ".", "]", "").Replace(rest))
		}
	}
	return kebab(top), kebab(rest)
}

// kebab writes "MaxBurst" as "max-burst".
func kebab(field string) string {
	var b strings.Builder
	for i, r := range field {
		if r >= 'A' && r <= 'Z' {
			if i > 0 && field[i-1] >= 'a' && field[i-1] <= 'z' {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fieldNames are fields as package link writes them in its limits.
var fieldNames = regexp.MustCompile(`\b(?:Markov|Outage|Slots|Spikes|Corrupt|AQM|Burst)\.[A-Za-z0-9]+|\b(?:Delay|Rate|Trace|Jitter|Reorder|Table|Shape)\b`)

// inFile writes fields of link.Config as the file does.
func inFile(limits string) string {
	return fieldNames.ReplaceAllStringFunc(limits, func(field string) string {
		return kebab(field[strings.Index(field, ".")+1:])
	})
}

// withoutNumbers leaves the numbers of list items out of a dotted key, where
// the line says which it is.
func withoutNumbers(key string) string {
	parts := slices.DeleteFunc(strings.Split(key, "."), func(s string) bool {
		return s == "" || s[0] >= '0' && s[0] <= '9'
	})
	return strings.Join(parts, ".")
}

// optionNames returns the names of all options after others.
func optionNames(others []string) []string {
	names := append([]string(nil), others...)
	for i := range options {
		names = append(names, options[i].name)
	}
	return names
}
