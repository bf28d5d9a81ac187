package vnet

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// dependences and allNATs go through the nine pairs of RFC 4787.
var dependences = []nat.Dependence{nat.EndpointIndependent, nat.AddressDependent, nat.AddressAndPortDependent}

func allNATs() (all []nat.Config) {
	for _, mapping := range dependences {
		for _, filtering := range dependences {
			all = append(all, nat.Config{Kind: nat.Translate, Mapping: mapping, Filtering: filtering})
		}
	}
	return all
}

// A mirror is one of the four endpoints of a server as RFC 5780 wants it: two
// addresses, and on each two ports. It tells who asks what they look like, and
// if asked "address port", from its other address and the other port.
type mirror struct {
	out    *[2]*Socket // by port
	locals [2]netip.Addr
	port   int
}

func (m mirror) Receive(_ time.Time, path netcode.Path, datagram []byte) {
	port, local := m.port, path.Local
	if strings.Contains(string(datagram), "port") {
		port = 1 - port
	}
	if strings.Contains(string(datagram), "address") {
		if local = m.locals[0]; path.Local == local {
			local = m.locals[1]
		}
	}
	m.out[port].SendDatagram(netcode.Path{Remote: path.Remote, Local: local}, []byte(path.Remote.String()))
}

func (m mirror) Flush(time.Time, netcode.Sender) {}
func (m mirror) NextDeadline() time.Time         { return time.Time{} }

