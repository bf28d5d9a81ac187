package netcode

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/channel"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// The tests in this file are named after what went wrong elsewhere. Those on
// keys, nonces and replay windows are in internal/handshake/lessons_test.go,
// those on paths in migrate_test.go and mtu_test.go, on connect tokens in
// package token. Decompression (CVE-2025-64702, CVE-2026-40898) does not
// happen here.

// hostile returns a connection whose client may send any frames it likes, and
// a function that sends them.
func hostile(t *testing.T) (l *lab, inject func(frames ...wire.Frame)) {
	l = connect(t, nil)
	return l, func(frames ...wire.Frame) {
		var plain []byte
		for i := range frames {
			plain = wire.AppendFrame(plain, &frames[i], i == len(frames)-1)
		}
		l.inject(plain)
	}
}

// TestLengthsAndOffsets: CVE-2020-6016 to 6019 of GameNetworkingSockets (a
// negative offset, a segment longer than its message, sums that overflow),
// mas-bandwidth/reliable PR 39 (a fragment of the wrong size written beyond the
// buffer), RakLib GHSA-v8hj (split count and index). Every combination of
// extreme indexes, counts, numbers and sizes, on every channel, is either
// harmless or ends the connection; memory stays where it was.
func TestLengthsAndOffsets(t *testing.T) {
	sizes := []int{0, 1, channel.MaxSegment, channel.MaxSegment + 1}
	numbers := []uint64{0, channel.Window - 1, channel.Window, 1 << 15, 1<<16 - 1}
	data := make([]byte, 1200)
	tried, ended := 0, 0
	l, inject := hostile(t)
	for ch := range uint8(5) {
		for kind := wire.FrameMessage; kind <= wire.FrameLast; kind++ {
			for _, size := range sizes {
				for _, number := range numbers {
					for _, index := range [][2]uint8{{0, 1}, {1, 1}, {0, 31}, {31, 31}, {0, 255}, {254, 255}, {255, 255}} {
						if kind != wire.FrameFragment && index[1] != 1 {
							continue
						}
						if l.accepted.State() != StateOpen {
							l, inject = hostile(t)
							ended++
						}
						frame := wire.Frame{Kind: kind, Channel: ch, Number: number, Index: index[0], Last: index[1], Data: data[:size]}
						inject(frame)
						inject(frame)
						for ch, m, ok := l.accepted.Receive(); ok; ch, m, ok = l.accepted.Receive() {
							if limit := l.server.cfg.Channels[ch].MaxMessage; len(m) > limit {
								t.Fatalf("kind %d, number %d, index %v: a message of %d bytes", kind, number, index, len(m))
							}
						}
						l.run(time.Millisecond)
						tried++
					}
				}
			}
		}
	}
	if t.Logf("%d combinations ended %d connections", tried, ended); ended == 0 || ended == tried {
		t.Error("nothing was refused, or everything")
	}
}

// TestUndersizedPackets: MCPE-228407, where a packet shorter than its header
// stopped the server. Every first byte in every length up to a header's.
func TestUndersizedPackets(t *testing.T) {
	l := connect(t, nil)
	b := make([]byte, 40)
	for first := range 256 {
		b[0] = byte(first)
		for n := range len(b) {
			l.server.Receive(l.now, clientPath, b[:n])
			l.client.Receive(l.now, serverPath, b[:n])
		}
	}
	l.exchange()
}

// TestEmptyFragments: CVE-2022-29190, where pion/dtls read a fragment of no
// bytes for ever.
func TestEmptyFragments(t *testing.T) {
	l, inject := hostile(t)
	for i := range uint64(1000) {
		if l.accepted.State() != StateOpen {
			break
		}
		inject(wire.Frame{Kind: wire.FrameFragment, Channel: chState, Number: i, Index: 1, Last: 1})
	}
	l.run(time.Second)
	if _, m, ok := l.accepted.Receive(); ok {
		t.Errorf("a message of %d bytes came of nothing", len(m))
	}
}

