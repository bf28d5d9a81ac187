package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/cmd/internal/stage"
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// arenaOptions are what a scenario says about a flow of the kind arena.
type arenaOptions struct {
	From    []string      `toml:"from"`    // hosts of the players, in turn; by default all but the server's
	To      string        `toml:"to"`      // host of the server
	Players int           `toml:"players"` // by default one on each host
	WarmUp  time.Duration `toml:"warm-up"` // nothing is measured before
	Stall   time.Duration `toml:"stall"`   // as of a connection

	// Interpolation fixes how late the players show each other; 0 lets their
	// clients find out what the network allows.
	Interpolation time.Duration `toml:"interpolation"`
}

// arenaKind is the kind arena: the whole game, with clients that bots play.
func arenaKind() flow.Kind {
	return flow.Kind{
		Kind: scenario.Kind{
			Name: "arena", About: "a match of Arena: the real server, real clients played by bots",
			New: func() scenario.Options {
				return &arenaOptions{To: scenario.Server, WarmUp: 3 * time.Second, Stall: flow.DefaultStall}
			},
		},
		Begin: beginArena,
	}
}

// Connects says that the flow connects.
func (o *arenaOptions) Connects() bool { return true }

// Channels returns what assertions may speak of.
func (o *arenaOptions) Channels() []string { return []string{arenaChannel} }

// arenaChannel is what the snapshots are called in results.
const arenaChannel = "state"

// Validate checks the options, and fills in the hosts and players.
func (o *arenaOptions) Validate(hosts []string) error {
	if !slices.Contains(hosts, o.To) {
		return &scenario.KeyError{Key: "to", Want: fmt.Sprintf("the name of a host, not %q", o.To)}
	}
	if len(o.From) == 0 {
		o.From = slices.DeleteFunc(slices.Clone(hosts), func(host string) bool { return host == o.To })
	}
	for _, host := range o.From {
		if !slices.Contains(hosts, host) || host == o.To {
			return &scenario.KeyError{Key: "from", Want: fmt.Sprintf("names of hosts other than %s, not %q", o.To, host)}
		}
	}
	if len(o.From) == 0 {
		return &scenario.KeyError{Key: "from", Want: "at least one host for the players"}
	}
	if o.Players == 0 {
		o.Players = len(o.From)
	}
	if o.Players < 1 || o.Players > arena.MaxPlayers {
		return &scenario.KeyError{Key: "players", Want: fmt.Sprintf("1 to %d", arena.MaxPlayers)}
	}
	if o.Interpolation < 0 || o.Interpolation > time.Second {
		return &scenario.KeyError{Key: "interpolation", Want: "0s to 1s"}
	}
	if o.Stall <= 0 {
		return &scenario.KeyError{Key: "stall", Want: "a time above 0s"}
	}
	return nil
}

// A match is a flow of the kind arena.
type match struct {
	*stage.Match
	stage   *flow.Stage
	name    string
	options *arenaOptions
	players []*contestant

	total    *flow.Meter // counts what is sent to all
	first    engine.Tick // of ticks
	anyFirst bool
	ticks    []time.Duration // when each ran, since the epoch
	sent     uint64          // snapshots, as the server counts them
	from, to time.Duration   // what is measured, since the epoch

	playing     int       // players who have played
	last        time.Time // when the latest of them began
	disconnects int
	age         result.Histogram // of what players know, at each of their frames
}

// arenaTimeout is how long all have to join: a handshake gives up after ten
// seconds.
const arenaTimeout = 15 * time.Second

func beginArena(s *flow.Stage, name string, options scenario.Options) (flow.Flow, error) {
	o, ok := options.(*arenaOptions)
	if !ok {
		return nil, fmt.Errorf("flow %s: the options are a %T", name, options)
	}
	made, err := stage.New(stage.Config{Players: o.Players, Seed: s.SeedOf(name, 0), InterpolationDelay: o.Interpolation, Tracer: s.TracerOf(name, o.To)})
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	m := &match{
		Match: made, stage: s, name: name, options: o, total: flow.NewMeter(arenaChannel, "down", s.Step),
		from: o.WarmUp, to: s.Until.Sub(s.Epoch),
	}
	machine, err := s.Machine(o.To)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	socket, err := machine.Bind(s.ServerPort(), made.Server.Core(), m)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	for i, p := range made.Players {
		if err := m.enter(p, o.From[i%len(o.From)], netcode.Path{Remote: s.AddressOf(socket)}); err != nil {
			return nil, fmt.Errorf("flow %s: %w", name, err)
		}
	}
	return m, nil
}

// enter puts a player on a host and has him connect.
func (m *match) enter(p *stage.Player, host string, server netcode.Path) error {
	machine, err := m.stage.Machine(host)
	if err != nil {
		return err
	}
	c := &contestant{
		Player: p, match: m, host: host, meter: flow.NewMeter(arenaChannel, "down", m.stage.Step),
		silence: flow.NewSilence(m.name, "at "+host, m.options.Stall, time.Second/arena.TickRate),
	}
	socket, err := machine.Bind(0, p.Core(), c)
	if err != nil {
		return err
	}
	socket.SetApart() // it shares nothing: what it sees waits in it until settle
	m.players = append(m.players, c)
	return p.Connect(m.stage.Net.Now(), server)
}