// addMirror adds such a server. It returns its endpoints by address and port.
func addMirror(t testing.TB, n *Internet) (at [2][2]netip.AddrPort) {
	locals := [2]netip.Addr{netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2")}
	m := mustMachine(t, n, "mirror", Attachment{Addresses: locals[:], Up: after(10 * time.Millisecond)})
	var out [2]*Socket
	for port, number := range [2]uint16{3478, 3479} {
		out[port] = mustBind(t, m, number, mirror{out: &out, locals: locals, port: port}, nil)
		for i, local := range locals {
			at[i][port] = netip.AddrPortFrom(local, number)
		}
	}
	return at
}

// A prober is a client with a socket.
type prober struct {
	t testing.TB
	n *Internet
	box
	*Socket
}

func newProber(t testing.TB, n *Internet, on *Machine) *prober {
	p := &prober{t: t, n: n}
	p.Socket = mustBind(t, on, 0, &p.box, nil)
	return p
}

// ask sends a request, and returns what came back in half a second, or "".
func (p *prober) ask(to netip.AddrPort, request string) string {
	p.t.Helper()
	p.box.take()
	send(p.Socket, to, request)
	runFor(p.t, p.n, time.Second/2)
	if got := p.box.take(); len(got) > 0 {
		return got[0].datagram
	}
	return ""
}

// discover finds out what is between a machine and the internet, with nothing
// but datagrams: RFC 5780, sections 4.3 (mapping) and 4.4 (filtering).
func discover(t testing.TB, n *Internet, m *Machine, server [2][2]netip.AddrPort) (mapping, filtering nat.Dependence, err error) {
	p := newProber(t, n, m)
	first := p.ask(server[0][0], "who am I")
	if first == "" {
		return 0, 0, fmt.Errorf("UDP is blocked")
	}
	second, third := p.ask(server[1][0], "who am I"), p.ask(server[1][1], "who am I")
	switch {
	case second == first:
		mapping = nat.EndpointIndependent
	case third == second:
		mapping = nat.AddressDependent
	default:
		mapping = nat.AddressAndPortDependent
	}
	p = newProber(t, n, m) // one that has sent nothing elsewhere
	switch {
	case p.ask(server[0][0], "from another address and port") != "":
		filtering = nat.EndpointIndependent
	case p.ask(server[0][0], "from another port") != "":
		filtering = nat.AddressDependent
	default:
		filtering = nat.AddressAndPortDependent
	}
	return mapping, filtering, nil
}

func TestDiscoveryClassifiesEveryNAT(t *testing.T) {
	for _, cfg := range allNATs() {
		for _, ports := range []nat.Allocation{nat.Preserving, nat.Sequential, nat.Random} {
			cfg.Ports = ports
			n := NewInternet(InternetConfig{Seed: 3})
			server := addMirror(t, n)
			home := mustRouter(t, n, "home", RouterConfig{IPv4: cfg, Attachment: Attachment{Up: after(time.Millisecond)}})
			m := mustMachine(t, n, "client", Attachment{Parent: home})
			mapping, filtering, err := discover(t, n, m, server)
			if err != nil || mapping != cfg.Mapping || filtering != cfg.Filtering {
				t.Errorf("found %v mapping, %v filtering, %v; it is %+v", mapping, filtering, err, cfg)
			}
		}
	}
}

// Two NATs in a row look like the stricter of each.
func TestDoubleNAT(t *testing.T) {
	for _, outer := range allNATs() {
		for _, inner := range allNATs() {
			n := NewInternet(InternetConfig{})
			server := addMirror(t, n)
			carrier := mustRouter(t, n, "carrier", RouterConfig{IPv4: outer})
			home := mustRouter(t, n, "home", RouterConfig{IPv4: inner, Attachment: Attachment{Parent: carrier}})
			m := mustMachine(t, n, "client", Attachment{Parent: home})
			mapping, filtering, err := discover(t, n, m, server)
			if err != nil || mapping != max(outer.Mapping, inner.Mapping) || filtering != max(outer.Filtering, inner.Filtering) {
				t.Errorf("found %v mapping, %v filtering, %v; it is %v, %v inside %v, %v",
					mapping, filtering, err, inner.Mapping, inner.Filtering, outer.Mapping, outer.Filtering)
			}
		}
	}
}

// The mapping's lifetime by asking, as RFC 5780, section 4.6, does: whether
// the port is still ours after so long.
func TestDiscoveryOfALifetime(t *testing.T) {
	n := NewInternet(InternetConfig{})
	server := addMirror(t, n)
	home := mustRouter(t, n, "home", RouterConfig{IPv4: nat.Config{Kind: nat.Translate, Ports: nat.Sequential, Lifetime: 2 * time.Minute}})
	m := mustMachine(t, n, "client", Attachment{Parent: home})
	low, high := time.Second, time.Hour
	for high-low > time.Second {
		middle := (low + high) / 2
		p := newProber(t, n, m)
		mine := p.ask(server[0][0], "who am I")
		runFor(t, n, middle-time.Second/2) // asking took the rest
		if p.ask(server[0][0], "who am I") == mine {
			low = middle
		} else {
			high = middle
		}
	}
	if low > 2*time.Minute || high < 2*time.Minute {
		t.Errorf("between %v and %v, want 2m", low, high)
	}
}

func TestBlockedUDP(t *testing.T) {
	n := NewInternet(InternetConfig{})
	server := addMirror(t, n)
	office := mustRouter(t, n, "office", RouterConfig{IPv4: nat.Config{Kind: nat.Blocked}})
	m := mustMachine(t, n, "client", Attachment{Parent: office})
	if _, _, err := discover(t, n, m, server); err == nil {
		t.Error("something came through")
	}
	neighbour := newProber(t, n, mustMachine(t, n, "printer", Attachment{Parent: office}))
	p := newProber(t, n, m)
	send(p.Socket, neighbour.Addr4(), "to a neighbour")
	runFor(t, n, time.Second)
	if len(neighbour.take()) != 1 {
		t.Error("neighbours should reach each other")
	}
	if v4, _ := office.NATCounters(); v4.UDPBlocked != 1 || n.Stats().Refused != 1 {
		t.Errorf("counters %+v, stats %+v", v4, n.Stats())
	}
}

// Who reaches whom when both send to what a third party saw of the other
// (RFC 5128, section 3.3), for every NAT against every NAT.
func TestHolePunching(t *testing.T) {
	reached := 0
	for _, a := range allNATs() {
		for _, b := range allNATs() {
			n := NewInternet(InternetConfig{Seed: 9})
			server := addMirror(t, n)
			var peers [2]*prober
			var seen [2]netip.AddrPort
			for i, cfg := range []nat.Config{a, b} {
				cfg.Ports = nat.Random
				home := mustRouter(t, n, fmt.Sprint("home ", i), RouterConfig{IPv4: cfg, Attachment: Attachment{Down: after(30 * time.Millisecond)}})
				peers[i] = newProber(t, n, mustMachine(t, n, fmt.Sprint("peer ", i), Attachment{Parent: home}))
				seen[i] = netip.MustParseAddrPort(peers[i].ask(server[0][0], "who am I"))
			}
			for range 3 {
				send(peers[0].Socket, seen[1], "hello")
				send(peers[1].Socket, seen[0], "hello")
				runFor(t, n, time.Second)
			}
			for i, pair := range [2][2]nat.Config{{b, a}, {a, b}} {
				from, to := pair[0], pair[1]
				// The receiver's NAT lets in what comes to the port that the
				// server saw, if it lets everyone in; or if the receiver's
				// own datagrams leave from that port too, and went where
				// these come from.
				invited := to.Mapping == nat.EndpointIndependent &&
					(to.Filtering == nat.AddressDependent || from.Mapping == nat.EndpointIndependent)
				want := to.Filtering == nat.EndpointIndependent || invited
				if got := len(peers[i].take()) > 0; got != want {
					t.Errorf("from behind %v, %v to behind %v, %v: %t, want %t",
						from.Mapping, from.Filtering, to.Mapping, to.Filtering, got, want)
				}
				if want {
					reached++
				}
			}
		}
	}
	// 3 of the 9 let everyone in (27 + 27 directions); of the others, 1 lets
	// in all 9 by address, 1 lets in 3 of 9.
	if want := 2 * (3*9 + 9 + 3); reached != want {
		t.Errorf("%d of 162 directions, want %d", reached, want)
	}
}
