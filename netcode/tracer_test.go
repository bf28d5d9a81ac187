package netcode

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// A watcher is a KeyTracer that keeps what the tests ask for.
type watcher struct {
	counts  [TraceKinds]int
	drops   [DropReasons]int
	frames  [8]int
	wrong   int // events whose fields contradict each other
	states  []State
	keys    []TraceKeys
	sealed  []byte // the last packet sent, its content and its number
	plain   []byte
	number  uint64
	traceID uint64
}

func (w *watcher) Trace(e *TraceEvent) {
	w.counts[e.Kind]++
	switch e.Kind {
	case TracePacketSent, TracePacketReceived:
		for f := range e.Frames() {
			w.frames[f.Kind]++
		}
		if e.Conn == nil || e.ID != e.Conn.TraceID() {
			w.wrong++
		}
		w.sealed = append(w.sealed[:0], e.Datagram...)
		w.plain = append(w.plain[:0], e.Plain...)
		w.number, w.traceID = e.Number, e.ID
	case TraceState:
		w.states = append(w.states, e.State)
	case TraceDropped:
		w.drops[e.Drop]++
	case TraceMetrics:
		if e.Conn.Stats().PacketsIn == 0 {
			w.wrong++
		}
	}
	if e.Time.IsZero() {
		w.wrong++
	}
}

func (w *watcher) TraceKeys(_ *TraceEvent, keys *TraceKeys) { w.keys = append(w.keys, *keys) }

// mute is a Tracer that is no KeyTracer.
type mute struct{ w *watcher }

func (m mute) Trace(e *TraceEvent) { m.w.Trace(e) }

func TestTracer(t *testing.T) {
	var server, client watcher
	l := connect(t, func(s, c *Config) {
		s.Suite, c.Suite = SuiteChaCha20Poly1305, SuiteChaCha20Poly1305
		s.Tracer, c.Tracer = &server, mute{&client}
	})
	l.run(time.Second)
	if got, want := server.traceID, client.traceID; got != want || got == 0 {
		t.Errorf("trace IDs are %x and %x, want the same", got, want)
	}
	if len(client.keys) != 0 {
		t.Error("a Tracer that is no KeyTracer got keys")
	}
	if len(server.keys) != 1 || server.keys[0].Suite != 1 {
		t.Fatalf("the KeyTracer got %d keys, want one set of suite 1", len(server.keys))
	}
	if _, err := l.accepted.Send(l.now, chState, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	l.run(100 * time.Millisecond)
	if got := server.counts[TracePacketSent]; got == 0 || server.frames[1] != 1 {
		t.Errorf("%d packets and %d messages sent, want some and 1", got, server.frames[1])
	}

	l.conn.Close(l.now, CloseNormal, "")
	l.run(2 * time.Second)
	l.server.Receive(l.now, serverPath, []byte{0xc1, 1, 2, 3, 0})
	want := []State{StateConnecting, StateOpen, StateClosed}
	for _, w := range []*watcher{&server, &client} {
		if !slices.Equal(w.states, want) {
			t.Errorf("states are %v, want %v", w.states, want)
		}
		if w.wrong > 0 {
			t.Errorf("%d events contradict themselves", w.wrong)
		}
		if w.counts[TraceForgotten] != 1 || w.counts[TraceMetrics] == 0 || w.counts[TraceKeysChanged] != 1 {
			t.Errorf("counts are %v", w.counts)
		}
	}
	stats := l.server.Stats()
	if got := uint64(server.counts[TraceDatagramReceived]); got != stats.DatagramsIn {
		t.Errorf("%d datagrams received, want %d", got, stats.DatagramsIn)
	}
	if got := uint64(server.counts[TraceDatagramSent]); got != stats.DatagramsOut {
		t.Errorf("%d datagrams sent, want %d", got, stats.DatagramsOut)
	}
	for why, n := range server.drops {
		if uint64(n) != stats.Dropped[why] {
			t.Errorf("%d drops as %v, want %d", n, DropReason(why), stats.Dropped[why])
		}
	}
}

// TestTraceKeysOpen: the keys are those of the packets.
func TestTraceKeysOpen(t *testing.T) {
	var w watcher
	l := connect(t, func(s, c *Config) {
		s.Suite, c.Suite = SuiteChaCha20Poly1305, SuiteChaCha20Poly1305
		s.Tracer = &w
	})
	l.run(time.Second)
	if _, err := l.accepted.Send(l.now, chState, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	l.server.Flush(l.now, discard{})
	secret := w.keys[0].Server
	aead, err := chacha20poly1305.New(secret.Key[:])
	if err != nil {
		t.Fatal(err)
	}
	nonce := secret.IV
	for i := range 8 {
		nonce[11-i] ^= byte(w.number >> (8 * i))
	}
	header := len(w.sealed) - len(w.plain) - aead.Overhead()
	got, err := aead.Open(nil, nonce[:], w.sealed[header:], w.sealed[:header])
	if err != nil || !bytes.Equal(got, w.plain) || !bytes.HasSuffix(got, []byte("secret")) {
		t.Errorf("opened %x, %v, want %x", got, err, w.plain)
	}
}

type discard struct{}

func (discard) SendDatagram(Path, []byte) {}

// TestTracingDoesNotAllocate: what the Core does for a Tracer costs nothing.
func TestTracingDoesNotAllocate(t *testing.T) {
	var w watcher
	p := newWirePair(t, func(s, c *Config) { s.Tracer, c.Tracer = &w, mute{&w} })
	message := make([]byte, 200)
	if n := testing.AllocsPerRun(1000, func() { p.exchange(chChat, message) }); n != 0 {
		t.Errorf("%v allocations for two packets", n)
	}
}
