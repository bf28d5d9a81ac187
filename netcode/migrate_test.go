package netcode

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"
)

// A gateway is a NAT with one client behind it, whose mapping lasts lifetime
// after the last datagram that the client sent (RFC 4787, requirement 6), or
// until somebody says so.
type gateway struct {
	l        *lab
	port     uint16        // of the mapping
	lifetime time.Duration // zero is for ever
	used     time.Time
	rebinds  int
}

func newGateway(l *lab) *gateway {
	g := &gateway{l: l, port: clientPath.Remote.Port(), used: l.now}
	l.route = g.route
	return g
}

func (g *gateway) outside() Path {
	return Path{Remote: netip.AddrPortFrom(clientPath.Remote.Addr(), g.port)}
}

// rebind gives the client another port; the old one leads nowhere.
func (g *gateway) rebind() { g.port, g.rebinds = g.port+1, g.rebinds+1 }

func (g *gateway) route(toServer bool, path Path) (Path, bool) {
	gone := g.lifetime > 0 && g.l.now.Sub(g.used) >= g.lifetime
	if !toServer {
		return serverPath, !gone && path.Remote == g.outside().Remote
	}
	if gone {
		g.rebind()
	}
	g.used = g.l.now
	return g.outside(), true
}

// TestRebindHeals: a client whose NAT gave it another port is found again one
// round trip after its first packet from there, by each end's clock.
func TestRebindHeals(t *testing.T) {
	for _, traffic := range []struct {
		name  string
		every time.Duration // between the client's messages; zero: keepalives only
	}{{"playing", 16 * time.Millisecond}, {"idle", 0}} {
		t.Run(traffic.name, func(t *testing.T) {
			l := connect(t, nil)
			g := newGateway(l)
			l.run(2 * time.Second)
			rtt := l.accepted.Stats().RTT
			g.rebind()
			var left, heard time.Time // first packet from there; server on it
			l.lose = func(toServer bool, _ int) bool {
				if toServer && left.IsZero() {
					left = l.now
				}
				return false
			}
			for ms := 0; heard.IsZero() && ms < 5000; ms++ {
				if traffic.every > 0 && ms%int(traffic.every/time.Millisecond) == 0 {
					l.conn.Send(l.now, chInput, make([]byte, 64))
					l.accepted.Send(l.now, chState, []byte("world"))
				}
				l.step()
				if l.accepted.Path().Remote == g.outside().Remote {
					heard = l.now
				}
			}
			// Half a round trip up, a round trip for the challenge.
			took := heard.Sub(left) - l.delay
			t.Logf("the server follows %v after the first packet from there arrived; the round trip is %v", took, 2*l.delay)
			if heard.IsZero() || took > 2*l.delay+5*time.Millisecond {
				t.Errorf("took %v, want a round trip of %v", took, 2*l.delay)
			}
			l.run(4 * time.Second)
			for _, c := range []*Conn{l.conn, l.accepted} {
				for _, _, ok := c.Receive(); ok; _, _, ok = c.Receive() {
				}
			}
			if got := l.conn.ObservedAddr(); got != g.outside().Remote {
				t.Errorf("ObservedAddr() = %v, want %v", got, g.outside().Remote)
			}
			if s := l.accepted.Stats(); s.PathChanges != 1 || s.Challenges != 1 || s.RTT < rtt/2 {
				t.Errorf("%d changes, %d challenges, round trip %v, was %v", s.PathChanges, s.Challenges, s.RTT, rtt)
			}
			if e := l.events[len(l.events)-1]; e.Kind != EventPathChanged || e.Conn != l.accepted || e.Path.Remote != g.outside().Remote {
				t.Errorf("event %+v", e)
			}
			if l.accepted.others != nil {
				t.Error("the server remembers other paths")
			}
			l.exchange()
		})
	}
}

// A detour gives the client a second way to the server, by another socket.
type detour struct {
	l        *lab
	direct   bool // whether the second way leads anywhere
	toDirect int  // datagrams that took it, to the server
}

