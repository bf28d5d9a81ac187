package tcpmodel

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// A gossip is a Stream with an application that sends 60 messages a second,
// each with its number and time.
type gossip struct {
	*Stream
	peer   netcode.Path
	size   int
	start  time.Time
	sent   uint64
	count  uint64
	heard  uint64
	delays []time.Duration
	t      *testing.T
}

func (g *gossip) Receive(now time.Time, _ netcode.Path, d []byte) { g.Stream.Receive(now, d) }

func (g *gossip) Flush(now time.Time, out netcode.Sender) {
	g.Stream.Flush(now, func(d []byte) { out.SendDatagram(g.peer, d) })
}

func (g *gossip) next() time.Time {
	if g.sent == g.count {
		return time.Time{}
	}
	return g.start.Add(time.Duration(g.sent) * time.Second / 60)
}

func (g *gossip) advance(now time.Time) {
	for m, ok := g.Next(); ok; m, ok = g.Next() {
		if number := binary.LittleEndian.Uint64(m); number != g.heard {
			g.t.Errorf("message %d came as number %d", number, g.heard)
		}
		g.heard++
		g.delays = append(g.delays, time.Duration(now.UnixNano()-int64(binary.LittleEndian.Uint64(m[8:]))))
	}
	for next := g.next(); !next.IsZero() && !next.After(now); next = g.next() {
		m := binary.LittleEndian.AppendUint64(nil, g.sent)
		m = binary.LittleEndian.AppendUint64(m, uint64(now.UnixNano()))
		g.Send(append(m, make([]byte, g.size-16)...))
		g.sent++
	}
}

// converse lets two streams talk, and returns the sorted delays.
func converse(t *testing.T, cfg link.Config, seed uint64, seconds int) []time.Duration {
	t.Helper()
	cfg.Overhead = udpOverhead
	n, err := vnet.New(vnet.Config{Seed: seed, Link: cfg})
	if err != nil {
		t.Fatal(err)
	}
	var ends []*gossip
	for i, at := range []struct{ here, there netcode.Path }{
		{netcode.Path{Remote: clientAddress}, netcode.Path{Remote: serverAddress}},
		{netcode.Path{Remote: serverAddress}, netcode.Path{Remote: clientAddress}},
	} {
		g := &gossip{
			Stream: NewStream(100, 100), peer: at.there, size: 100, t: t, count: uint64(60 * seconds),
			start: n.Now().Add(time.Duration(i) * 7 * time.Millisecond),
		}
		ends = append(ends, g)
		if err := n.Add(at.here.Remote, g, vnet.LoopFuncs{AdvanceFunc: g.advance, NextFunc: g.next}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Run(n.Now().Add(time.Duration(seconds+20) * time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, g := range ends {
		if g.heard != g.count {
			t.Errorf("%d of %d messages arrived", g.heard, g.count)
		}
	}
	delays := slices.Concat(ends[0].delays, ends[1].delays)
	slices.Sort(delays)
	return delays
}

// The model is as late as Linux: cubic with TCP_NODELAY over the same lines,
// 100 bytes 60 times a second each way, was measured on a real kernel.
func TestStreamAgainstLinux(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct {
		rtt      time.Duration
		loss     float64
		p50, p99 time.Duration // of the kernel
	}{
		{50 * ms, 0, 25 * ms, 31 * ms},
		{100 * ms, 0.01, 50 * ms, 180 * ms},
		{100 * ms, 0.05, 67 * ms, 325 * ms},
		{125 * ms, 0.10, 131 * ms, 640 * ms},
	} {
		delays := converse(t, link.Config{Delay: test.rtt / 2, Loss: test.loss}, 3, 60)
		p50, p99 := delays[len(delays)/2], delays[len(delays)*99/100]
		t.Logf("RTT %v, loss %g: p50 %v, p99 %v; the kernel %v, %v", test.rtt, test.loss, p50, p99, test.p50, test.p99)
		if p50 < test.p50*3/4 || p50 > test.p50*4/3 || p99 < test.p99*3/4 || p99 > test.p99*4/3 {
			t.Errorf("RTT %v, loss %g: p50 %v, p99 %v, want about %v, %v", test.rtt, test.loss, p50, p99, test.p50, test.p99)
		}
	}
}

// Whatever the line does, everything arrives once and in order.
func TestStreamIsReliable(t *testing.T) {
	for seed := range uint64(20) {
		converse(t, link.Config{
			Delay: 40 * time.Millisecond, Jitter: 30 * time.Millisecond, Unordered: true, Loss: 0.2, Duplicate: 0.1,
			Rate: 300_000,
		}, seed, 5)
	}
}
