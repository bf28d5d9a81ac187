package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	simrun "github.com/reckon-engine/reckon/sim/run"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/tun"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// threeModes is a scenario that all modes can run. %d are its seconds.
const threeModes = `
seconds = %d
seed    = 7

[link]
delay  = "60ms"
jitter = "15ms"
loss   = "3%%"
burst  = 3
down   = { shape = "normal", jitter = "8ms" }

[[flow]]
name = "positions"
kind = "udp"
up   = { size = 64, rate = 60 }
down = { size = 256, rate = 60 }

[[at]]
time = "2s"
for  = "1s"
link = { loss = "20%%" }
`

// A voyage is a datagram of one direction, by its index.
type voyage struct {
	sent  time.Duration // since the start of the run
	size  int
	lost  bool
	delay time.Duration // unless lost
	late  time.Duration // how much later than planned it was sent
}

// TestSoakThreeModes: the same scenario loses the same datagrams in virtual
// time, through the proxy and through TUN, and delays them alike.
func TestSoakThreeModes(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector is late")
	}
	file := filepath.Join(t.TempDir(), "three.toml")
	text := fmt.Sprintf(threeModes, long.Of(5, 60))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := virtually(t, file)
	var modes sync.WaitGroup
	for name, run := range map[string]func(*testing.T, string, [2][]voyage) [2][]voyage{"proxy": throughProxy, "tun": throughTUN} {
		modes.Go(func() {
			t.Run(name, func(t *testing.T) {
				if name == "tun" {
					needTun(t)
				}
				var problems []string
				for range 3 { // others use this machine, too
					got := run(t, file, want)
					if problems = unlike(t, got, want); problems == nil {
						for d, direction := range [2]string{"up", "down"} {
							t.Logf("%s: %d of %d lost, the same ones; p50 %v, virtually %v; p99 %v, virtually %v", direction, lostOf(got[d]), len(got[d]),
								delayOf(got[d], 0.5), delayOf(want[d], 0.5), delayOf(got[d], 0.99), delayOf(want[d], 0.99))
						}
						return
					}
				}
				t.Error(problems)
			})
		})
	}
	modes.Wait()
}

// tooLate is how late a sleeping sender may wake, in one of a hundred cases,
// for the machine to count as quiet: Go's timers alone take a millisecond. On
// one that is not, the receivers' delays are not the links'.
const tooLate = 2 * time.Millisecond

// unlike says what differs from the run in virtual time by more than it may.
func unlike(t *testing.T, got, want [2][]voyage) (problems []string) {
	for d, direction := range [2]string{"up", "down"} {
		for i := range want[d] {
			if got[d][i].lost != want[d][i].lost {
				problems = append(problems, fmt.Sprintf("%s: datagram %d: lost: %v, virtually %v", direction, i, got[d][i].lost, want[d][i].lost))
			}
		}
		if late := quantile(got[d], 0.99, func(v *voyage) time.Duration { return v.late }); late > tooLate {
			t.Logf("%s: this machine wakes senders %v late (p99): delays are not judged", direction, late)
			continue
		}
		for _, share := range []float64{0.5, 0.99} {
			is, should := delayOf(got[d], share), delayOf(want[d], share)
			if math.Abs(float64(is-should)) > 0.05*float64(should) {
				problems = append(problems, fmt.Sprintf("%s: p%g is %v, virtually %v", direction, 100*share, is, should))
			}
		}
	}
	return problems
}

func lostOf(all []voyage) (n int) {
	for i := range all {
		if all[i].lost {
			n++
		}
	}
	return n
}

// delayOf returns a quantile of the delays of those that arrived.
func delayOf(all []voyage, share float64) time.Duration {
	return quantile(all, share, func(v *voyage) time.Duration { return v.delay })
}

// quantile returns one of those that arrived.
func quantile(all []voyage, share float64, of func(*voyage) time.Duration) time.Duration {
	var list []time.Duration
	for i := range all {
		if !all[i].lost {
			list = append(list, of(&all[i]))
		}
	}
	slices.Sort(list)
	return list[int(share*float64(len(list)-1))]
}

