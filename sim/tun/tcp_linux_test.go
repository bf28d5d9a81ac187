package tun

import (
	"math"
	"net"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/link"
)

// segment is how much TCP puts into a packet of 1500 bytes: without 20 bytes of
// IP, 20 of TCP and 12 of timestamps.
const segment = 1448

// stream sends as much as it can from the client to the server by kernel TCP,
// for a time, and returns how much arrived after the first part of it, in
// bits per second.
func stream(t testing.TB, n *Network, warm, measured time.Duration) float64 {
	t.Helper()
	listener, err := n.Listen(t.Context(), Server, "tcp", at(Server, false, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	began := time.Now()
	received := make(chan float64, 1)
	go func() {
		var bytes int
		defer func() { received <- float64(8*bytes) / measured.Seconds() }()
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buffer := make([]byte, 1<<18)
		for {
			size, err := conn.Read(buffer)
			passed := time.Since(began)
			if err != nil || passed > warm+measured {
				return
			}
			if passed > warm {
				bytes += size
			}
		}
	}()
	conn, err := n.Dial(t.Context(), Client, "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(warm + measured + time.Second)); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 1<<16)
	for err == nil && time.Since(began) < warm+measured+100*time.Millisecond {
		_, err = conn.Write(data) // an error is the end of the reader
	}
	return <-received
}

// Kernel TCP over a shaped line gets what theory says: alone, the rate less
// headers; Reno under random loss, MSS/RTT · sqrt(3/2p) (Mathis, Semke,
// Mahdavi, Ott: The Macroscopic Behavior of the TCP Congestion Avoidance
// Algorithm, 1997).
func TestSoakShapedTCP(t *testing.T) {
	if race.Enabled {
		t.Skip("measures real time")
	}
	line := link.Config{Rate: 10_000_000, Delay: 20 * time.Millisecond}
	lossy := line
	lossy.Loss = 0.01
	mathis := segment * 8 / 0.040 * math.Sqrt(3/(2*0.01))
	for _, test := range []struct {
		name, congestion string
		up               link.Config
		want, tolerance  float64
	}{
		{"alone", "reno", line, 10e6 * segment / 1500, 0.1},
		{"Reno, 1 % lost", "reno", lossy, mathis, 0.35}, // the formula leaves out timeouts and recovery, and 2 s are short
	} {
		n := begin(t, Config{Up: test.up, Down: link.Config{Delay: 20 * time.Millisecond}, UpSeed: 5, Congestion: test.congestion})
		got := stream(t, n, time.Second, time.Duration(long.Of(2, 30))*time.Second)
		s := n.Stats()
		t.Logf("%s: %.2f Mbit/s, want %.2f; lost %d of %d, queue %d", test.name, got/1e6, test.want/1e6, s.Up.LostRandom, s.Up.Sent, s.Up.DroppedQueue)
		if math.Abs(got/test.want-1) > test.tolerance || s.DeviceDrops != 0 {
			t.Errorf("%s: %.2f Mbit/s, want %.2f; %+v", test.name, got/1e6, test.want/1e6, s)
		}
	}
}

// A long queue shows: the round trip grows with it while TCP fills it.
func TestSoakBufferbloat(t *testing.T) {
	if race.Enabled {
		t.Skip("measures real time")
	}
	up := link.Config{Rate: 10_000_000, Delay: 20 * time.Millisecond, QueueBytes: 500_000} // 400 ms
	n := begin(t, Config{Up: up, Down: link.Config{Delay: 20 * time.Millisecond}, Congestion: "reno"})
	server := listenUDP(t, n, Server, at(Server, false, "7777"))
	client := listenUDP(t, n, Client, at(Client, false, "0"))
	go func() {
		buffer := make([]byte, 100)
		for {
			size, from, err := server.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			_, _ = server.WriteToUDPAddrPort(buffer[:size], from) // what is missing is asked for again
		}
	}()
	empty := min(roundTrip(t, client, server), roundTrip(t, client, server), roundTrip(t, client, server))
	result := make(chan float64, 1)
	go func() { result <- stream(t, n, time.Second, time.Second) }()
	var full time.Duration
	var rate float64
	for rate == 0 {
		full = max(full, roundTrip(t, client, server))
		select {
		case rate = <-result:
		default:
		}
	}
	t.Logf("round trip %v on the empty line, up to %v behind TCP at %.2f Mbit/s", empty, full, rate/1e6)
	if empty < 40*time.Millisecond || empty > 60*time.Millisecond || full < 300*time.Millisecond || full > 700*time.Millisecond {
		t.Errorf("round trip %v on the empty line and up to %v behind TCP, want 40 ms and 300 to 450 ms", empty, full)
	}
}

// roundTrip sends a datagram there and back.
func roundTrip(t *testing.T, client, server *net.UDPConn) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := client.WriteToUDPAddrPort([]byte("ping"), server.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
		t.Fatal(err)
	}
	if !receive(t, client, 2*time.Second) {
		return 0 // lost behind TCP
	}
	return time.Since(began)
}
