package tun

import (
	"testing"
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
