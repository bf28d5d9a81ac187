package trace_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
)

// TestSharedByCores: several Cores, each on its goroutine, share writers, as
// the shards of a server do; somebody flushes meanwhile.
func TestSharedByCores(t *testing.T) {
	var file, log bytes.Buffer
	capture := trace.NewCapture(&file, trace.CaptureOptions{Local: serverAddress, Keys: true, Wait: true})
	qlog := trace.NewLog(&log, trace.LogOptions{Wait: true})
	var cores sync.WaitGroup
	for range 3 {
		cores.Go(func() {
			p := newPair(t, func(s, c *netcode.Config) { s.Tracer = trace.Tee(capture, qlog); c.Tracer = s.Tracer })
			p.chatter(50)
		})
	}
	cores.Go(func() {
		for range 50 {
			if err := capture.Flush(); err != nil {
				t.Error(err)
			}
		}
	})
	cores.Wait()
	for _, closer := range []interface{ Close() error }{capture, qlog} {
		if err := closer.Close(); err != nil {
			t.Fatal(err)
		}
	}
	blocks, dropped, err := readCapture(file.Bytes())
	if err != nil || dropped != 0 || len(blocks) < 300 {
		t.Errorf("%d records, %d dropped, %v", len(blocks), dropped, err)
	}
	if _, records := readLog(t, log.Bytes()); len(records) < 300 {
		t.Errorf("%d events", len(records))
	}
}

// Benchmarks: what one packet with one message costs, beside the 1 to 2 µs
// that the Core takes for it.

func BenchmarkCapture(b *testing.B) {
	c := trace.NewCapture(nowhere{}, trace.CaptureOptions{Local: serverAddress, MaxBytes: -1, Wait: true})
	defer c.Close()
	e := event(0)
	e.Datagram = e.Datagram[:200]
	b.ReportAllocs()
	for b.Loop() {
		e.Time = e.Time.Add(time.Millisecond)
		c.Trace(e)
	}
}

func BenchmarkLog(b *testing.B) {
	p := newPair(&testing.T{}, func(_, _ *netcode.Config) {})
	l := trace.NewLog(nowhere{}, trace.LogOptions{MaxBytes: -1, Wait: true})
	defer l.Close()
	e := netcode.TraceEvent{
		Kind: netcode.TracePacketSent, Time: p.now, Conn: p.conns[0], ID: 5, Number: 7,
		Datagram: make([]byte, 200), Plain: append([]byte{0, 0, 0x20}, make([]byte, 180)...),
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Time = e.Time.Add(time.Millisecond)
		l.Trace(&e)
	}
}