var (
	directPath = Path{Remote: netip.MustParseAddrPort("10.0.9.1:7777"), Carrier: 1} // as the client sees it
	directFrom = Path{Remote: netip.MustParseAddrPort("192.0.2.7:6000")}            // the client, as the server does
)

func newDetour(l *lab) *detour {
	d := &detour{l: l, direct: true}
	l.route = func(toServer bool, path Path) (Path, bool) {
		second := path.Remote == directPath.Remote || path.Remote == directFrom.Remote
		switch {
		case !second && toServer:
			return clientPath, true
		case !second:
			return serverPath, true
		case toServer:
			d.toDirect++
			return directFrom, d.direct
		}
		return directPath, d.direct
	}
	return d
}

func TestTryPath(t *testing.T) {
	l := connect(t, nil)
	d := newDetour(l)
	l.exchange()
	l.run(5 * time.Second)
	mtu := l.conn.MaxDatagram()
	if err := l.conn.TryPath(l.now, directPath); err != nil {
		t.Fatal(err)
	}
	begun := l.now
	l.until("both ends move", func() bool {
		return l.conn.Path() == directPath && l.accepted.Path() == directFrom
	})
	if took := l.now.Sub(begun); took > 5*l.delay+10*time.Millisecond {
		t.Errorf("took %v, want two round trips and a half of %v", took, 2*l.delay)
	}
	if l.conn.MaxDatagram() == mtu || l.accepted.MaxDatagram() == mtu {
		t.Errorf("datagrams have %d bytes at once on a new path", mtu)
	}
	l.exchange()
	l.run(5 * time.Second)
	if got := l.conn.ObservedAddr(); got != directFrom.Remote {
		t.Errorf("ObservedAddr() = %v", got)
	}
	if l.conn.MaxDatagram() != mtu || l.accepted.MaxDatagram() != mtu {
		t.Errorf("datagrams have %d and %d bytes, want %d", l.conn.MaxDatagram(), l.accepted.MaxDatagram(), mtu)
	}
	if got := l.conn.Stats().LossOut + l.accepted.Stats().LossOut; got > 0 {
		t.Errorf("%v of the packets count as lost", got)
	}
	if len(l.client.byPeer) != 1 {
		t.Errorf("the client can be found by %d paths", len(l.client.byPeer))
	}

	// A path that leads nowhere changes nothing, and costs little.
	d.toDirect, d.direct = 0, false
	l.route = func(toServer bool, path Path) (Path, bool) {
		if toServer {
			return directFrom, path == directPath
		}
		return directPath, true
	}
	nowhere := Path{Remote: netip.MustParseAddrPort("10.0.9.2:1"), Carrier: 1}
	if err := l.conn.TryPath(l.now, nowhere); err != nil {
		t.Fatal(err)
	}
	sent := l.conn.Stats().Challenges
	l.until("it fails", func() bool { return l.events[len(l.events)-1].Kind == EventPathFailed })
	if e := l.events[len(l.events)-1]; e.Path != nowhere || l.conn.Path() != directPath {
		t.Errorf("event %+v, path %v", e, l.conn.Path())
	}
	if n := l.conn.Stats().Challenges - sent; n != challengeTries {
		t.Errorf("%d challenges, want %d", n, challengeTries)
	}
	if len(l.client.byPeer) != 1 {
		t.Errorf("the client can be found by %d paths", len(l.client.byPeer))
	}
	l.exchange()
	l.conn.Close(l.now, CloseNormal, "")
	l.run(time.Second)
	l.empty()
	if len(l.client.byPeer) != 0 {
		t.Error("a closed connection can be found")
	}
}