// TestSlotsAreNotForStrangers: ENet gave a slot to every spoofed CONNECT, and
// answered each until it timed out (mailing list, 2004).
func TestSlotsAreNotForStrangers(t *testing.T) {
	l := newLab(t, func(server, _ *Config) { server.MaxConns = 4 })
	random := rand.New(rand.NewPCG(5, 6))
	hello := wire.AppendHandshake(nil, &wire.Handshake{Type: wire.Hello, Version: wire.Version, Mode: wire.ModeXX})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range 200_000 {
		a := random.Uint32()
		from := netip.AddrFrom4([4]byte{byte(a), byte(a >> 8), byte(a >> 16), byte(a >> 24)})
		hello[4], hello[5] = byte(i), byte(i>>8)
		l.server.Receive(l.now, Path{Remote: netip.AddrPortFrom(from, uint16(i))}, hello)
		if i%200 == 199 {
			l.now = l.now.Add(time.Millisecond)
			l.server.Flush(l.now, &recorder{})
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := len(l.server.conns) + len(l.server.pending); n != 0 {
		t.Errorf("%d connections for strangers", n)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the flood left %d bytes", grown)
	}
	if s := l.server.Stats(); s.BytesOut > s.BytesIn {
		t.Errorf("%d bytes out for %d in", s.BytesOut, s.BytesIn)
	}
	l.dial(DialOptions{})
	l.until("an honest client", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
}

// TestMappingTheftAtTimeout: mas-bandwidth/netcode issue 111, where a client that
// connected in the very frame in which another's mapping timed out got that
// one's keys. A newcomer from the same address at that instant gets its own.
func TestMappingTheftAtTimeout(t *testing.T) {
	for offset := -2; offset <= 2; offset++ {
		l := connect(t, nil)
		old := l.accepted
		l.run(time.Second)
		end := old.lastReceived.Add(defaultTimeout).Add(time.Duration(offset) * time.Millisecond)
		newcomer, err := NewCore(testConfig(77))
		if err != nil {
			t.Fatal(err)
		}
		// The old client is gone; nothing of it is delivered any more.
		l.lose = func(bool, int) bool { return true }
		for l.now.Before(end) {
			l.now = l.now.Add(time.Millisecond)
			l.server.Flush(l.now, &recorder{})
		}
		conn, err := newcomer.Dial(l.now, serverPath, DialOptions{ServerKey: l.server.PublicKey()})
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			var up, down recorder
			newcomer.Flush(l.now, &up)
			for _, d := range up.datagrams {
				l.server.Receive(l.now, clientPath, d)
			}
			l.server.Flush(l.now, &down)
			for _, d := range down.datagrams {
				newcomer.Receive(l.now, serverPath, d)
			}
			l.now = l.now.Add(time.Millisecond)
		}
		var fresh *Conn
		for e, ok := l.server.NextEvent(); ok; e, ok = l.server.NextEvent() {
			if e.Kind == EventConnected && e.Conn != old {
				fresh = e.Conn
			}
		}
		switch {
		case conn.State() != StateOpen || fresh == nil:
			t.Errorf("%+d ms: the newcomer is %v", offset, conn.State())
		case fresh.PeerKey() != newcomer.PublicKey():
			t.Errorf("%+d ms: the newcomer has another's key", offset)
		case fresh.localID == old.localID:
			t.Errorf("%+d ms: the newcomer has another's connection ID", offset)
		}
	}
}

// TestControlFloodsAreBounded: CVE-2023-49295 and CVE-2024-22189 of quic-go, where
// a peer that never acknowledges could make the answers to its control frames
// pile up without bound. A client floods with everything that asks for an
// answer, and hears nothing.
func TestControlFloodsAreBounded(t *testing.T) {
	l, _ := hostile(t)
	l.lose = func(toServer bool, _ int) bool { return !toServer }
	var plain []byte
	for i := range 100 {
		plain = append(plain, wire.ControlPing)
		plain = append(plain, wire.ControlChallenge, byte(i), 1, 2, 3, 4, 5, 6, 7)
	}
	measure := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for range 100 {
		l.inject(plain)
		l.server.Flush(l.now, &recorder{})
	}
	before, sent := measure(), l.server.Stats()
	for i := range 20_000 {
		l.inject(plain)
		if i%10 == 0 {
			l.now = l.now.Add(time.Millisecond)
			l.server.Flush(l.now, &recorder{})
		}
	}
	if grown := measure() - before; grown > 2<<20 {
		t.Errorf("20,000 packets of control frames left %d bytes", grown)
	}
	now := l.server.Stats()
	if out, in := now.BytesOut-sent.BytesOut, now.BytesIn-sent.BytesIn; out > in/4 {
		t.Errorf("%d bytes answered %d", out, in)
	}
	runtime.KeepAlive(l)
}

// TestMessagesOutOfOrderOfStates: GO-2023-2160, CVE-2025-29785 and CVE-2025-59530 of
// quic-go, panics of datagrams that are good but come in the wrong state. Every
// handshake datagram and packet of three connections, at every step of a
// fourth, to both ends.
func TestMessagesOutOfOrderOfStates(t *testing.T) {
	var all [2][][]byte // to the client, to the server
	for mode := range 3 {
		l := newLab(t, func(s, c *Config) { s.Plaintext, c.Plaintext = mode == 2, mode == 2 })
		l.mangle = func(toServer bool, d []byte) []byte {
			i := 0
			if toServer {
				i = 1
			}
			all[i] = append(all[i], append([]byte(nil), d...))
			return d
		}
		opt := DialOptions{}
		if mode == 0 {
			opt.ServerKey = l.server.PublicKey()
		}
		l.dial(opt)
		l.until("connect", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
		l.exchange()
		l.conn.Close(l.now, CloseNormal, "")
		l.run(500 * time.Millisecond)
	}
	for mode := range 3 {
		for steps := range 8 {
			t.Run(fmt.Sprintf("mode %d step %d", mode, steps), func(t *testing.T) {
				l := newLab(t, func(s, c *Config) {
					s.Plaintext, c.Plaintext = mode == 2, mode == 2
					s.Random, c.Random = seeded(uint64(900+mode)), seeded(uint64(950+mode))
				})
				opt := DialOptions{}
				if mode == 0 {
					opt.ServerKey = l.server.PublicKey()
				}
				l.dial(opt)
				for range steps {
					l.step()
				}
				for i, datagrams := range all {
					for _, d := range datagrams {
						l.server.Receive(l.now, clientPath, d)
						l.client.Receive(l.now, serverPath, d)
						if i == 1 {
							l.server.Receive(l.now, Path{Remote: netip.MustParseAddrPort("203.0.113.5:9")}, d)
						}
					}
				}
				l.until("connect all the same", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
				l.exchange()
			})
		}
	}
}
