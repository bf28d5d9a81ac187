package flow

import (
	"errors"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// A Connection is a flow of the kind connection: a client and a server, each a
// netcode.Core with a loop that sends what is due and times what arrives.
type Connection struct {
	stage          *Stage
	name           string
	options        *ConnectionOptions
	client, server *end
	meters         []*Meter // of all channels and directions, as results have them
	filling        []bool   // by meter: it has no rate

	connects   int  // times that the client connected
	down       bool // the connection is lost, and both know or will
	migrations int
	err        error
}

// The uses of a flow's seeds. Append only: they are part of what a seed means.
const (
	useServer = iota
	useClient
	useClientPhase
	useServerPhase
)

func beginConnection(s *Stage, name string, options scenario.Options) (Flow, error) {
	o, ok := options.(*ConnectionOptions)
	if !ok {
		return nil, fmt.Errorf("flow %s: the options are a %T", name, options)
	}
	c := &Connection{stage: s, name: name, options: o}
	client, err := s.Machine(o.From)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	server, err := s.Machine(o.To)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	if c.server, err = c.newEnd(true); err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	if c.client, err = c.newEnd(false); err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	c.connectMeters()
	listening, err := server.Bind(s.ServerPort(), c.server.core, c.server)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	c.client.dials, c.client.remote = s.Epoch.Add(o.Start), s.AddressOf(listening)
	if _, err := client.Bind(0, c.client.core, c.client); err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	return c, nil
}

// newEnd makes one end with its core.
func (c *Connection) newEnd(isServer bool) (*end, error) {
	config := c.options.config()
	use, host := uint64(useClient), c.options.From
	if isServer {
		config.MaxConns = 1 + maxGhosts
		use, host = useServer, c.options.To
	}
	config.Random = Random(c.stage.SeedOf(c.name, use))
	config.Tracer = c.stage.TracerOf(c.name, host)
	core, err := netcode.NewCore(config)
	if err != nil {
		return nil, err
	}
	until := c.stage.Until
	if stop := c.stage.Epoch.Add(c.options.Stop); c.options.Stop > 0 && stop.Before(until) {
		until = stop
	}
	return &end{
		flow: c, core: core, isServer: isServer, epoch: c.stage.Epoch,
		until: int64(until.Sub(c.stage.Epoch)), due: never,
	}, nil
}

// maxGhosts is how many lost connections a server may hold beside the one that
// lives: those that have not timed out yet when the client is back.
const maxGhosts = 15

// connectMeters makes a meter for every channel and direction that something
// is sent on: what one end says is heard by the other.
func (c *Connection) connectMeters() {
	for _, e := range []*end{c.client, c.server} {
		e.hears = make([]*voice, len(c.options.Channel))
	}
	for i := range c.options.Channel {
		ch := &c.options.Channel[i]
		c.connectMeter(i, ch, "up", ch.Up, c.client, c.server)
		c.connectMeter(i, ch, "down", ch.Down, c.server, c.client)
	}
	// All of an end's loads begin together, as in a game's tick; when, within
	// a tick, is chance, as between two machines.
	c.client.phase = c.stage.phase(c.name, useClientPhase, c.client.fastest())
	c.server.phase = c.stage.phase(c.name, useServerPhase, c.server.fastest())
	c.client.silence = NewSilence(c.name, "at "+c.options.From, c.options.Stall, c.server.fastest())
	c.server.silence = NewSilence(c.name, "at "+c.options.To, c.options.Stall, c.client.fastest())
}

func (c *Connection) connectMeter(channel int, ch *ChannelOptions, direction string, l *Load, from, to *end) {
	if l == nil {
		return
	}
	v := &voice{
		Meter: NewMeter(ch.Name, direction, c.stage.Step), channel: channel, schedule: newSchedule(l),
		message: make([]byte, int(l.Size)), keys: uint64(max(ch.Keys, 1)), fill: l.Fill, mode: netcode.ChannelMode(ch.Mode),
	}
	from.says = append(from.says, v)
	to.hears[channel] = v
	c.meters = append(c.meters, v.Meter)
	c.filling = append(c.filling, l.Fill)
}

// connected is told by the client.
func (c *Connection) connected(now time.Time, conn *netcode.Conn) {
	c.connects++
	text := fmt.Sprintf("%s connected to %s", c.options.From, c.options.To)
	if conn.Resumed() {
		text = fmt.Sprintf("%s came back to %s with its ticket", c.options.From, c.options.To)
	}
	c.down = false
	c.stage.Tell(now, result.Event{
		Kind: "connected", Subject: c.name, Text: text, Lasted: now.Sub(c.client.dialled).Seconds(),
	})
}

// closed is told by both ends, each of its own connection.
func (c *Connection) closed(now time.Time, e *end, err error) {
	if c.connects == 0 {
		if !e.isServer {
			c.err = fmt.Errorf("flow %s never connected: %s dialled %s at %v for %v: %w",
				c.name, c.options.From, c.options.To, e.remote, now.Sub(e.dialled), reason(err))
		}
		return
	}
	if c.down {
		return
	}
	c.down = true
	host := c.options.From
	if e.isServer {
		host = c.options.To
	}
	c.stage.Tell(now, result.Event{
		Kind: "disconnected", Subject: c.name, Text: fmt.Sprintf("%s lost the connection: %v", host, reason(err)),
	})
}

// reason takes the package's name off an error.
func reason(err error) error {
	if closed := (*netcode.CloseError)(nil); errors.As(err, &closed) {
		return errors.New(closed.Reason.String())
	}
	return err
}

// migrated is told by the server.
func (c *Connection) migrated(now time.Time, path netcode.Path) {
	c.migrations++
	c.stage.Tell(now, result.Event{
		Kind: "migrated", Subject: c.name, Text: fmt.Sprintf("%s comes from %v now", c.options.From, path.Remote),
	})
}

// Err returns why the flow cannot go on.
func (c *Connection) Err() error {
	if c.err != nil {
		return c.err
	}
	for _, m := range c.client.says {
		if err := m.broken(); err != nil {
			return fmt.Errorf("flow %s: %w", c.name, err)
		}
	}
	for _, m := range c.server.says {
		if err := m.broken(); err != nil {
			return fmt.Errorf("flow %s: %w", c.name, err)
		}
	}
	return nil
}

// Quiet reports whether everything arrived or is known not to.
func (c *Connection) Quiet() bool { return c.client.quiet() && c.server.quiet() }

// Result returns what was measured.
func (c *Connection) Result() result.Flow {
	now := min(c.stage.Net.Now().Sub(c.stage.Epoch), time.Duration(c.client.until))
	f := result.Flow{Name: c.name, Kind: "connection"}
	var timed []*Meter
	for i, m := range c.meters {
		p := m.Part()
		if c.filling[i] {
			// What is in the window at the end is not lost.
			p.Sent, p.Loss = p.Delivered, 0
			if p.Series != nil {
				p.Series.Sent, p.Series.Lost = nil, nil
			}
		} else {
			timed = append(timed, m)
		}
		f.Parts = append(f.Parts, p)
	}
	if timed == nil {
		timed = c.meters
	}
	f.Figures = Together(timed...)
	for _, e := range []*end{c.client, c.server} {
		e.silence.End(c.stage, now)
	}
	f.Counters = c.counters()
	return f
}

// counters returns what else was counted. docs/SIMULATOR.md names them.
func (c *Connection) counters() map[string]float64 {
	up, down := c.client.core.Stats(), c.server.core.Stats()
	wire, payload := up.BytesOut+down.BytesOut, uint64(0)
	for _, m := range c.meters {
		payload += m.bytes
	}
	client, server := c.client.total(), c.server.total()
	n := map[string]float64{
		"rtt_ms": milliseconds(client.RTT), "min_rtt_ms": milliseconds(client.MinRTT),
		"queue_delay_ms": milliseconds(client.QueueDelay),
		"packets":        float64(up.DatagramsOut + down.DatagramsOut),
		"packets_lost":   float64(client.PacketsLost + server.PacketsLost),
		"resent":         float64(client.Resent + server.Resent),
		"bad_tags":       float64(client.BadTags + server.BadTags),
		"duplicates":     float64(client.Duplicates + server.Duplicates),
		"black_holes":    float64(client.BlackHoles + server.BlackHoles),
		"mtu":            float64(client.MTU),
		"wire_bytes":     float64(wire), "payload_bytes": float64(payload),
		"connects": float64(c.connects), "reconnects": float64(max(c.connects-1, 0)),
		"migrations": float64(c.migrations),
		"refused":    float64(c.client.refused + c.server.refused),
		"stalls":     float64(c.client.silence.stalls + c.server.silence.stalls),
		"stalled_ms": milliseconds(c.client.silence.stalled + c.server.silence.stalled),
	}
	for i, m := range c.meters {
		if c.filling[i] {
			n["fill_"+m.Direction+"_bits_per_second"] += float64(8*m.bytes) / time.Duration(c.client.until-int64(c.options.Start)).Seconds()
		}
	}
	if payload > 0 {
		n["wire_bytes_per_payload_byte"] = float64(wire) / float64(payload)
	}
	return n
}
