package tun

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// headers are those of UDP over IPv4 and over IPv6.
var headers = map[bool]int{false: 28, true: 48}

// What arrives is what the link of the same seed lets arrive in virtual time,
// packet by packet: nothing but the program's own packets has an index.
func TestFatesAreThoseOfTheSeed(t *testing.T) {
	burst, err := link.Bursts(0.2, 3)
	if err != nil {
		t.Fatal(err)
	}
	up := link.Config{Loss: 0.1, Burst: burst, Duplicate: 0.1, Delay: time.Millisecond}
	const seed, n, size = 99, 500, 8
	for _, v6 := range []bool{false, true} {
		if v6 && !has6() {
			t.Log("no IPv6 here")
			continue
		}
		var want []uint64
		model, err := link.New(up, seed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(n) {
			fate := model.Send(time.Unix(0, 0), size+headers[v6])
			if fate.Cause == link.Delivered {
				want = append(want, i)
			}
			if fate.Duplicated {
				want = append(want, i)
			}
		}
		network := begin(t, Config{Up: up, UpSeed: seed})
		server := listenUDP(t, network, Server, at(Server, v6, "7777"))
		client := listenUDP(t, network, Client, at(Client, v6, "0"))
		to := server.LocalAddr().(*net.UDPAddr).AddrPort()
		for i := range uint64(n) {
			if _, err := client.WriteToUDPAddrPort(binary.BigEndian.AppendUint64(nil, i), to); err != nil {
				t.Fatal(err)
			}
		}
		var got []uint64
		buffer := make([]byte, 100)
		for range want {
			if _, err := server.Read(buffer); err != nil {
				t.Fatalf("after %d of %d: %v", len(got), len(want), err)
			}
			got = append(got, binary.BigEndian.Uint64(buffer))
		}
		slices.Sort(got) // copies and originals that arrive at once may change places
		if !slices.Equal(got, want) {
			t.Errorf("IPv6 %v: received %v, want %v", v6, got, want)
		}
		want64 := uint64(n * (size + headers[v6]))
		if s := network.Stats(); s.Up.Sent != n || s.Up.SentBytes != want64 || s.Down.Sent != 0 {
			t.Errorf("IPv6 %v: Stats() = %+v, want %d packets of %d bytes in all", v6, s, n, want64)
		}
	}
}

// The kernel says nothing by itself: packet 0 is the first of a program. (What
// it would say about IPv6, it says in the first second.)
func TestSilence(t *testing.T) {
	n := begin(t, Config{})
	time.Sleep(1300 * time.Millisecond)
	if s := n.Stats(); s.Up.Sent != 0 || s.Down.Sent != 0 {
		t.Errorf("Stats() = %+v, want nothing sent", s)
	}
}

// One-way delays are within 5 % of the link's: the median as programs inside
// see it, and the 99th percentile as the link sees it. (Programs are put aside
// by a busy kernel for longer than that.)
func TestDelays(t *testing.T) {
	const delay, n = 60 * time.Millisecond, 150
	var p50, late time.Duration
	for range 5 { // the machine may be busy with other tests
		network := begin(t, Config{Up: link.Config{Delay: delay}})
		server := listenUDP(t, network, Server, at(Server, false, "7777"))
		client := listenUDP(t, network, Client, at(Client, false, "0"))
		times := oneWay(t, client, server, n)
		slices.Sort(times)
		if times[0] < delay {
			t.Fatalf("a packet took %v, less than the link's %v", times[0], delay)
		}
		if p50, late = times[n/2], network.Stats().Lateness.P99; p50 < delay*105/100 && late < delay*5/100 {
			t.Logf("p50 %v, p99 %v, the link's %v", p50, times[n*99/100], delay+late)
			return
		}
	}
	t.Errorf("p50 %v, p99 at the link %v, want %v to 5 %%", p50, delay+late, delay)
}

// oneWay sends n datagrams, 2 ms apart, and returns how long each took.
func oneWay(t *testing.T, client, server *net.UDPConn, n int) []time.Duration {
	t.Helper()
	began := time.Now()
	go func() {
		to := server.LocalAddr().(*net.UDPAddr).AddrPort()
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for range n {
			<-ticker.C
			// What fails to be sent is missed by the reader.
			_, _ = client.WriteToUDPAddrPort(binary.BigEndian.AppendUint64(nil, uint64(time.Since(began))), to)
		}
	}()
	var times []time.Duration
	buffer := make([]byte, 100)
	for range n {
		if _, err := server.Read(buffer); err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Since(began)-time.Duration(binary.BigEndian.Uint64(buffer)))
	}
	return times
}

