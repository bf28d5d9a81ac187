package channel

import (
	"testing"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// BenchmarkReliable is a message of one segment: sent, received, acknowledged.
func BenchmarkReliable(b *testing.B) {
	out := Outgoing{WindowBytes: 1 << 20}
	in := Incoming{MaxMessage: 1000, WindowBytes: 1 << 20}
	var q Queue
	m := make([]byte, 100)
	var f wire.Frame
	b.ReportAllocs()
	for packet := uint64(0); b.Loop(); packet++ {
		out.Push(m)
		n, _ := out.Next(0, wire.MaxDatagram, packet, &f)
		if in.Check(packet, &f) != nil || in.Add(packet, &f, &q) != nil {
			b.Fatal("violation")
		}
		out.Acked(n)
		q.Pop()
	}
}
