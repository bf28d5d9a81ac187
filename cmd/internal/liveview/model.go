// Package liveview shows a line in a terminal while it runs, and worsens it by
// keys. Model is a bubbletea model over a control.Desk.
package liveview

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/reckon-engine/reckon/sim/control"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// A Desk is what the view needs of a control.Desk.
type Desk interface {
	Line() scenario.Line
	Patch(table []byte) error
	Preset(name string) error
	Reset() error
	Outage(time.Duration) error
	Out() (until time.Time, out bool)
	Resume()
	Events() []control.Event
	Clients() []proxy.Client
	Totals() (control.Totals, time.Duration)
}

// refresh is how often the view looks at the desk.
const refresh = 250 * time.Millisecond

// A Model is the view. Its fields are set once; Update and View are called by
// one goroutine.
type Model struct {
	Desk    Desk
	Samples func() []control.Sample
	Title   string // what runs
	ASCII   bool   // the terminal has no other characters

	now     snapshot
	width   int
	height  int
	only    direction // which directions keys change
	message string    // of the last key, if it did not work
	chooser *chooser  // of presets, while it is open
}

// A direction is what keys change.
type direction uint8

const (
	both direction = iota
	up
	down
)

func (d direction) String() string { return [...]string{"both", "up", "down"}[d] }

// A snapshot is what the view shows.
type snapshot struct {
	line    scenario.Line
	totals  control.Totals
	elapsed time.Duration
	out     bool
	left    time.Duration // of an outage with an end
	samples []control.Sample
	events  []control.Event
	clients []proxy.Client
}

// tickMsg says that it is time to look again.
type tickMsg time.Time

func tick() tea.Cmd { return tea.Tick(refresh, func(t time.Time) tea.Msg { return tickMsg(t) }) }

// Init begins. It implements tea.Model.
func (m *Model) Init() tea.Cmd {
	m.look(time.Now())
	return tick()
}

// look takes a new snapshot.
func (m *Model) look(now time.Time) {
	s := snapshot{line: m.Desk.Line(), samples: m.Samples(), events: m.Desk.Events(), clients: m.Desk.Clients()}
	s.totals, s.elapsed = m.Desk.Totals()
	until, out := m.Desk.Out()
	if s.out = out; out && !until.IsZero() {
		s.left = max(0, until.Sub(now))
	}
	m.now = s
}

// Update takes a key, a new size or a tick. It implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tickMsg:
		m.look(time.Time(msg))
		return m, tick()
	case tea.KeyMsg:
		if msg.Type != tea.KeyRunes || msg.Paste {
			return m, m.key(msg)
		}
		// Keys that came together are one message.
		for _, r := range msg.Runes {
			if cmd := m.key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}); cmd != nil {
				return m, cmd
			}
		}
	}
	return m, nil
}

// key does what a key says.
func (m *Model) key(k tea.KeyMsg) tea.Cmd {
	if k.Type == tea.KeyCtrlC {
		return tea.Quit
	}
	if m.chooser != nil {
		m.choose(k)
		return nil
	}
	m.message = ""
	for i := range keys {
		if keys[i].lower == k.String() || keys[i].upper == k.String() {
			if err := keys[i].do(m, k.String() == keys[i].upper); err != nil {
				m.message = oneLine(err.Error())
			}
			m.look(time.Now())
			return nil
		}
	}
	if k.String() == "q" {
		return tea.Quit
	}
	return nil
}
