package vnet

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// Two behind one NAT by its external addresses, and two homes behind one
// carrier's NAT.
func TestHairpinning(t *testing.T) {
	for _, hairpin := range []nat.Hairpin{nat.HairpinOff, nat.HairpinExternal, nat.HairpinInternal} {
		for _, homes := range []bool{false, true} {
			n := NewInternet(InternetConfig{})
			server := addMirror(t, n)
			carrier := mustRouter(t, n, "carrier", RouterConfig{IPv4: nat.Config{Kind: nat.Translate, Ports: nat.Random, Hairpin: hairpin}})
			var peers [2]*prober
			var seen [2]netip.AddrPort
			for i, name := range []string{"a", "b"} {
				parent := carrier
				if homes {
					parent = mustRouter(t, n, "home "+name, RouterConfig{IPv4: nat.FullCone(), Attachment: Attachment{Parent: carrier}})
				}
				peers[i] = newProber(t, n, mustMachine(t, n, name, Attachment{Parent: parent}))
				seen[i] = netip.MustParseAddrPort(peers[i].ask(server[0][0], "who am I"))
			}
			send(peers[0].Socket, seen[1], "round the corner")
			runFor(t, n, time.Second)
			got := peers[1].take()
			if hairpin == nat.HairpinOff {
				if len(got) != 0 {
					t.Errorf("off, yet it arrived: %v", got)
				}
				continue
			}
			want := seen[0]
			if hairpin == nat.HairpinInternal {
				want = peers[0].Addr4()
				if homes {
					want = netip.AddrPortFrom(n.Router("home a").External()[0], want.Port())
				}
			}
			if len(got) != 1 || got[0].from != want {
				t.Errorf("%v, homes %t: got %v, want it from %v", hairpin, homes, got, want)
			}
			if v4, _ := carrier.NATCounters(); v4.Hairpinned != 1 {
				t.Errorf("%v: %+v", hairpin, v4)
			}
		}
	}
}

func TestOneToOneNAT(t *testing.T) {
	n := NewInternet(InternetConfig{})
	server := addMirror(t, n)
	pool := []netip.Addr{netip.MustParseAddr("203.0.113.10"), netip.MustParseAddr("203.0.113.11")}
	cloud := mustRouter(t, n, "cloud", RouterConfig{IPv4: nat.Config{Kind: nat.OneToOne}, Attachment: Attachment{Addresses: pool}})
	a := newProber(t, n, mustMachine(t, n, "a", Attachment{Parent: cloud}))
	machineB := mustMachine(t, n, "b", Attachment{Parent: cloud})
	b := newProber(t, n, machineB)
	if _, err := n.AddMachine("c", Attachment{Parent: cloud}); err == nil || !strings.Contains(err.Error(), "one-to-one") {
		t.Errorf("a third behind two addresses: %v", err)
	}
	if got, want := a.ask(server[0][0], "who am I"), netip.AddrPortFrom(pool[0], a.Port()).String(); got != want {
		t.Errorf("a is %s, want %s", got, want)
	}
	outside := newProber(t, n, mustMachine(t, n, "outside", Attachment{}))
	send(outside.Socket, netip.AddrPortFrom(pool[1], b.Port()), "uninvited")
	runFor(t, n, time.Second)
	if got := b.take(); len(got) != 1 || got[0].from != outside.Addr4() {
		t.Errorf("b got %v", got)
	}
	// Who leaves gives the address back.
	machineB.Remove()
	c := newProber(t, n, mustMachine(t, n, "c", Attachment{Parent: cloud}))
	if got, want := c.ask(server[0][0], "who am I"), netip.AddrPortFrom(pool[1], c.Port()).String(); got != want {
		t.Errorf("c is %s, want %s", got, want)
	}
}

func TestIPv6Firewall(t *testing.T) {
	n := NewInternet(InternetConfig{})
	home := mustRouter(t, n, "home", RouterConfig{
		IPv4: nat.Symmetric(),
		IPv6: nat.Config{Kind: nat.Firewall, Filtering: nat.AddressAndPortDependent},
	})
	client := newProber(t, n, mustMachine(t, n, "client", Attachment{Parent: home}))
	server := newProber(t, n, mustMachine(t, n, "server", Attachment{}))
	other := newProber(t, n, mustMachine(t, n, "other", Attachment{}))

	send(server.Socket, client.Addr6(), "too early")
	runFor(t, n, time.Second)
	send(client.Socket, server.Addr6(), "hello")
	runFor(t, n, time.Second)
	send(server.Socket, client.Addr6(), "hello yourself")
	send(other.Socket, client.Addr6(), "me too")
	runFor(t, n, time.Second)
	if got := server.take(); len(got) != 1 || got[0].from != client.Addr6() {
		t.Errorf("the server got %v, want it from %v: nothing is translated", got, client.Addr6())
	}
	if got := client.take(); len(got) != 1 || got[0].datagram != "hello yourself" {
		t.Errorf("the client got %v", got)
	}
	if _, v6 := home.NATCounters(); v6.NoMapping != 1 || v6.Filtered != 1 || v6.Inbound != 1 {
		t.Errorf("counters %+v", v6)
	}
	if _, err := n.AddRouter("six", RouterConfig{IPv6: nat.FullCone()}); err == nil {
		t.Error("a NAT for IPv6 was accepted")
	}
}

