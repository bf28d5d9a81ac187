package compare

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/tcpmodel"
	"github.com/reckon-engine/reckon/sim/tun"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// A transport is one end of a way to carry messages.
type transport interface {
	vnet.Host

	// Ready reports whether messages can be sent.
	Ready() bool

	// Send hands over a message, which the transport may keep.
	Send(now time.Time, message []byte)

	// Next returns the next message of the other end.
	Next() (message []byte, ok bool)
}

// A talker sends messages 60 times a second, and files away what it hears. It
// is the loop of a transport.
type talker struct {
	transport
	size  int
	out   *meter // counts what it sends
	in    *meter
	begin time.Time // of the measurement; zero = not yet
	next  time.Time // message; zero before the first and after the last
	count uint64
}

// start lets it talk from a time on, a part of a tick later.
func (t *talker) start(begin time.Time, phase time.Duration, count uint64) {
	t.begin, t.next, t.count = begin, begin.Add(phase), count
}

// Advance implements vnet.Loop.
func (t *talker) Advance(now time.Time) {
	for message, ok := t.transport.Next(); ok; message, ok = t.transport.Next() {
		t.in.hear(now.Sub(t.begin), message)
	}
	for !t.next.IsZero() && !t.next.After(now) {
		t.Send(now, appendMessage(nil, t.size, t.out.sent, now.Sub(t.begin)))
		t.out.sent++
		t.next = t.next.Add(time.Second / Rate)
		if t.out.sent == t.count {
			t.next = time.Time{}
		}
	}
}

// NextDeadline implements vnet.Loop.
func (t *talker) NextDeadline() time.Time { return t.next }

// connectTimeout is how long the two ends may take to connect.
const connectTimeout = 10 * time.Second

var errNotConnected = errors.New("the two ends did not connect")

// Virtual compares ours, naive ways and a model of TCP in virtual time: some
// milliseconds for each second. One seed gives the same figures on every
// machine. When ctx ends, it returns what there is so far.
func Virtual(ctx context.Context, cfg Config) (*Result, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	names := cfg.names(OursState, OursOrdered, UDP, UDPCopies, Timers, GoBackN, TCPCubic)
	r := &Result{Mode: result.Virtual, Seconds: cfg.Duration.Seconds(), Notes: []string{"TCP is a model of TCP cubic here, not a kernel's."}}
	for i, name := range names {
		if ctx.Err() != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("Interrupted after %d of %d.", i, len(names)))
			break
		}
		s := subject(name, cfg.Copies)
		if cfg.Began != nil {
			cfg.Began(s, i, len(names))
		}
		if err := cfg.virtual(&s); err != nil {
			return r, fmt.Errorf("compare: %s: %w", s.Title, err)
		}
		r.Subjects = append(r.Subjects, s)
	}
	return r, nil
}

// transports returns both ends of a way, and what connects them.
func (c *Config) transports(name string, client, server netcode.Path) (clientEnd, serverEnd transport, dial func(now time.Time) error, err error) {
	dial = func(time.Time) error { return nil }
	switch name {
	case UDP, UDPCopies:
		copies := 1
		if name == UDPCopies {
			copies = c.Copies
		}
		return &plain{peer: server, copies: copies}, &plain{peer: client, copies: copies}, dial, nil
	case Timers, GoBackN:
		selective := name == Timers
		return &retransmitter{peer: server, selective: selective}, &retransmitter{peer: client, selective: selective}, dial, nil
	case TCPCubic:
		return &stream{tcpmodel.NewStream(UpBytes, DownBytes), server}, &stream{tcpmodel.NewStream(DownBytes, UpBytes), client}, dial, nil
	}
	a, b, err := newCores(modeOf(name), c.Seed)
	dial = func(now time.Time) error {
		_, err := a.Dial(now, server, netcode.DialOptions{ServerKey: b.PublicKey()})
		return err
	}
	return &ours{Core: a}, &ours{Core: b}, dial, err
}

// virtual measures one way.
func (c *Config) virtual(s *Subject) error {
	n, err := c.network()
	if err != nil {
		return err
	}
	a, b, dial, err := c.transports(s.Name, n.clientPath, n.serverPath)
	if err != nil {
		return err
	}
	var up, down meter
	client := &talker{transport: a, size: UpBytes, out: &up, in: &down}
	server := &talker{transport: b, size: DownBytes, out: &down, in: &up}
	if _, err := n.client.Bind(port, a, client); err != nil {
		return err
	}
	if _, err := n.server.Bind(port, b, server); err != nil {
		return err
	}
	if err := dial(n.Now()); err != nil {
		return err
	}
	for limit := n.Now().Add(connectTimeout); !a.Ready() || !b.Ready(); {
		if n.Now().After(limit) {
			return errNotConnected
		}
		if err := n.Run(n.Now().Add(time.Millisecond)); err != nil {
			return err
		}
	}
	n.change(c.Changes)
	before := n.wire()
	count := uint64(c.Duration * Rate / time.Second)
	client.start(n.Now(), 0, count)
	server.start(n.Now(), phase, count)
	if err := n.Run(n.Now().Add(c.Duration)); err != nil {
		return err
	}
	wire := n.wire() - before
	if err := n.Run(n.Now().Add(c.patience())); err != nil {
		return err
	}
	s.fill(&up, &down, c.Duration, wire)
	s.Digest = fmt.Sprintf("%#016x", n.Digest())
	return nil
}

// phase is how far the server's ticks lie behind the client's. Nothing depends
// on it, as ages are looked at between ticks too.
const phase = 7 * time.Millisecond

// port is where both ends are.
const port = 7777

// A network is the client's link with a machine at each end.
type network struct {
	*vnet.Internet
	client, server         *vnet.Machine
	clientPath, serverPath netcode.Path
}

// network makes one.
func (c *Config) network() (*network, error) {
	n := &network{Internet: vnet.NewInternet(vnet.InternetConfig{Seed: c.Seed})}
	var err error
	if n.client, err = n.AddMachine("client", vnet.Attachment{Up: c.Up, Down: c.Down}); err != nil {
		return nil, err
	}
	if n.server, err = n.AddMachine("server", vnet.Attachment{}); err != nil {
		return nil, err
	}
	n.clientPath.Remote = netip.AddrPortFrom(n.client.Addr4(), port)
	n.serverPath.Remote = netip.AddrPortFrom(n.server.Addr4(), port)
	return n, nil
}

// change lets changes happen, from now on.
func (n *network) change(changes []tun.Change) {
	e := n.Edge("client")
	for _, change := range changes {
		n.At(n.Now().Add(change.At), func(time.Time) {
			for d, cfg := range []*link.Config{vnet.Up: change.Up, vnet.Down: change.Down} {
				if cfg == nil {
					continue
				}
				if err := e.Set(vnet.Direction(d), *cfg); err != nil {
					panic("compare: BUG: a valid configuration was refused: " + err.Error())
				}
			}
		})
	}
}

// wire returns how many bytes both ends have put on the link.
func (n *network) wire() (bytes uint64) {
	e := n.Edge("client")
	for _, d := range []vnet.Direction{vnet.Up, vnet.Down} {
		counters := e.Counters(d)
		bytes += counters.SentBytes + udpOverhead*counters.Sent
	}
	return bytes
}
