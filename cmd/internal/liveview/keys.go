package liveview

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// A key changes the line: with shift for the worse, where it has two ways.
type key struct {
	lower, upper string
	help         string
	do           func(m *Model, worse bool) error
}

// What a key changes a link by.
const (
	lossStep   = 0.01
	delayStep  = 10 * time.Millisecond
	jitterStep = 5 * time.Millisecond
	outageKey  = 2 * time.Second
	burstKey   = 200 * time.Millisecond // twelve datagrams at 60 Hz

	// firstRate is what halving no limit gives.
	firstRate = 10_000_000
)

// keys are all of them, in the order of the help, but for q.
var keys = []key{
	{"l", "L", "l/L loss -/+1%", (*Model).loss},
	{"d", "D", "d/D delay -/+10ms", (*Model).delay},
	{"j", "J", "j/J jitter -/+5ms", (*Model).jitter},
	{"r", "R", "r/R rate x2 /2", (*Model).rate},
	{"o", "", "o outage 2s", func(m *Model, _ bool) error { return m.Desk.Outage(outageKey) }},
	{"b", "", "b burst 0.2s", func(m *Model, _ bool) error { return m.Desk.Outage(burstKey) }},
	{" ", "", "space drop all", (*Model).drop},
	{"p", "", "p presets", (*Model).openChooser},
	{"0", "", "0 reset", func(m *Model, _ bool) error { return m.Desk.Reset() }},
	{"tab", "", "tab up/down", func(m *Model, _ bool) error { m.only = (m.only + 1) % 3; return nil }},
}

// patch changes a value of the directions that keys change.
func (m *Model) patch(name string, value func(*link.Config) string) error {
	table := map[string]map[string]string{}
	line := m.Desk.Line()
	if m.only != down {
		table["up"] = map[string]string{name: value(&line.Up)}
	}
	if m.only != up {
		table["down"] = map[string]string{name: value(&line.Down)}
	}
	text, _ := json.Marshal(table) // texts
	return m.Desk.Patch(text)
}

// lossOf returns how much a link loses for no reason but chance.
func lossOf(c *link.Config) float64 {
	burst := c.Burst.MeanLoss()
	return burst + c.Loss - burst*c.Loss
}

func (m *Model) loss(worse bool) error {
	return m.patch("loss", func(c *link.Config) string {
		loss := lossOf(c) - lossStep
		if worse {
			loss += 2 * lossStep
		}
		return strconv.FormatFloat(100*min(max(loss, 0), 1), 'f', 2, 64) + "%"
	})
}

func stepped(d, step time.Duration, worse bool) string {
	if worse {
		return (d + step).String()
	}
	return max(0, d-step).String()
}

func (m *Model) delay(worse bool) error {
	return m.patch("delay", func(c *link.Config) string { return stepped(c.Delay, delayStep, worse) })
}

func (m *Model) jitter(worse bool) error {
	return m.patch("jitter", func(c *link.Config) string { return stepped(c.Jitter, jitterStep, worse) })
}

func (m *Model) rate(worse bool) error {
	return m.patch("rate", func(c *link.Config) string {
		rate := 2 * c.Rate
		switch {
		case worse && c.Rate == 0:
			rate = firstRate
		case worse:
			rate = max(c.Rate/2, link.MinRate)
		case rate > link.MaxRate:
			rate = 0
		}
		if rate == 0 {
			return "0"
		}
		return strconv.FormatInt(rate, 10) + "bit"
	})
}

// drop drops everything, or no more.
func (m *Model) drop(bool) error {
	if _, out := m.Desk.Out(); out {
		m.Desk.Resume()
		return nil
	}
	return m.Desk.Outage(0)
}

// A chooser lets choose a preset.
type chooser struct {
	presets []scenario.Preset
	filter  string
	at      int // among those that fit
}

func (m *Model) openChooser(bool) error {
	m.chooser = &chooser{presets: scenario.Presets()}
	return nil
}

// fitting returns the presets that have the filter in their name or title.
func (c *chooser) fitting() []scenario.Preset {
	return slices.DeleteFunc(slices.Clone(c.presets), func(p scenario.Preset) bool {
		return !strings.Contains(strings.ToLower(p.Name+" "+p.Title), c.filter)
	})
}

// choose takes a key while the chooser is open.
func (m *Model) choose(k tea.KeyMsg) {
	c := m.chooser
	fitting := c.fitting()
	switch k.Type {
	case tea.KeyEsc:
		m.chooser = nil
	case tea.KeyUp:
		c.at = max(0, c.at-1)
	case tea.KeyDown:
		c.at = min(c.at+1, len(fitting)-1)
	case tea.KeyEnter:
		m.chooser = nil
		if len(fitting) > 0 {
			if err := m.Desk.Preset(fitting[c.at].Name); err != nil {
				m.message = oneLine(err.Error())
			}
			m.look(time.Now())
		}
	case tea.KeyBackspace:
		if n := len(c.filter); n > 0 {
			c.filter, c.at = c.filter[:n-1], 0
		}
	case tea.KeyRunes:
		for _, r := range k.Runes {
			if r > ' ' && r <= '~' && len(c.filter) < 20 {
				c.filter += strings.ToLower(string(r))
			}
		}
		c.at = 0
	}
	c.at = max(0, min(c.at, len(c.fitting())-1))
}
