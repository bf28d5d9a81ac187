package tun

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// BenchmarkTCP sends a megabyte an operation by kernel TCP over a perfect
// link.
func BenchmarkTCP(b *testing.B) {
	n := begin(b, Config{Congestion: "cubic"})
	listener, err := n.Listen(b.Context(), Server, "tcp", at(Server, false, "0"))
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			buffer := make([]byte, 1<<18)
			for {
				if _, err := conn.Read(buffer); err != nil {
					return
				}
			}
		}
	}()
	conn, err := n.Dial(b.Context(), Client, "tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	data := make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(data); err != nil {
			b.Fatal(err)
		}
	}
	s := n.Stats()
	b.ReportMetric(float64(8<<20)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mbit/s")
	b.ReportMetric(float64(s.DeviceDrops+s.Up.Lost()+s.Errors), "lost")
	b.ReportMetric(float64(s.Up.Sent)/float64(b.N), "packets/op")
}

// BenchmarkRelease sends at 1 kHz over a link of 20 ms and reports how late
// packets are delivered.
func BenchmarkRelease(b *testing.B) {
	n := begin(b, Config{Up: link.Config{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond}})
	client, err := n.ListenPacket(b.Context(), Client, "udp", at(Client, false, "0"))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	server, err := n.ListenPacket(b.Context(), Server, "udp", at(Server, false, "0")) // so that nothing is sent back
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	datagram := make([]byte, 200)
	for b.Loop() {
		<-ticker.C
		if _, err := client.WriteTo(datagram, server.LocalAddr()); err != nil {
			b.Fatal(err)
		}
	}
	late := n.Stats().Lateness
	b.ReportMetric(float64(late.P50.Microseconds()), "p50-µs-late")
	b.ReportMetric(float64(late.P99.Microseconds()), "p99-µs-late")
	b.ReportMetric(float64(late.Max.Microseconds()), "max-µs-late")
}