// virtually returns what netsim run does to the datagrams.
func virtually(t *testing.T, file string) (all [2][]voyage) {
	t.Helper()
	s, err := scenario.Load(file, scenarioKinds()...)
	if err != nil {
		t.Fatal(err)
	}
	var epoch time.Time
	_, err = simrun.Run(t.Context(), s, simrun.Options{Kinds: kinds(), Observer: func(e vnet.Event) {
		if epoch.IsZero() {
			epoch = e.Time // the flow begins at once
		}
		if e.Kind == vnet.Carried && e.Where == scenario.Client {
			all[e.Direction] = append(all[e.Direction], voyage{
				sent: e.Time.Sub(epoch), size: len(e.Datagram), lost: e.Fate.Cause != link.Delivered, delay: e.Fate.Delay,
			})
		}
	}})
	if err != nil || len(all[0]) < 60 || len(all[1]) < 60 {
		t.Fatalf("%d up and %d down, %v", len(all[0]), len(all[1]), err)
	}
	return all
}

// throughProxy sends the same datagrams at the same times through the proxy.
func throughProxy(t *testing.T, file string, plan [2][]voyage) [2][]voyage {
	var listen net.ListenConfig
	client, err := listen.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := listen.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	o, err := parseProxy([]string{"--scenario", file, "--to", server.LocalAddr().String(), "--listen", "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := proxy.New(o.Config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	got := sail(client, server, net.UDPAddrFromAddrPort(p.Addr()), plan, func(time.Time) {})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return got
}

// throughTUN does so between two namespaces.
func throughTUN(t *testing.T, file string, plan [2][]voyage) [2][]voyage {
	o, err := parseTun([]string{"--scenario", file, "--", "true"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := tun.New(o.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	client, err := n.ListenPacket(t.Context(), tun.Client, "udp", "10.73.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := n.ListenPacket(t.Context(), tun.Server, "udp", "10.73.0.2:7777")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	return sail(client, server, server.LocalAddr(), plan, n.SetEpoch)
}

// sail sends what the plan says between two sockets, and returns what became
// of it. Begin is told when it begins.
func sail(client, server net.PacketConn, to net.Addr, plan [2][]voyage, begin func(time.Time)) (got [2][]voyage) {
	known := make(chan net.Addr, 1) // where the server sees the client
	var readers, senders sync.WaitGroup
	start := time.Now().Add(50 * time.Millisecond)
	begin(start)
	for d, conn := range [2]net.PacketConn{server, client} {
		got[d] = slices.Clone(plan[d])
		for i := range got[d] {
			got[d][i].lost = true
		}
		told := [2]chan net.Addr{known, nil}[d]
		readers.Go(func() { arrive(conn, got[d], told) })
	}
	senders.Go(func() { depart(client, to, start, plan[0], got[0]) })
	senders.Go(func() {
		address := <-known
		depart(server, address, start, plan[1], got[1])
	})
	senders.Wait()
	deadline := time.Now().Add(time.Second)
	_ = client.SetReadDeadline(deadline)
	_ = server.SetReadDeadline(deadline)
	readers.Wait()
	return got
}

// A datagram carries its index and when it was sent.
const headerLen = 4 + 8

// depart sends what the plan says when it is due, and notes how late.
func depart(conn net.PacketConn, to net.Addr, start time.Time, plan, got []voyage) {
	for i, v := range plan {
		time.Sleep(time.Until(start.Add(v.sent)))
		b := make([]byte, max(v.size, headerLen))
		binary.LittleEndian.PutUint32(b, uint32(i))
		now := time.Now()
		got[i].late = now.Sub(start.Add(v.sent))
		binary.LittleEndian.PutUint64(b[4:], uint64(now.UnixNano()))
		_, _ = conn.WriteTo(b, to) // what is not sent is lost, and that is noticed
	}
}

// arrive notes what arrives until the deadline.
func arrive(conn net.PacketConn, got []voyage, known chan<- net.Addr) {
	b := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		now := time.Now().UnixNano()
		select {
		case known <- from:
		default:
		}
		if i := binary.LittleEndian.Uint32(b); n >= headerLen && int(i) < len(got) {
			v := &got[i]
			v.lost, v.delay = false, time.Duration(now-int64(binary.LittleEndian.Uint64(b[4:])))
		}
	}
}
