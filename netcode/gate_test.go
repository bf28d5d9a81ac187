package netcode

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

func testGate(t *testing.T) *gate {
	t.Helper()
	return newGate(seeded(1))
}

// TestCookieFlood: 200,000 strangers a second, none of whom comes again, for
// ten virtual seconds. Honest clients, who repeat themselves five times a
// second, all get a cookie within two seconds; the flood gets few.
func TestCookieFlood(t *testing.T) {
	const perMillisecond = 200
	g := testGate(t)
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Unix(0, 0)
	stranger := func() (Path, uint64) {
		var a [4]byte
		for i := range a {
			a[i] = byte(random.Uint32())
		}
		return Path{Remote: netip.AddrPortFrom(netip.AddrFrom4(a), uint16(random.Uint32()))}, random.Uint64()
	}
	type client struct {
		path      Path
		id        uint64
		began     time.Time
		tries     int
		satisfied bool
	}
	var clients []*client
	answered, late := 0, 0
	for ms := range 10_000 {
		now := start.Add(time.Duration(ms) * time.Millisecond)
		for range perMillisecond {
			if p, id := stranger(); g.allowCookie(now, p, id) {
				answered++
			}
		}
		if ms%10 == 0 && ms < 8000 {
			p, id := stranger()
			clients = append(clients, &client{path: p, id: id, began: now})
		}
		for _, c := range clients {
			if c.satisfied || now.Sub(c.began) != time.Duration(c.tries)*resendInterval {
				continue
			}
			c.tries++
			if c.satisfied = g.allowCookie(now, c.path, c.id); c.satisfied && now.Sub(c.began) > 2*time.Second {
				late++
			}
		}
	}
	for i, c := range clients {
		if !c.satisfied {
			t.Fatalf("client %d got no cookie in %d tries", i, c.tries)
		}
	}
	if late > 0 {
		t.Errorf("%d of %d clients waited for more than two seconds", late, len(clients))
	}
	t.Logf("the flood got %d answers for %d questions", answered, 10_000*perMillisecond)
	if limit := 10_000 * perMillisecond / 20; answered > limit {
		t.Errorf("the flood got %d answers, want at most %d", answered, limit)
	}
	quiet := start.Add(20 * time.Second)
	p, id := stranger()
	if !g.allowCookie(quiet, p, id) || g.seen[0] != nil {
		t.Error("after the flood a client waits, or the filters stay")
	}
}

// TestForgedCookies: who takes the stamp of a true cookie can have others of
// it checked, with any client ID, but no more than the cap in a second. An
// honest client connects meanwhile.
func TestForgedCookies(t *testing.T) {
	l := newLab(t, nil)
	now := l.now
	forge := wire.Handshake{Type: wire.Initiate, Version: wire.Version, Mode: wire.ModeIK, Noise: make([]byte, 96)}
	l.mangle = func(toServer bool, d []byte) []byte {
		var h wire.Handshake
		if !toServer && forge.Cookie == nil && wire.ConsumeHandshake(d, &h) == nil && h.Type == wire.Retry {
			forge.Cookie = bytes.Clone(h.Cookie)
			now = l.now
		}
		return d
	}
	l.dial(DialOptions{})
	l.until("a cookie", func() bool { return forge.Cookie != nil })
	forge.Cookie[wire.CookieLen-1] ^= 1
	var d []byte
	const perMillisecond, milliseconds = 150, 1000
	for range milliseconds {
		for range perMillisecond {
			forge.ClientID++
			d = wire.AppendHandshake(d[:0], &forge)
			l.server.Receive(l.now, Path{Remote: directFrom.Remote}, d)
		}
		l.step()
	}
	limited, checked := l.server.stats.Dropped[DropLimit], l.server.stats.Dropped[DropBadCookie]
	t.Logf("%v after the cookie: %d checked, %d dropped for a limit", l.now.Sub(now), checked, limited)
	if checked > maxChecks+maxChecks/10+1000 || checked < maxChecks {
		t.Errorf("%d of %d cookies were checked, the cap is %d", checked, perMillisecond*milliseconds, maxChecks)
	}
	if l.conn.State() != StateOpen {
		t.Error("an honest client did not connect meanwhile")
	}
}

// TestPersistentFlood: who repeats itself passes the filter and meets the cap.
func TestPersistentFlood(t *testing.T) {
	g := testGate(t)
	now := time.Unix(0, 0)
	answered := 0
	for ms := range 5000 {
		now = now.Add(time.Millisecond)
		for i := range 100 {
			p := Path{Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(ms % 200), byte(i)}), 5)}
			if g.allowCookie(now, p, 7) {
				answered++
			}
		}
	}
	if limit := 5*maxCookies + maxCookies/10; answered > limit {
		t.Errorf("%d answers in 5 s, want at most %d", answered, limit)
	}
}

// TestHandshakeRate: a host gets its burst and its rate, another one is not
// affected, and the table stays bounded whoever comes.
func TestHandshakeRate(t *testing.T) {
	g := testGate(t)
	now := time.Unix(0, 0)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	allowed := 0
	for range 1000 {
		now = now.Add(10 * time.Millisecond)
		if g.allowHandshake(now, a, defaultHandshakeRate) {
			allowed++
		}
	}
	if want := handshakeBurst + 10*defaultHandshakeRate; allowed < want-2 || allowed > want+2 {
		t.Errorf("a host got %d handshakes in 10 s, want %d", allowed, want)
	}
	if !g.allowHandshake(now, b, defaultHandshakeRate) {
		t.Error("another host is refused")
	}
	v6 := netip.MustParseAddr("2001:db8::1")
	for range handshakeBurst {
		g.allowHandshake(now, v6, defaultHandshakeRate)
		v6 = v6.Next()
	}
	if g.allowHandshake(now, v6, defaultHandshakeRate) {
		t.Error("an IPv6 host chose its way around the limit")
	}
	many := netip.MustParseAddr("10.0.0.0")
	for range 3 * maxHosts {
		many = many.Next()
		g.allowHandshake(now, many, defaultHandshakeRate)
	}
	if len(g.hosts) > maxHosts {
		t.Errorf("%d hosts are remembered, want at most %d", len(g.hosts), maxHosts)
	}
	now = now.Add(time.Minute)
	if !g.allowHandshake(now, netip.MustParseAddr("203.0.113.1"), defaultHandshakeRate) || len(g.hosts) > 1+maxHosts/2 {
		t.Errorf("quiet hosts are not forgotten: %d", len(g.hosts))
	}
}
