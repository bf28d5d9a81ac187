package vnet

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet/nat"
)

// talkers is an internet in which so many clients and a server send each other
// datagrams. With a NAT each client has a home of its own.
func talkers(t testing.TB, clients int, interval time.Duration, access link.Config, box nat.Config) *Internet {
	n := NewInternet(InternetConfig{})
	server := &ticker{size: 100}
	if box.Kind == nat.None {
		server.interval = interval
	}
	at := mustBind(t, mustMachine(t, n, "server", Attachment{}), 7777, server, nil)
	for i := range clients {
		a := Attachment{Up: access, Down: access}
		if box.Kind != nat.None {
			home := mustRouter(t, n, fmt.Sprint("home ", i), RouterConfig{Attachment: a, IPv4: box})
			a = Attachment{Parent: home}
		}
		c := &ticker{interval: interval, peers: []netip.AddrPort{at.Addr4()}, size: 60}
		s := mustBind(t, mustMachine(t, n, fmt.Sprint("client ", i), a), 0, c, nil)
		if box.Kind == nat.None {
			server.peers = append(server.peers, s.Addr4())
		}
	}
	if box.Kind == nat.None {
		return n
	}
	// The server answers the addresses that it sees.
	runFor(t, n, time.Second)
	for i := range clients {
		for _, s := range n.Machine(fmt.Sprint("client ", i)).sockets {
			outside, ok := s.Outside(at.Addr4())
			if !ok {
				t.Fatal("a client is silent")
			}
			server.peers = append(server.peers, outside)
		}
	}
	server.interval, server.next = interval, n.Now()
	return n
}

func TestInternetDoesNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates, and takes its time")
	}
	for _, box := range []nat.Config{{}, nat.Linux(), nat.Symmetric()} {
		events := 0
		n := talkers(t, 3, time.Millisecond, rough(), box)
		n.cfg.Observer = func(Event) { events++ }
		step := func() { runFor(t, n, 100*time.Millisecond) }
		for range 200 {
			step()
		}
		if allocs := testing.AllocsPerRun(200, step); allocs != 0 {
			t.Errorf("%v: 100 ms with 600 datagrams allocate %v times, want 0", box.Kind, allocs)
		}
		if events == 0 || n.Stats().Refused != 0 {
			t.Errorf("%d events, %+v", events, n.Stats())
		}
	}
}

// As it was when this test was written; every architecture must agree.
func TestInternetGoldenDigest(t *testing.T) {
	n := talkers(t, 4, time.Second/60, rough(), nat.Symmetric())
	runFor(t, n, time.Minute)
	const want = 0x2c6f545c99f72a6b
	if got := n.Digest(); got != want {
		t.Errorf("Digest() = %#x, want %#x", got, uint64(want))
	}
}

func BenchmarkInternet(b *testing.B) {
	for _, bench := range []struct {
		name    string
		clients int
		nat     nat.Config
	}{
		{"clients=1", 1, nat.Config{}},
		{"clients=1/nat", 1, nat.Linux()},
		{"clients=64", 64, nat.Config{}},
		{"clients=64/nat", 64, nat.Linux()},
		{"clients=1000/nat", 1000, nat.Linux()},
	} {
		b.Run(bench.name, func(b *testing.B) {
			n := talkers(b, bench.clients, time.Second/60, rough(), bench.nat)
			runFor(b, n, 3*time.Second)
			before, from := n.Stats(), n.Now()
			b.ReportAllocs()
			for b.Loop() {
				runFor(b, n, time.Second)
			}
			datagrams := float64(n.Stats().Arrived - before.Arrived)
			b.ReportMetric(datagrams/b.Elapsed().Seconds(), "datagrams/s")
			b.ReportMetric(n.Now().Sub(from).Seconds()/b.Elapsed().Seconds(), "×realtime")
		})
	}
}