// TestMovePath: the client leaves at once, from the path that is gone.
func TestMovePath(t *testing.T) {
	l := connect(t, nil)
	newDetour(l)
	l.run(2 * time.Second)
	both := l.route
	l.route = func(toServer bool, path Path) (Path, bool) {
		p, ok := both(toServer, path)
		return p, ok && (p == directPath || p == directFrom)
	}
	if err := l.conn.MovePath(l.now, directPath); err != nil {
		t.Fatal(err)
	}
	begun := l.now
	l.until("the server follows", func() bool { return l.accepted.Path() == directFrom })
	if took := l.now.Sub(begun); took > 3*l.delay+5*time.Millisecond {
		t.Errorf("took %v, want a round trip and a half of %v", took, 2*l.delay)
	}
	l.exchange()
	l.run(5 * time.Second)
	l.exchange()
}

func TestMoveErrors(t *testing.T) {
	l := newLab(t, nil)
	l.dial(DialOptions{})
	if err := l.conn.TryPath(l.now, directPath); !errors.Is(err, ErrNotConnected) {
		t.Errorf("while connecting: %v", err)
	}
	l.until("connect", func() bool { return l.accepted != nil && l.conn.shaking == nil })
	if err := l.accepted.TryPath(l.now, directPath); !errors.Is(err, ErrNoMigration) {
		t.Errorf("the server: %v", err)
	}
	if err := l.conn.MovePath(l.now, Path{}); !errors.Is(err, ErrNoMigration) {
		t.Errorf("nowhere: %v", err)
	}
	other, err := l.client.Dial(l.now, secondPath(false), DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.conn.TryPath(l.now, secondPath(false)); !errors.Is(err, ErrPathInUse) {
		t.Errorf("another's path: %v", err)
	}
	other.Close(l.now, CloseNormal, "")
	if err := l.conn.TryPath(l.now, l.conn.Path()); err != nil {
		t.Errorf("its own path: %v", err)
	}
	l.conn.Close(l.now, CloseNormal, "")
	if err := l.conn.MovePath(l.now, directPath); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	l = connect(t, func(s, c *Config) { s.Plaintext, c.Plaintext = true, true })
	if err := l.conn.TryPath(l.now, directPath); !errors.Is(err, ErrNoMigration) {
		t.Errorf("plaintext: %v", err)
	}
	g := newGateway(l)
	g.rebind()
	l.run(3 * time.Second)
	if got := l.accepted.Stats(); got.PathChanges+got.Challenges > 0 {
		t.Errorf("in plaintext: %d changes, %d challenges", got.PathChanges, got.Challenges)
	}
}

// TestServerAnswersFromElsewhere: a client drops what comes from an address
// that it did not move to, even if it is the server's.
func TestServerAnswersFromElsewhere(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	l.accepted.Send(l.now, chState, []byte("hello"))
	var r recorder
	l.server.Flush(l.now, &r)
	before := l.client.Stats().Dropped[DropUnknownConn]
	for _, d := range r.datagrams {
		l.client.Receive(l.now, directPath, bytes.Clone(d))
	}
	if got := l.client.Stats().Dropped[DropUnknownConn]; len(r.datagrams) == 0 || got != before+uint64(len(r.datagrams)) {
		t.Errorf("%d of %d dropped", got-before, len(r.datagrams))
	}
}

// TestRelayedCopies: somebody sees the client's packets, and is faster. Its
// copies come first, it answers the server's challenge by handing it on to the
// client, and the connection moves to it (RFC 9000, section 9.3.3). As soon as
// it is not faster any more, the next packet brings the connection home.
func TestRelayedCopies(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	home := l.accepted.Path()
	relay := Path{Remote: netip.MustParseAddrPort("203.0.113.9:9")}
	copies := true
	l.route = func(toServer bool, path Path) (Path, bool) {
		switch {
		case !toServer:
			return serverPath, true // the relay hands on what it gets
		case copies:
			return relay, true // the original comes later, as a duplicate
		}
		return clientPath, true
	}
	play := func(ms int) {
		for i := range ms {
			if i%16 == 0 {
				l.conn.Send(l.now, chInput, make([]byte, 64))
				l.accepted.Send(l.now, chState, make([]byte, 64))
			}
			l.step()
			l.drain()
		}
	}
	play(200)
	if got := l.accepted.Path(); got != relay {
		t.Fatalf("Path() = %v, want the relay", got)
	}
	challenges := l.accepted.Stats().Challenges
	copies = false
	play(30)
	if got := l.accepted.Path(); got != home {
		t.Errorf("Path() = %v, want %v", got, home)
	}
	if got := l.accepted.Stats().Challenges; got != challenges {
		t.Errorf("%d challenges to a path that had proven itself", got-challenges)
	}
	l.exchange()
}

// TestCheckOfTheFormerPath: a client that is asked whether it is still where
// it was says so with a packet that moves the connection back.
func TestCheckOfTheFormerPath(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	home := l.accepted.Path()
	// Nothing else is said: the server believes that the client moved.
	l.accepted.moveTo(l.now, Path{Remote: netip.MustParseAddrPort("203.0.113.9:9")}, 0)
	l.accepted.touch(l.now)
	l.route = func(toServer bool, path Path) (Path, bool) {
		if toServer {
			return clientPath, true
		}
		return serverPath, path.Remote == clientPath.Remote
	}
	l.run(2*l.delay + 5*time.Millisecond)
	if got := l.accepted.Path(); got != home {
		t.Errorf("Path() = %v, want %v after a round trip", got, home)
	}
	l.exchange()
}

// TestMoveKeepsOurAddress: a host with several addresses challenges, and
// answers, from the one that the client asked.
func TestMoveKeepsOurAddress(t *testing.T) {
	l := connect(t, nil)
	asked, elsewhere := netip.MustParseAddr("10.0.0.1"), directFrom
	elsewhere.Local = asked
	var down []Path
	l.route = func(toServer bool, path Path) (Path, bool) {
		if toServer {
			return elsewhere, true
		}
		down = append(down, path)
		return serverPath, true
	}
	l.until("the server follows", func() bool { return l.accepted.Path() == elsewhere })
	l.exchange()
	for i, path := range down {
		if path.Remote == elsewhere.Remote && path.Local != asked {
			t.Fatalf("datagram %d to there left from %v, want %v", i, path.Local, asked)
		}
	}
	elsewhere.Local = netip.MustParseAddr("10.0.0.3")
	l.exchange()
	if got := l.accepted.Path(); got != elsewhere || l.accepted.Stats().PathChanges != 1 {
		t.Errorf("asked on another address: %v, %d moves", got, l.accepted.Stats().PathChanges)
	}
}

// TestRebindRepeatsAtOnce: what the server sent to a port that was gone leaves
// again as soon as the new one is proven.
func TestRebindRepeatsAtOnce(t *testing.T) {
	l := connect(t, nil)
	l.delay = 50 * time.Millisecond
	g := newGateway(l)
	l.run(3 * time.Second)
	l.exchange()
	l.run(time.Second)
	g.rebind()
	l.conn.Send(l.now, chInput, make([]byte, 64))
	l.until("the packet arrives", func() bool { return l.accepted.others != nil })
	begun := l.now
	for range 3 {
		l.accepted.Send(l.now, chChat, make([]byte, 500))
	}
	for got := 0; got < 3; {
		l.step()
		for ch, _, ok := l.conn.Receive(); ok; ch, _, ok = l.conn.Receive() {
			if ch == chChat {
				got++
			}
		}
		if took := l.now.Sub(begun); took > 3*l.delay+5*time.Millisecond {
			t.Fatalf("after %v %d of 3 messages arrived, want all after a round trip and a half", took, got)
		}
	}
	if s := l.accepted.Stats(); s.PacketsLost == 0 || s.LateAcks != 0 {
		t.Errorf("%d packets lost, %d late", s.PacketsLost, s.LateAcks)
	}
}
