package flow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// A ChannelOptions is a channel of a connection: [[flow.channel]].
type ChannelOptions struct {
	Name     string        `toml:"name"`
	Mode     Mode          `toml:"mode"`
	Priority int           `toml:"priority"` // 0, the highest, to 15
	Weight   int           `toml:"weight"`   // 1 to 100
	Lifetime time.Duration `toml:"lifetime"` // of a message
	Keys     int           `toml:"keys"`     // of reliable-latest: messages take turns
	Up       *Load         `toml:"up"`
	Down     *Load         `toml:"down"`
}

// A Mode is a netcode.ChannelMode that reads its name.
type Mode netcode.ChannelMode

var modeNames = []string{"unreliable", "unreliable-sequenced", "reliable-ordered", "reliable-unordered", "reliable-latest"}

// UnmarshalText reads a name such as "reliable-ordered".
func (m *Mode) UnmarshalText(text []byte) error {
	i := slices.Index(modeNames, string(text))
	if i < 0 {
		return fmt.Errorf("want %s", strings.Join(modeNames, ", "))
	}
	*m = Mode(i)
	return nil
}

// String returns the name that UnmarshalText reads.
func (m Mode) String() string { return modeNames[m] }

// ConnectionOptions are what a scenario says about a flow of the kind
// connection. NewConnectionOptions has the defaults.
type ConnectionOptions struct {
	From string `toml:"from"` // host of the client
	To   string `toml:"to"`   // host of the server

	Start time.Duration `toml:"start"` // when the client dials
	Stop  time.Duration `toml:"stop"`  // when both fall silent; zero at the end

	Timeout        time.Duration `toml:"timeout"`         // netcode.Config.Timeout
	ConnectTimeout time.Duration `toml:"connect-timeout"` // netcode.Config.HandshakeTimeout
	Keepalive      time.Duration `toml:"keepalive"`       // netcode.Config.Keepalive

	// Reconnect makes the client dial again, with its ticket, when the
	// connection is lost.
	Reconnect bool `toml:"reconnect"`

	// Plaintext turns encryption off: what it costs is the difference.
	Plaintext bool `toml:"plaintext"`

	// Stall is how long nothing may arrive at an end, beyond the time
	// between two messages, before it is told as a stall.
	Stall time.Duration `toml:"stall"`

	Channel []ChannelOptions `toml:"channel"`
}

// NewConnectionOptions returns the defaults, but for the channels, whose
// default Validate fills in: a duel's, see DefaultChannels.
func NewConnectionOptions() *ConnectionOptions {
	return &ConnectionOptions{From: scenario.Client, To: scenario.Server, Reconnect: true, Stall: DefaultStall}
}

// DefaultChannels returns the channels of a duel at 60 Hz: inputs up, snapshots
// down, and now and then something that must not be lost. The sizes are those
// of a two-player Arena match.
func DefaultChannels() []ChannelOptions {
	return []ChannelOptions{
		{Name: "state", Mode: Mode(netcode.Unreliable), Up: &Load{Size: 64, Rate: 60}, Down: &Load{Size: 256, Rate: 60}},
		{Name: "events", Mode: Mode(netcode.ReliableOrdered), Up: &Load{Size: 32, Rate: 2}, Down: &Load{Size: 48, Rate: 5}},
	}
}

// maxMessage are netcode's own limits by mode (netcode.Channel.MaxMessage).
var maxMessage = [...]int{32 << 10, 32 << 10, 1 << 20, 1 << 20, 1096}

// usualMessage are netcode's defaults for MaxMessage, by mode.
var usualMessage = [...]int{16 << 10, 16 << 10, 256 << 10, 256 << 10, 1096}

// Connects says that the flow connects, for "connected within".
func (o *ConnectionOptions) Connects() bool { return true }

// Channels returns the names of the channels, for assertions.
func (o *ConnectionOptions) Channels() []string {
	var names []string
	for i := range o.Channel {
		names = append(names, o.Channel[i].Name)
	}
	return names
}

