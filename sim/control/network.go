package control

import (
	"errors"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/tun"
)

// A Network is what a Desk controls. Its methods may be called from any
// goroutine.
type Network interface {
	// Links returns the links as they are, of the clients to come.
	Links() (up, down link.Config)

	// SetLinks changes them for all.
	SetLinks(up, down link.Config) error

	// Clients returns who there is; nil where there are no clients.
	Clients() []proxy.Client

	// SetClientLinks changes the links of one client.
	SetClientLinks(address netip.AddrPort, up, down link.Config) error

	// Totals returns what happened so far.
	Totals() Totals
}

// Totals are what a network counts.
type Totals struct {
	Up, Down                  link.Counters
	UpBacklog, DownBacklog    int // bytes that wait for the bottlenecks
	Held                      int // datagrams on their way
	Clients                   int
	LateP50, LateP99, LateMax time.Duration
}

// OfProxy returns a proxy as a Network.
func OfProxy(p *proxy.Proxy) Network { return proxyNetwork{p} }

type proxyNetwork struct{ *proxy.Proxy }

func (n proxyNetwork) Totals() Totals {
	s := n.Stats()
	t := Totals{
		Up: s.Up, Down: s.Down, Held: s.Held, Clients: s.Clients,
		LateP50: s.Lateness.P50, LateP99: s.Lateness.P99, LateMax: s.Lateness.Max,
	}
	for _, c := range n.Proxy.Clients() {
		t.UpBacklog += c.UpBacklog
		t.DownBacklog += c.DownBacklog
	}
	return t
}

// OfTUN returns a tun.Network as a Network without clients.
func OfTUN(n *tun.Network) Network { return tunNetwork{n} }

type tunNetwork struct{ *tun.Network }

func (n tunNetwork) SetLinks(up, down link.Config) error { return n.SetConfig(up, down) }

func (n tunNetwork) Clients() []proxy.Client { return nil }

func (n tunNetwork) SetClientLinks(netip.AddrPort, link.Config, link.Config) error {
	return errors.New("control: netsim tun has no clients")
}

func (n tunNetwork) Totals() Totals {
	s := n.Stats()
	up, down := n.Backlog()
	return Totals{
		Up: s.Up, Down: s.Down, Held: s.Held, UpBacklog: up.Bytes, DownBacklog: down.Bytes,
		LateP50: s.Lateness.P50, LateP99: s.Lateness.P99, LateMax: s.Lateness.Max,
	}
}
