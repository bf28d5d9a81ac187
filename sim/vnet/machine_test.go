package vnet

import (
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// A phone goes from Wi-Fi to mobile and back.
func TestChangeOfInterface(t *testing.T) {
	n := NewInternet(InternetConfig{})
	home := mustRouter(t, n, "home", RouterConfig{IPv4: nat.Linux()})
	carrier := mustRouter(t, n, "carrier", RouterConfig{IPv4: nat.Symmetric()})
	phone := mustMachine(t, n, "phone", Attachment{Parent: home})
	mobile, err := phone.AddInterface("phone mobile", Attachment{Parent: carrier, Down: after(50 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	wifi := phone.Interfaces()[0]
	p := newProber(t, n, phone)
	server := newProber(t, n, mustMachine(t, n, "server", Attachment{}))
	from := func() netip.Addr {
		t.Helper()
		send(p.Socket, server.Addr4(), "here I am")
		runFor(t, n, time.Second)
		if got := server.take(); len(got) == 1 {
			return got[0].from.Addr()
		}
		return netip.Addr{}
	}
	atHome, onTheMove := home.External()[0], carrier.External()[0]
	for i, step := range []struct {
		change func()
		want   netip.Addr
	}{
		{func() {}, atHome},
		{func() { wifi.SetUp(false) }, onTheMove},
		{func() { wifi.SetUp(true) }, atHome},
		{func() { phone.Prefer(mobile) }, onTheMove},
		{func() { mobile.SetUp(false) }, atHome},
		{func() { wifi.SetUp(false) }, netip.Addr{}},
		{func() { mobile.SetUp(true) }, onTheMove},
	} {
		step.change()
		if got := from(); got != step.want {
			t.Errorf("step %d: from %v, want %v", i, got, step.want)
		}
	}
	// What is on its way when the interface goes down does not arrive.
	back, _ := p.Outside(server.Addr4())
	send(server.Socket, back, "too late")
	runFor(t, n, 40*time.Millisecond)
	mobile.SetUp(false)
	runFor(t, n, time.Second)
	if len(p.take()) != 0 || n.Stats().Undelivered != 1 {
		t.Errorf("an interface that is down received; %+v", n.Stats())
	}
}

// A host with two addresses answers from the one it was asked on.
func TestLocalAddressDecides(t *testing.T) {
	n := NewInternet(InternetConfig{})
	addresses := []netip.Addr{netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("2001:db8::77")}
	m := mustMachine(t, n, "server", Attachment{Addresses: addresses})
	server, client := newProber(t, n, m), newProber(t, n, mustMachine(t, n, "client", Attachment{}))
	for _, local := range addresses {
		to := client.Addr4()
		if local.Is6() {
			to = client.Addr6()
		}
		server.SendDatagram(netcode.Path{Remote: to, Local: local}, []byte("x"))
		runFor(t, n, time.Second)
		if got := client.take(); len(got) != 1 || got[0].from.Addr() != local {
			t.Errorf("got %v, want it from %v", got, local)
		}
	}
}

func TestRemoval(t *testing.T) {
	n := NewInternet(InternetConfig{Seed: 1})
	home := mustRouter(t, n, "home", RouterConfig{})
	server := newProber(t, n, mustMachine(t, n, "server", Attachment{}))
	for range 5 {
		m := mustMachine(t, n, "guest", Attachment{Parent: home, Up: link.Config{Delay: time.Second}})
		guest := newProber(t, n, m)
		address := guest.Addr4()
		if err := home.Remove(); err == nil {
			t.Fatal("a router with somebody on it was removed")
		}
		send(guest.Socket, server.Addr4(), "on its way for ever")
		send(server.Socket, address, "hello")
		runFor(t, n, time.Second/2)
		if len(guest.take()) != 1 {
			t.Error("the guest was not reached")
		}
		m.Remove()
		m.Remove() // twice is once
		before := n.Stats().Unroutable
		send(server.Socket, address, "anybody there?")
		send(guest.Socket, server.Addr4(), "from the grave")
		runFor(t, n, 2*time.Second)
		if got := n.Stats().Unroutable - before; got != 2 || len(guest.take()) != 0 || len(server.take()) != 0 {
			t.Errorf("%d unroutable, want 2; or something arrived", got)
		}
		if _, err := m.Bind(0, &box{}, nil); err == nil {
			t.Error("a machine that was removed was bound to")
		}
	}
	if len(n.wires) != 6 || len(n.actors) != 2 || len(n.Edges()) != 2 {
		t.Errorf("%d wires, %d actors, %d edges: something leaks", len(n.wires), len(n.actors), len(n.Edges()))
	}
	if err := home.Remove(); err != nil || n.Router("home") != nil || n.Machine("guest") != nil || home.Remove() == nil {
		t.Errorf("Remove = %v", err)
	}
}

// A host that takes itself off the network in the middle of its turn.
type leaver struct {
	box
	socket *Socket
	in     string
}

func (l *leaver) Receive(now time.Time, path netcode.Path, datagram []byte) {
	l.box.Receive(now, path, datagram)
	if l.in == "Receive" {
		l.socket.Machine().Remove()
	}
}

func (l *leaver) Flush(now time.Time, out netcode.Sender) {
	if l.in == "Flush" && len(l.got) > 0 {
		l.socket.Machine().Remove()
		out.SendDatagram(netcode.Path{Remote: l.got[0].from}, []byte("bye"))
	}
}

func (l *leaver) NextDeadline() time.Time { return start.Add(time.Minute) }

func TestLeavingInTheMiddleOfATurn(t *testing.T) {
	for _, in := range []string{"Receive", "Flush"} {
		n := NewInternet(InternetConfig{})
		l := &leaver{in: in}
		l.socket = mustBind(t, mustMachine(t, n, "leaver", Attachment{}), 5, l, nil)
		server := newProber(t, n, mustMachine(t, n, "server", Attachment{}))
		for range 3 {
			send(server.Socket, l.socket.Addr4(), "go away")
		}
		runFor(t, n, time.Hour)
		if len(l.got) != 1 || len(server.take()) != 0 {
			t.Errorf("%s: %d datagrams after leaving at the first", in, len(l.got)-1)
		}
	}
}

func TestInternetMistakesAreErrors(t *testing.T) {
	n := NewInternet(InternetConfig{})
	home := mustRouter(t, n, "home", RouterConfig{IPv4: nat.Linux()})
	m := mustMachine(t, n, "m", Attachment{Parent: home})
	mustBind(t, m, 5, &box{}, nil)
	in := func(addresses ...string) (a Attachment) {
		for _, s := range addresses {
			a.Addresses = append(a.Addresses, netip.MustParseAddr(s))
		}
		return a
	}
	behind := in(home.External()[0].String())
	behind.Parent = home
	for name, try := range map[string]func() error{
		"no name":            func() error { _, err := n.AddMachine("", Attachment{}); return err },
		"the root's name":    func() error { _, err := n.AddRouter("internet", RouterConfig{}); return err },
		"a name taken":       func() error { _, err := n.AddRouter("m", RouterConfig{}); return err },
		"a bad link":         func() error { _, err := n.AddMachine("x", Attachment{Up: link.Config{Loss: 2}}); return err },
		"a mapped address":   func() error { _, err := n.AddMachine("x", in("::ffff:10.0.0.1")); return err },
		"a multicast":        func() error { _, err := n.AddMachine("x", in("224.0.0.1")); return err },
		"an address taken":   func() error { _, err := n.AddMachine("x", behind); return err },
		"an address twice":   func() error { _, err := n.AddMachine("x", in("203.0.113.1", "203.0.113.1")); return err },
		"the NAT's address":  func() error { _, err := n.AddMachine("x", in(home.External()[0].String())); return err },
		"a router's address": func() error { _, err := n.AddRouter("x", RouterConfig{Attachment: in("203.0.113.1")}); return err },
		"a NAT of IPv6": func() error {
			_, err := n.AddRouter("x", RouterConfig{Attachment: in("2001:db8::5"), IPv4: nat.Linux()})
			return err
		},
		"a bad NAT":    func() error { _, err := n.AddRouter("x", RouterConfig{IPv4: nat.Config{Kind: 99}}); return err },
		"no host":      func() error { _, err := m.Bind(6, nil, nil); return err },
		"a port taken": func() error { _, err := m.Bind(5, &box{}, nil); return err },
		"the root":     func() error { return n.Root().Remove() },
		"no address":   func() error { _, err := n.AddMachine("x", Attachment{Addresses: []netip.Addr{{}}}); return err },
		"a bad change": func() error { return n.Edge("m").Set(Up, link.Config{Loss: -1}) },
		"negative":     func() error { _, err := n.AddRouter("x", RouterConfig{RebindEvery: -1}); return err },
		"no NAT":       func() error { _, err := n.AddRouter("x", RouterConfig{RenumberEvery: 1}); return err },
	} {
		if try() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if len(n.Edges()) != 2 || len(n.wires) != 4 {
		t.Errorf("mistakes left %d edges and %d wires behind, want 2 and 4", len(n.Edges()), len(n.wires))
	}
}

// Links are named, and the same name loses the same packets wherever it is.
func TestSeedsFollowFromNames(t *testing.T) {
	arrived := func(parent string) (all []time.Duration) {
		n := NewInternet(InternetConfig{Seed: 77})
		var a Attachment
		if parent != "" {
			a.Parent = mustRouter(t, n, parent, RouterConfig{IPv4: nat.Linux()})
		}
		a.Up = link.Config{Loss: 0.3}
		client := newProber(t, n, mustMachine(t, n, "client", a))
		server := newProber(t, n, mustMachine(t, n, "server", Attachment{}))
		for range 100 {
			send(client.Socket, server.Addr4(), "x")
			runFor(t, n, time.Millisecond)
		}
		for _, l := range server.take() {
			all = append(all, l.at)
		}
		return all
	}
	first, again := arrived(""), arrived("some router")
	if len(first) < 50 || len(first) > 90 || len(first) != len(again) {
		t.Fatalf("%d and %d of 100 arrived", len(first), len(again))
	}
	for i := range first {
		if first[i] != again[i] {
			t.Errorf("arrival %d is at %v and at %v", i, first[i], again[i])
		}
	}
}

func TestAtAndEdges(t *testing.T) {
	n := NewInternet(InternetConfig{})
	client := newProber(t, n, mustMachine(t, n, "client", Attachment{}))
	server := newProber(t, n, mustMachine(t, n, "server", Attachment{}))
	var order []int
	for i, at := range []time.Duration{2 * time.Second, time.Second, 2 * time.Second} {
		n.At(start.Add(at), func(now time.Time) {
			if now != start.Add(at) || now != n.Now() {
				t.Errorf("called at %v, want %v", now, at)
			}
			order = append(order, i)
		})
	}
	edge := n.Edge("client")
	n.At(start.Add(time.Second), func(time.Time) {
		if err := edge.Set(Up, link.Config{Delay: time.Second, Rate: 8000}); err != nil {
			t.Error(err)
		}
		send(client.Socket, server.Addr4(), "slow")
	})
	runFor(t, n, 1500*time.Millisecond)
	if edge.OnTheWay(Up) != 1 || edge.Config(Up).Delay != time.Second || edge.NextDelivery(Up) != start.Add(2004*time.Millisecond) {
		t.Errorf("%d on the way, the next at %v", edge.OnTheWay(Up), edge.NextDelivery(Up))
	}
	runFor(t, n, time.Second)
	if len(order) != 3 || order[0] != 1 || order[1] != 0 || order[2] != 2 {
		t.Errorf("order %v, want 1 0 2", order)
	}
	if got := server.take(); len(got) != 1 || got[0].at != 2004*time.Millisecond {
		t.Errorf("got %v, want it at 2.004 s", got)
	}
	if len(n.timers) != 4 || n.Stats().Events != 6 {
		t.Errorf("%d timers, %d events", len(n.timers), n.Stats().Events)
	}
}
