package netcode

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestReasons: every end has its reason, on both sides, in words that say
// what to do.
func TestReasons(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(server, client *Config)
		reason CloseReason
		text   string
	}{
		{"client older", func(s, c *Config) { s.Game.Build = 2 }, CloseWrongVersion, "the client is older: build 1, the server has 2"},
		{"server older", func(s, c *Config) { c.Game.Build = 3 }, CloseWrongVersion, "the server is older: build 1, the client has 3"},
		{"other game", func(s, c *Config) { s.Game.Name = "chess" }, CloseWrongVersion, `the server runs "chess", the client "test"`},
		{"other schema", func(s, c *Config) { s.Game.Schema++ }, CloseWrongVersion, "they replicate different data"},
		{"other channels", func(s, c *Config) { s.Channels = testChannels[:2] }, CloseWrongVersion, "they replicate different data"},
		{"plaintext client", func(s, c *Config) { c.Plaintext = true }, CloseWrongMode, "the server wants encryption"},
		{"plaintext server", func(s, c *Config) { s.Plaintext = true }, CloseWrongMode, "the server is in plaintext mode"},
	} {
		for _, mode := range []string{"IK", "XX"} {
			t.Run(test.name+" "+mode, func(t *testing.T) {
				l := newLab(t, test.change)
				opt := DialOptions{}
				if mode == "IK" && !l.client.cfg.Plaintext {
					opt.ServerKey = l.server.PublicKey()
				}
				l.dial(opt)
				l.until("close", func() bool { return l.conn.State() == StateClosed })
				l.run(time.Second)
				var ce *CloseError
				if err := l.conn.Err(); !errors.As(err, &ce) || ce.Reason != test.reason || !strings.Contains(ce.Text, test.text) {
					t.Errorf("Err() = %v, want %v with %q", err, test.reason, test.text)
				}
				if l.accepted != nil {
					t.Error("the server announced the connection")
				}
				if len(l.events) != 1 || l.events[0].Kind != EventClosed {
					t.Errorf("events %v, want one EventClosed", l.events)
				}
				l.empty()
			})
		}
	}
}

// empty checks that neither core remembers anything.
func (l *lab) empty() {
	l.t.Helper()
	l.pass(pendingTimeout)
	for name, c := range map[string]*Core{"server": l.server, "client": l.client} {
		if n := len(c.conns) + c.byID.len() + len(c.byPeer) + len(c.pending); n != 0 || c.accepted != 0 {
			l.t.Errorf("%s still holds %d conns, %d IDs, %d peers, %d handshakes, %d accepted",
				name, len(c.conns), c.byID.len(), len(c.byPeer), len(c.pending), c.accepted)
		}
	}
}

func TestWrongProtocolVersion(t *testing.T) {
	for _, version := range []uint16{0, 2} {
		l := newLab(t, nil)
		l.dial(DialOptions{})
		l.mangle = func(toServer bool, d []byte) []byte {
			if !toServer { // as a server of that version would answer
				d = wire.AppendHandshake(nil, &wire.Handshake{
					Type: wire.Refuse, Version: version, ClientID: l.conn.shaking.clientID,
					Mode: wire.ModeXX, Reason: wire.RefuseVersion,
				})
			}
			return d
		}
		l.until("close", func() bool { return l.conn.State() == StateClosed })
		want := map[uint16]string{0: "the server is older", 2: "the client is older"}[version]
		if err := l.conn.Err(); !errors.Is(err, &CloseError{Reason: CloseWrongVersion}) || !strings.Contains(err.Error(), want) {
			t.Errorf("version %d: %v, want %q", version, err, want)
		}
	}
	// And the server says so to a client of another version.
	l := newLab(t, nil)
	hello := wire.AppendHandshake(nil, &wire.Handshake{Type: wire.Hello, Version: 9, ClientID: 5})
	l.server.Receive(l.now, clientPath, hello)
	l.server.Flush(l.now, labSender{l, false})
	var h wire.Handshake
	if len(l.flying) != 1 || wire.ConsumeHandshake(l.flying[0].datagram, &h) != nil ||
		h.Type != wire.Refuse || h.Version != wire.Version || h.Reason != wire.RefuseVersion || h.ClientID != 5 {
		t.Errorf("answer to version 9: %+v", h)
	}
}