func TestRebindingAndRenumbering(t *testing.T) {
	n := NewInternet(InternetConfig{})
	server := addMirror(t, n)
	home := mustRouter(t, n, "home", RouterConfig{IPv4: nat.Linux(), RebindEvery: 5 * time.Second, RenumberEvery: 40 * time.Second})
	client := newProber(t, n, mustMachine(t, n, "client", Attachment{Parent: home}))
	ports, addresses := map[string]bool{}, map[netip.Addr]bool{}
	runFor(t, n, time.Second/4) // so that nothing happens while somebody waits
	for range 58 {
		got := client.ask(server[0][0], "who am I")
		ports[got] = true
		addresses[netip.MustParseAddrPort(got).Addr()] = true
		if at, ok := client.Outside(server[0][0]); !ok || at.String() != got {
			t.Errorf("Outside = %v, %t; the server saw %s", at, ok, got)
		}
		runFor(t, n, time.Second/2)
	}
	if len(ports) != 12 || len(addresses) != 2 {
		t.Errorf("in 58 s: %d endpoints of %d addresses, want 12 of 2", len(ports), len(addresses))
	}
	old, _ := client.Outside(server[0][0])
	if err := home.Renumber(netip.MustParseAddr("203.0.113.77")); err != nil {
		t.Fatal(err)
	}
	if _, ok := client.Outside(server[0][0]); ok {
		t.Error("there is a mapping before anything was sent")
	}
	if got := client.ask(server[0][0], "who am I"); !strings.HasPrefix(got, "203.0.113.77:") {
		t.Errorf("after Renumber: %s", got)
	}
	unroutable := n.Stats().Unroutable
	send(n.Machine("mirror").sockets[3478], old, "to the old address")
	runFor(t, n, time.Second)
	if n.Stats().Unroutable != unroutable+1 {
		t.Error("the old address should be nobody's")
	}
	if home.Renumber(server[0][0].Addr()) == nil || home.Renumber(client.Machine().Addr4()) == nil || n.Root().Renumber() == nil {
		t.Error("an address that is taken was accepted")
	}
	if got := home.Mappings(); len(got) != 1 || got[0].Inside != client.Addr4() || !got[0].Answered {
		t.Errorf("Mappings() = %+v", got)
	}
	if m, ok := home.Mapping(client.Addr4(), server[0][0]); !ok || m.Outside.Addr() != home.External()[0] {
		t.Errorf("Mapping = %+v, %t", m, ok)
	}
}

// What is said of a datagram at every hop, and that all of it has one number.
func TestObserver(t *testing.T) {
	type seen struct {
		kind  EventKind
		where string
	}
	var events []seen
	var numbers []uint32
	n := NewInternet(InternetConfig{Observer: func(e Event) {
		events = append(events, seen{e.Kind, e.Where})
		numbers = append(numbers, e.Number)
		if e.Kind == Refused && e.Refusal != nat.NoMapping {
			t.Errorf("refused: %v", e.Refusal)
		}
	}})
	home := mustRouter(t, n, "home", RouterConfig{IPv4: nat.Linux()})
	client := newProber(t, n, mustMachine(t, n, "client", Attachment{Parent: home}))
	server := newProber(t, n, mustMachine(t, n, "server", Attachment{}))
	send(client.Socket, server.Addr4(), "hello")
	runFor(t, n, time.Second)
	send(server.Socket, netip.AddrPortFrom(home.External()[0], 7), "to a wrong port")
	runFor(t, n, time.Second)
	want := []seen{
		{Sent, "client"},
		{Carried, "client"},
		{Translated, "home"},
		{Carried, "home"},
		{Carried, "server"},
		{Arrived, "server"},
		{Sent, "server"},
		{Carried, "server"},
		{Carried, "home"},
		{Refused, "home"},
	}
	if len(events) != len(want) {
		t.Fatalf("events %v, want %v", events, want)
	}
	for i := range want {
		number := uint32(0)
		if i >= 6 {
			number = 1
		}
		if events[i] != want[i] || numbers[i] != number {
			t.Errorf("event %d is %v of datagram %d, want %v of %d", i, events[i], numbers[i], want[i], number)
		}
	}
}
