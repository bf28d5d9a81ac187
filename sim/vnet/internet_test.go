package vnet

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
)

// A box keeps what it receives, and sends nothing by itself.
type box struct {
	got []letter
}

type letter struct {
	at       time.Duration
	from     netip.AddrPort
	local    netip.Addr
	datagram string
}

func (b *box) Receive(now time.Time, path netcode.Path, datagram []byte) {
	b.got = append(b.got, letter{now.Sub(start), path.Remote, path.Local, string(datagram)})
}

func (b *box) Flush(time.Time, netcode.Sender) {}

func (b *box) NextDeadline() time.Time { return time.Time{} }

// take returns what was received since the last time.
func (b *box) take() []letter {
	got := b.got
	b.got = nil
	return got
}

func mustRouter(t testing.TB, n *Internet, name string, cfg RouterConfig) *Router {
	t.Helper()
	r, err := n.AddRouter(name, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustMachine(t testing.TB, n *Internet, name string, a Attachment) *Machine {
	t.Helper()
	m, err := n.AddMachine(name, a)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustBind(t testing.TB, m *Machine, port uint16, host Host, loop Loop) *Socket {
	t.Helper()
	s, err := m.Bind(port, host, loop)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func runFor(t testing.TB, n *Internet, d time.Duration) {
	t.Helper()
	if err := n.Run(n.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
}

func send(s *Socket, to netip.AddrPort, text string) {
	s.SendDatagram(netcode.Path{Remote: to}, []byte(text))
}

func after(d time.Duration) link.Config { return link.Config{Delay: d} }

func TestTree(t *testing.T) {
	n := NewInternet(InternetConfig{})
	home := mustRouter(t, n, "home", RouterConfig{Attachment: Attachment{Up: after(10 * time.Millisecond), Down: after(5 * time.Millisecond)}})
	alice := mustMachine(t, n, "alice", Attachment{Parent: home, Up: after(time.Millisecond), Down: after(2 * time.Millisecond)})
	tv := mustMachine(t, n, "tv", Attachment{Parent: home})
	server := mustMachine(t, n, "server", Attachment{})
	var a, v, s box
	fromAlice, fromTV := mustBind(t, alice, 0, &a, nil), mustBind(t, tv, 9, &v, nil)
	atServer := mustBind(t, server, 7777, &s, nil)

	send(fromAlice, atServer.Addr4(), "up")
	send(fromAlice, atServer.Addr6(), "up six")
	send(atServer, fromAlice.Addr4(), "down")
	send(fromTV, fromAlice.Addr4(), "across")
	runFor(t, n, time.Second)
	want := []letter{
		{11 * time.Millisecond, fromAlice.Addr4(), server.Addr4(), "up"},
		{11 * time.Millisecond, fromAlice.Addr6(), server.Addr6(), "up six"},
	}
	if got := s.take(); !slices.Equal(got, want) {
		t.Errorf("the server got %v, want %v", got, want)
	}
	want = []letter{
		{2 * time.Millisecond, fromTV.Addr4(), alice.Addr4(), "across"},
		{7 * time.Millisecond, atServer.Addr4(), alice.Addr4(), "down"},
	}
	if got := a.take(); !slices.Equal(got, want) {
		t.Errorf("alice got %v, want %v", got, want)
	}

	nowhere := netip.MustParseAddrPort("192.0.2.1:1")
	send(fromAlice, nowhere, "to nobody")
	send(fromAlice, netip.AddrPortFrom(server.Addr4(), 1), "to a closed port")
	send(fromAlice, netip.AddrPort{}, "to no address")
	runFor(t, n, time.Second)
	if got := n.Stats(); got.Unroutable != 2 || got.Undelivered != 1 || got.Sent != 7 || got.Arrived != 4 {
		t.Errorf("Stats() = %+v", got)
	}
	if c := home.Edge().Counters(Up); c.Sent != 4 || c.Delivered != 4 {
		t.Errorf("up from home: %+v, want 4 datagrams", c)
	}
}