// receive reads one datagram, or reports false after a moment without.
func receive(t *testing.T, conn *net.UDPConn, wait time.Duration) bool {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Read(make([]byte, 2000))
	return err == nil
}

func TestSetConfig(t *testing.T) {
	n := begin(t, Config{})
	server := listenUDP(t, n, Server, at(Server, false, "7777"))
	client := listenUDP(t, n, Client, at(Client, false, "0"))
	send := func(size int) {
		t.Helper()
		to := server.LocalAddr().(*net.UDPAddr).AddrPort()
		if _, err := client.WriteToUDPAddrPort(make([]byte, size), to); err != nil {
			t.Fatal(err)
		}
	}
	if send(10); !receive(t, server, patience) {
		t.Fatal("nothing arrives over a perfect link")
	}
	if err := n.SetConfig(link.Config{Loss: 1}, link.Config{}); err != nil {
		t.Fatal(err)
	}
	if send(10); receive(t, server, 20*time.Millisecond) {
		t.Error("something arrives over a link that loses all")
	}
	if err := n.SetConfig(link.Config{MTU: 1000}, link.Config{}); err != nil {
		t.Fatal(err)
	}
	send(1000) // and 28 of headers
	if send(972); !receive(t, server, patience) || n.Stats().Up.DroppedMTU != 1 {
		t.Errorf("Stats() = %+v, want one packet larger than the MTU", n.Stats())
	}
	if err := n.SetConfig(link.Config{}, link.Config{Loss: 2}); err == nil {
		t.Error("a loss of 2 was accepted")
	}
}

// Changes happen at their time after the epoch, and not before it is set.
func TestChanges(t *testing.T) {
	lossy, perfect := link.Config{Loss: 1}, link.Config{}
	n := begin(t, Config{Up: perfect, Changes: []Change{
		{At: time.Hour, Up: &lossy},
		{At: time.Hour + 150*time.Millisecond, Up: &perfect},
	}})
	server := listenUDP(t, n, Server, at(Server, false, "7777"))
	client := listenUDP(t, n, Client, at(Client, false, "0"))
	to := server.LocalAddr().(*net.UDPAddr).AddrPort()
	send := func() {
		t.Helper()
		if _, err := client.WriteToUDPAddrPort([]byte("x"), to); err != nil {
			t.Fatal(err)
		}
	}
	if send(); !receive(t, server, patience) {
		t.Fatal("nothing arrives before the first change")
	}
	epoch := time.Now().Add(-time.Hour)
	n.SetEpoch(epoch)
	if send(); receive(t, server, 10*time.Millisecond) {
		t.Error("something arrives after the first change")
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		send()
		if receive(t, server, 5*time.Millisecond) {
			if passed := time.Since(epoch); passed < time.Hour+150*time.Millisecond {
				t.Errorf("the second change came %v after the epoch", passed)
			}
			return
		}
	}
	t.Error("the second change never came")
}