func TestWrongKey(t *testing.T) {
	l := newLab(t, nil)
	other, err := GenerateKeyPair(seeded(9))
	if err != nil {
		t.Fatal(err)
	}
	l.dial(DialOptions{ServerKey: other.Public})
	l.until("close", func() bool { return l.conn.State() == StateClosed })
	if err := l.conn.Err(); !errors.Is(err, &CloseError{Reason: CloseWrongKey}) {
		t.Errorf("Err() = %v, want %v", err, CloseWrongKey)
	}
	l.empty()
}

func TestFull(t *testing.T) {
	l := newLab(t, func(s, c *Config) { s.MaxConns = 1 })
	l.dial(DialOptions{ServerKey: l.server.PublicKey()})
	l.until("connect", func() bool { return l.conn.State() == StateOpen && l.accepted != nil })
	for _, key := range [][32]byte{l.server.PublicKey(), {}} {
		conn, err := l.client.Dial(l.now, secondPath(false), DialOptions{ServerKey: key})
		if err != nil {
			t.Fatal(err)
		}
		l.until("refusal", func() bool { return conn.State() == StateClosed })
		if err := conn.Err(); !errors.Is(err, &CloseError{Reason: CloseFull}) {
			t.Errorf("Err() = %v, want %v", err, CloseFull)
		}
		l.run(time.Second)
	}
	if l.conn.State() != StateOpen || l.server.Stats().Conns != 1 {
		t.Error("the one who was there is not any more")
	}
}

func TestTimeout(t *testing.T) {
	l := connect(t, nil)
	l.lose = func(toServer bool, _ int) bool { return true }
	start := l.now
	l.until("both time out", func() bool {
		return l.conn.State() == StateClosed && l.accepted.State() == StateClosed
	})
	if took := l.now.Sub(start); took < defaultTimeout-time.Second || took > defaultTimeout+50*time.Millisecond {
		t.Errorf("took %v, want %v", took, defaultTimeout)
	}
	if err := l.conn.Err(); !errors.Is(err, &CloseError{Reason: CloseTimeout}) {
		t.Errorf("Err() = %v, want %v", err, CloseTimeout)
	}
	l.empty()
}

func TestKeepalive(t *testing.T) {
	l := connect(t, nil)
	l.run(30 * time.Second)
	if l.conn.State() != StateOpen || l.accepted.State() != StateOpen {
		t.Fatal("a quiet connection timed out")
	}
	if n := l.sent[0] + l.sent[1]; n > 140 {
		t.Errorf("%d datagrams in 30 quiet seconds, want about four a second", n)
	}
}

func TestUnreachable(t *testing.T) {
	l := newLab(t, nil)
	l.lose = func(toServer bool, _ int) bool { return true }
	l.dial(DialOptions{})
	l.until("give up", func() bool { return l.conn.State() == StateClosed })
	if err := l.conn.Err(); !errors.Is(err, &CloseError{Reason: CloseTimeout}) || !strings.Contains(err.Error(), "no answer from 10.0.0.1:7777") {
		t.Errorf("Err() = %v", err)
	}
	l.empty()
}

func TestCloseReachesPeer(t *testing.T) {
	l := connect(t, nil)
	l.accepted.Close(l.now, CloseKicked, "be nice")
	l.until("close", func() bool { return l.conn.State() == StateClosed })
	var ce *CloseError
	if !errors.As(l.conn.Err(), &ce) || *ce != (CloseError{CloseKicked, "be nice", true}) {
		t.Errorf("Err() = %+v", ce)
	}
	l.empty()
}

