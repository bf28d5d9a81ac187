package wire

import "testing"

func BenchmarkHeader(b *testing.B) {
	h := Header{HasConnID: true, AckForm: AckRun, ConnID: 0x030201, Number: 258, NumberLen: 1}
	b.Run("append", func(b *testing.B) {
		buf := make([]byte, 0, MaxHeaderLen)
		b.ReportAllocs()
		for b.Loop() {
			buf = AppendHeader(buf[:0], h, 3)
		}
	})
	b.Run("consume", func(b *testing.B) {
		wire := AppendHeader(nil, h, 3)
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := ConsumeHeader(wire, 3); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAck(b *testing.B) {
	for name, a := range map[string]*Ack{
		"short": {Newest: 9, Short: true, Words: 1, Bits: [AckWords]uint32{^uint32(0)}},
		"run":   {Newest: 9, Words: 1, Bits: [AckWords]uint32{^uint32(0)}},
		"bits":  {Newest: 9, Words: 1, Bits: [AckWords]uint32{7}},
		"wide":  {Newest: 9, Words: 8},
		"runs":  {Newest: 9, RunCount: 5, Runs: [AckRuns]uint16{9, 1, 200, 2, 30}},
	} {
		b.Run(name, func(b *testing.B) {
			var got Ack
			buf := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				buf = AppendAck(buf[:0], a)
				if _, err := ConsumeAck(buf, a.Form(), &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFrame(b *testing.B) {
	f := &Frame{Kind: FrameWhole, Channel: 2, Number: 77, Data: make([]byte, 200)}
	b.Run("append", func(b *testing.B) {
		buf := make([]byte, 0, MaxDatagram)
		b.ReportAllocs()
		for b.Loop() {
			buf = AppendFrame(buf[:0], f, false)
		}
	})
	b.Run("consume", func(b *testing.B) {
		wire := append(AppendFrame(nil, f, false), ControlPing)
		var got Frame
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ConsumeFrame(wire, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