// An observer sees every packet twice: when it comes, with its fate, and when
// it leaves.
func TestObserve(t *testing.T) {
	var entered, left, lost, bytes atomic.Int64
	n := begin(t, Config{Up: link.Config{Loss: 0.3}, UpSeed: 7, Observe: func(p Packet) {
		switch {
		case p.From != Client || p.Time.IsZero() || len(p.Data) != 29 || p.Data[0] != 0x45:
			bytes.Add(1 << 40)
		case p.Event == Left:
			left.Add(1)
		case p.Fate.Cause != link.Delivered:
			lost.Add(1)
			fallthrough
		default:
			entered.Add(1)
			bytes.Add(int64(len(p.Data)))
		}
	}})
	server := listenUDP(t, n, Server, at(Server, false, "7777"))
	client := listenUDP(t, n, Client, at(Client, false, "0"))
	for range 100 {
		if _, err := client.WriteToUDPAddrPort([]byte("x"), server.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); entered.Load() < 100 || left.Load()+lost.Load() < 100; {
		if time.Now().After(deadline) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s := n.Stats()
	if entered.Load() != 100 || uint64(lost.Load()) != s.Up.LostRandom || lost.Load() == 0 || left.Load() != 100-lost.Load() || bytes.Load() != 2900 {
		t.Errorf("entered %d, lost %d, left %d, %d bytes; %+v", entered.Load(), lost.Load(), left.Load(), bytes.Load(), s)
	}
}

// What an active queue drops is observed when it is dropped, and never leaves.
func TestObserveDrops(t *testing.T) {
	var pending, left, dropped atomic.Int64
	up := link.Config{Rate: 1_000_000, QueueBytes: 100_000, AQM: link.ActiveQueue{Algorithm: link.CoDel}}
	n := begin(t, Config{Up: up, Observe: func(p Packet) {
		switch {
		case p.Event == Left:
			left.Add(1)
		case p.Event == Dropped && p.Fate.Cause == link.DroppedAQM && len(p.Data) == 1028:
			dropped.Add(1)
		case p.Fate.Cause == link.Pending:
			pending.Add(1)
		}
	}})
	server := listenUDP(t, n, Server, at(Server, false, "7777"))
	client := listenUDP(t, n, Client, at(Client, false, "0"))
	for range 60 { // half a second at the link's rate
		if _, err := client.WriteToUDPAddrPort(make([]byte, 1000), server.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); left.Load()+dropped.Load() < 60 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if s := n.Stats(); pending.Load() == 0 || dropped.Load() == 0 || uint64(dropped.Load()) != s.Up.DroppedAQM || uint64(left.Load()) != s.Up.Delivered || s.Held != 0 {
		t.Errorf("pending %d, left %d, dropped %d; %+v", pending.Load(), left.Load(), dropped.Load(), s)
	}
}

func TestListening(t *testing.T) {
	n := begin(t, Config{})
	if open, err := n.Listening(Server); open || err != nil {
		t.Errorf("Listening = %v, %v where nothing is", open, err)
	}
	listenUDP(t, n, Server, at(Server, false, "7777"))
	if open, err := n.Listening(Server); !open || err != nil {
		t.Errorf("Listening = %v, %v with a UDP socket", open, err)
	}
	if open, err := n.Listening(Client); open || err != nil {
		t.Errorf("Listening = %v, %v on the other side", open, err)
	}
}

// The device tells programs what the link takes.
func TestDeviceMTU(t *testing.T) {
	n := begin(t, Config{Up: link.Config{MTU: 1300}})
	err := n.Inside(Client, func() error {
		device, err := net.InterfaceByName(deviceName)
		if err != nil {
			return err
		}
		if device.MTU != 1300 {
			t.Errorf("the client's device has an MTU of %d, want 1300", device.MTU)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	small := begin(t, Config{DeviceMTU: 600})
	if _, err := small.ListenPacket(t.Context(), Client, "udp6", at(Client, true, "0")); err == nil {
		t.Error("IPv6 at an MTU of 600 bytes")
	}
	if _, err := small.ListenPacket(t.Context(), Client, "udp4", at(Client, false, "0")); err != nil {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	for _, test := range []struct {
		got  netip.Addr
		want string
	}{
		{Client.Addr(), "10.73.0.1"},
		{Server.Addr(), "10.73.0.2"},
		{Client.Addr6(), "fd73::1"},
		{Server.Addr6(), "fd73::2"},
	} {
		if test.got.String() != test.want {
			t.Errorf("got %v, want %v", test.got, test.want)
		}
	}
}

// Congestion control is what was asked for, on both protocols and sides.
func TestCongestion(t *testing.T) {
	begin(t, Config{Congestion: "reno"}) // every kernel has it
	if _, err := New(Config{Congestion: "no-such-thing"}); err == nil {
		t.Error("an unknown congestion control was accepted")
	}
	if _, err := os.Stat("/sys/class/net/" + deviceName); err == nil {
		t.Errorf("there is a device %s outside", deviceName)
	}
}