// TestNothingLargerBack: whatever a stranger sends, the answer is no larger,
// and nothing is remembered.
func TestNothingLargerBack(t *testing.T) {
	l := newLab(t, nil)
	r := rand.New(rand.NewPCG(1, 2))
	in, out := 0, 0
	for i := range 50_000 {
		d := make([]byte, r.IntN(1300))
		for j := range d {
			d[j] = byte(r.Uint32())
		}
		if len(d) > 3 && i%2 == 0 { // half of them look like ours
			d[0] = byte(0x50 + r.IntN(6))
			d[1], d[2], d[3] = byte(r.IntN(2)), 0, byte(r.IntN(3))
			if r.IntN(2) == 0 {
				d = append(d, make([]byte, wire.MaxDatagram)...)[:wire.MaxDatagram]
				clear(d[12:])
			}
		}
		path := Path{Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{1, 2, byte(i >> 8), byte(i)}), 99)}
		before := l.server.stats.BytesOut
		l.server.Receive(l.now, path, d)
		l.server.Flush(l.now, labSender{l, false})
		back := int(l.server.stats.BytesOut - before)
		if back > len(d) {
			t.Fatalf("%d bytes back for %d: % x", back, len(d), d[:min(16, len(d))])
		}
		in, out = in+len(d), out+back
		l.flying = l.flying[:0]
	}
	if out == 0 {
		t.Error("no stranger got a cookie: the test does not reach it")
	}
	if n := len(l.server.conns) + l.server.byID.len() + len(l.server.pending) + len(l.server.events); n != 0 {
		t.Errorf("%d things are remembered", n)
	}
	dropped := uint64(0)
	for reason, n := range l.server.Stats().Dropped {
		if DropReason(reason) != DropBadCookie { // dropped and answered
			dropped += n
		}
	}
	if answered := l.server.stats.DatagramsOut; dropped+answered != 50_000 {
		t.Errorf("%d dropped and %d answered of 50000", dropped, answered)
	}
}

// TestReplayAndForgery: what arrives again, cut, or changed in one bit is
// counted and does nothing.
func TestReplayAndForgery(t *testing.T) {
	l := connect(t, nil)
	var packet []byte
	l.mangle = func(toServer bool, d []byte) []byte {
		if toServer && packet == nil {
			packet = append([]byte(nil), d...)
		}
		return d
	}
	l.conn.Send(l.now, chState, []byte("once"))
	l.run(20 * time.Millisecond)
	if _, m, ok := l.accepted.Receive(); !ok || string(m) != "once" {
		t.Fatal("the message did not arrive")
	}
	before := l.accepted.Stats()
	drops := l.server.Stats().Dropped
	l.server.Receive(l.now, clientPath, packet)
	for n := range packet {
		l.server.Receive(l.now, clientPath, packet[:n])
	}
	for bit := range 8 * len(packet) {
		forged := append([]byte(nil), packet...)
		forged[bit/8] ^= 1 << (bit % 8)
		l.server.Receive(l.now, clientPath, forged)
	}
	after := l.accepted.Stats()
	if _, m, ok := l.accepted.Receive(); ok {
		t.Fatalf("%q arrived again", m)
	}
	if after.PacketsIn != before.PacketsIn || l.accepted.State() != StateOpen {
		t.Error("a replay or a forgery was taken for a packet")
	}
	total := uint64(0)
	for i, n := range l.server.Stats().Dropped {
		total += n - drops[i]
	}
	if want := uint64(1 + 9*len(packet)); total != want {
		t.Errorf("%d dropped of %d", total, want)
	}
}

// TestStormyHandshake: at 30 % loss and 30 % corruption everybody gets in.
func TestStormyHandshake(t *testing.T) {
	for seed := range uint64(1000) {
		l := newLab(t, nil)
		s := newStorm(l, seed)
		s.loss, s.corrupted = 0.3, 0.3
		opt := DialOptions{}
		if seed%2 == 0 {
			opt.ServerKey = l.server.PublicKey()
		}
		l.dial(opt)
		for range 10_000 {
			if s.step(); l.conn.State() != StateConnecting && l.accepted != nil {
				break
			}
		}
		if l.conn.State() != StateOpen || l.accepted == nil {
			t.Errorf("seed %d: %v, %v", seed, l.conn.State(), l.conn.Err())
		}
	}
}

// TestFullInARace: two clients shake hands at once for the last place. Both
// are met while it is free; one gets it, the other is told.
func TestFullInARace(t *testing.T) {
	l := newLab(t, func(s, c *Config) { s.MaxConns = 1 })
	key := l.server.PublicKey()
	l.dial(DialOptions{ServerKey: key})
	other, err := l.client.Dial(l.now, secondPath(false), DialOptions{ServerKey: key})
	if err != nil {
		t.Fatal(err)
	}
	l.run(2 * time.Second)
	states := []State{l.conn.State(), other.State()}
	if states[0] == states[1] || l.server.Stats().Conns != 1 {
		t.Fatalf("states %v, %d connections at the server, want one open and one closed", states, l.server.Stats().Conns)
	}
	for _, c := range []*Conn{l.conn, other} {
		if c.State() == StateClosed && !errors.Is(c.Err(), &CloseError{Reason: CloseFull}) {
			t.Errorf("Err() = %v, want %v", c.Err(), CloseFull)
		}
	}
}