// Validate checks the options, and fills in the channels if there are none.
func (o *ConnectionOptions) Validate(hosts []string) error {
	if len(o.Channel) == 0 {
		o.Channel = DefaultChannels()
	}
	if err := validateHosts(o.From, o.To, hosts); err != nil {
		return err
	}
	if err := validateTimes(o.Start, o.Stop); err != nil {
		return err
	}
	if o.Stall <= 0 {
		return &scenario.KeyError{Key: "stall", Want: "a time above 0s"}
	}
	for i := range o.Channel {
		if err := o.validateChannel(i); err != nil {
			return err
		}
	}
	config := o.config()
	config.Random = Random(0)
	if _, err := netcode.NewCore(config); err != nil {
		return fmt.Errorf("want a connection that can be: %w", err)
	}
	return nil
}

func (o *ConnectionOptions) validateChannel(i int) error {
	c := &o.Channel[i]
	key := fmt.Sprintf("channel.%d", i)
	if c.Name == "" || slices.ContainsFunc(o.Channel[:i], func(d ChannelOptions) bool { return d.Name == c.Name }) {
		return &scenario.KeyError{Key: key + ".name", Want: "a name that no other channel has"}
	}
	latest := netcode.ChannelMode(c.Mode) == netcode.ReliableLatest
	if c.Keys != 0 && !latest || c.Keys < 0 || c.Keys > 16384 {
		return &scenario.KeyError{Key: key + ".keys", Want: "1 to 16384, on a reliable-latest channel only"}
	}
	if c.Lifetime != 0 && netcode.ChannelMode(c.Mode) == netcode.ReliableOrdered {
		return &scenario.KeyError{Key: key + ".lifetime", Want: "none: no message of a reliable-ordered channel can be left out"}
	}
	if c.Priority < 0 || c.Priority > 15 {
		return &scenario.KeyError{Key: key + ".priority", Want: "0, the highest, to 15"}
	}
	if c.Weight < 0 || c.Weight > 100 {
		return &scenario.KeyError{Key: key + ".weight", Want: "1 to 100"}
	}
	for _, l := range []*Load{c.Up, c.Down} {
		if l != nil && l.Fill && l.Size == 0 {
			l.Size = fillMessage
		}
	}
	mode := netcode.ChannelMode(c.Mode)
	mayFill := mode == netcode.ReliableOrdered || mode == netcode.ReliableUnordered
	if err := c.Up.validate(key+".up", maxMessage[c.Mode], mayFill); err != nil {
		return err
	}
	return c.Down.validate(key+".down", maxMessage[c.Mode], mayFill)
}

// What fills a link: messages of this size, and a window that holds what is in
// flight at 100 Mbit/s over 300 ms, twice, so that the network is the limit
// and never the window.
const (
	fillMessage = 16 << 10
	fillWindow  = 8 << 20
)

// config returns the configuration of both cores, but for what is one end's
// own.
func (o *ConnectionOptions) config() netcode.Config {
	c := netcode.Config{
		Game:          netcode.Identity{Name: "netsim", Build: 1},
		HandshakeRate: -1, Plaintext: o.Plaintext,
		Timeout: o.Timeout, HandshakeTimeout: o.ConnectTimeout, Keepalive: o.Keepalive,
		Suite: netcode.SuiteChaCha20Poly1305, // the same on every machine
	}
	for i := range o.Channel {
		ch := &o.Channel[i]
		n := netcode.Channel{
			Name: ch.Name, Mode: netcode.ChannelMode(ch.Mode), Priority: ch.Priority, Weight: ch.Weight,
			Lifetime: ch.Lifetime, MaxKeys: ch.Keys,
		}
		for _, l := range []*Load{ch.Up, ch.Down} {
			if l == nil {
				continue
			}
			if int(l.Size) > usualMessage[ch.Mode] {
				n.MaxMessage = max(n.MaxMessage, int(l.Size))
			}
			if l.Fill {
				n.WindowBytes = fillWindow
			}
		}
		c.Channels = append(c.Channels, n)
	}
	return c
}