// Advance is the server's turn. It notes when ticks ran. It implements
// vnet.Loop.
func (m *match) Advance(now time.Time) {
	before := m.Server.Tick()
	m.Server.Advance(now)
	at := now.Sub(m.stage.Epoch)
	if !m.anyFirst {
		m.first, m.anyFirst = before+1, true
	}
	for tick := before; tick != m.Server.Tick(); tick++ {
		m.ticks = append(m.ticks, at)
	}
	if before == m.Server.Tick() {
		return
	}
	sent := m.Server.Stats().Snapshots
	for ; m.sent < sent; m.sent++ {
		if at >= m.from && at < m.to {
			m.total.Sent(at)
		}
	}
}

// NextDeadline returns when the next tick is due. It implements vnet.Loop.
func (m *match) NextDeadline() time.Time { return m.Server.NextDeadline() }

// ranAt returns when a tick ran on the server.
func (m *match) ranAt(tick engine.Tick) (at time.Duration, ok bool) {
	i := int(tick.Sub(m.first))
	if i < 0 || i >= len(m.ticks) {
		return 0, false
	}
	return m.ticks[i], true
}

// A contestant is a player on a host. In its turns, which may be on another
// goroutine, it only takes down what it sees.
type contestant struct {
	*stage.Player
	match  *match
	host   string
	newest engine.Tick
	any    bool
	in     bool // plays
	next   time.Time

	seen    []sighting // since the last settle
	samples []sighting
	turns   []turn

	// The rest belongs to settle.
	meter   *flow.Meter
	silence flow.Silence
	joined  bool // has ever played
}

// A sighting is a tick that a player knows at a time.
type sighting struct {
	at   time.Time
	tick engine.Tick
}

// A turn is that a player plays from a time on, or does not any more, and why.
type turn struct {
	at  time.Time
	in  bool
	why error
}

// Advance is the player's turn. It implements vnet.Loop.
func (c *contestant) Advance(now time.Time) {
	c.Player.Advance(now)
	if in := c.State() == client.Playing; in != c.in {
		c.in = in
		c.turns = append(c.turns, turn{now, in, c.Player.Err()})
	}
	tick, ok := c.Newest()
	if !ok || !c.in {
		return
	}
	if !c.any || tick != c.newest {
		c.any, c.newest = true, tick
		c.seen = append(c.seen, sighting{now, tick})
	}
	if !now.Before(c.next) {
		c.next = now.Add(time.Second / arena.TickRate)
		c.samples = append(c.samples, sighting{now, tick})
	}
}

// settle measures what players have taken down. It is called between turns.
func (m *match) settle() {
	for _, c := range m.players {
		for _, t := range c.turns {
			m.turned(c, t)
		}
		for _, s := range c.seen {
			at := s.at.Sub(m.stage.Epoch)
			if at < m.from {
				continue
			}
			c.silence.Begin(at)
			c.silence.Heard(m.stage, at)
			if ran, ok := m.ranAt(s.tick); ok && ran >= m.from && ran < m.to {
				c.meter.Arrived(uint64(s.tick.Sub(m.first)), 0, ran, at)
			}
		}
		for _, s := range c.samples {
			at := s.at.Sub(m.stage.Epoch)
			if ran, ok := m.ranAt(s.tick); ok && at >= m.from && at < m.to {
				m.age.Add(at - ran)
			}
		}
		c.turns, c.seen, c.samples = c.turns[:0], c.seen[:0], c.samples[:0]
	}
}

// turned takes that a player plays, or does not any more.
func (m *match) turned(c *contestant, t turn) {
	switch {
	case !t.in:
		m.disconnects++
		m.stage.Tell(t.at, result.Event{Kind: "disconnected", Subject: m.name, Text: fmt.Sprintf("%s does not play any more: %v", c.host, t.why)})
	case !c.joined:
		c.joined = true
		if t.at.After(m.last) {
			m.last = t.at
		}
		if m.playing++; m.playing == len(m.players) {
			m.stage.Tell(m.last, result.Event{
				Kind: "connected", Subject: m.name, Lasted: m.last.Sub(m.stage.Epoch).Seconds(),
				Text: fmt.Sprintf("all %d play", m.playing),
			})
		}
	default:
		m.stage.Tell(t.at, result.Event{Kind: "reconnected", Subject: m.name, Text: c.host + " plays again"})
	}
}

// Err returns why the match cannot go on.
func (m *match) Err() error {
	m.settle()
	if m.playing == len(m.players) || m.stage.Net.Now().Before(m.stage.Epoch.Add(arenaTimeout)) {
		return nil
	}
	for _, c := range m.players {
		if !c.joined {
			why := c.Err()
			if why == nil {
				why = errors.New(c.State().String())
			}
			return fmt.Errorf("flow %s never connected: %d of %d play; %s: %w", m.name, m.playing, len(m.players), c.host, why)
		}
	}
	return nil
}

// Quiet reports whether what was sent has had time to arrive: a match never
// falls silent.
func (m *match) Quiet() bool {
	return !m.stage.Net.Now().Before(m.stage.Until.Add(time.Second))
}
