package netcode

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// seeded returns a deterministic source of randomness.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return rand.NewChaCha8(key)
}

// A lab is a client and a server joined by a pipe in virtual time.
type lab struct {
	t              testing.TB
	now            time.Time
	server, client *Core
	conn           *Conn // the client's
	accepted       *Conn // the server's
	delay          time.Duration
	lose           func(toServer bool, n int) bool // nil = nothing
	mangle         func(toServer bool, datagram []byte) []byte

	// mark says how congested a datagram arrives (ECN). If nil, not at all.
	mark func(toServer bool) uint8

	// stamp says when a datagram counts as received, which may be earlier than
	// the last flush, as with the times of arrival that a kernel tells. If nil,
	// now.
	stamp func() time.Time

	// route says what becomes of a datagram's path on its way: as the sender
	// names it, then as the receiver sees it; false if it leads nowhere. If
	// nil, there is one way, and a second for a second socket.
	route   func(toServer bool, path Path) (Path, bool)
	flying  []flight
	fresh   int    // flights from here on began in the last step
	sent    [2]int // datagrams to the client, to the server
	largest [2]int
	events  []Event
	tickets int // that clients got
}

type flight struct {
	at       time.Time
	toServer bool
	carrier  uint16 // the client's socket
	datagram []byte
	path     Path // as the receiver sees it, if there is a route
}

var (
	clientPath = Path{Remote: netip.MustParseAddrPort("10.0.0.2:5000")} // the client as the server sees it
	serverPath = Path{Remote: netip.MustParseAddrPort("10.0.0.1:7777")}
)

// secondPath is the path of the client's second socket, as the server or as
// the client sees it.
func secondPath(atServer bool) Path {
	if atServer {
		return Path{Remote: netip.MustParseAddrPort("10.0.0.2:5001")}
	}
	return Path{Remote: serverPath.Remote, Carrier: 1}
}

var testChannels = []Channel{
	{Name: "state", Mode: Unreliable},
	{Name: "input", Mode: UnreliableSequenced},
	{Name: "chat", Mode: ReliableOrdered},
	{Name: "bulk", Mode: ReliableOrdered, MaxMessage: 1 << 20},
}

const (
	chState = iota
	chInput
	chChat
	chBulk
)

func testConfig(seed uint64) Config {
	return Config{
		Game: Identity{Name: "test", Build: 1, Schema: 7}, Channels: testChannels,
		Random: seeded(seed), Suite: SuiteChaCha20Poly1305,
	}
}

func newLab(t testing.TB, change func(server, client *Config)) *lab {
	t.Helper()
	server, client := testConfig(1), testConfig(2)
	server.MaxConns = 4
	if change != nil {
		change(&server, &client)
	}
	l := &lab{t: t, now: time.Unix(0, 0), delay: 10 * time.Millisecond}
	var err error
	if l.server, err = NewCore(server); err != nil {
		t.Fatal(err)
	}
	if l.client, err = NewCore(client); err != nil {
		t.Fatal(err)
	}
	l.server.suspicious, l.client.suspicious = true, true
	return l
}

type labSender struct {
	l        *lab
	toServer bool
}

func (s labSender) SendDatagram(path Path, datagram []byte) {
	l, way := s.l, 0
	if s.toServer {
		way = 1
	}
	n := l.sent[way]
	l.sent[way]++
	l.largest[way] = max(l.largest[way], len(datagram))
	if l.lose != nil && l.lose(s.toServer, n) {
		return
	}
	data := append([]byte(nil), datagram...)
	if l.mangle != nil {
		data = l.mangle(s.toServer, data)
	}
	carrier := path.Carrier
	if !s.toServer && path.Remote != clientPath.Remote {
		carrier = 1
	}
	f := flight{at: l.now.Add(l.delay), toServer: s.toServer, carrier: carrier, datagram: data}
	if l.route != nil {
		var ok bool
		if f.path, ok = l.route(s.toServer, path); !ok {
			return
		}
	}
	l.flying = append(l.flying, f)
}

// step lets a millisecond pass.
func (l *lab) step() {
	l.now = l.now.Add(time.Millisecond)
	l.deliverDue()
	l.collect()
	l.flush()
	l.collect()
}

// deliverDue gives the cores what has arrived by now.
func (l *lab) deliverDue() {
	rest := l.flying[:0]
	var due []flight
	for _, f := range l.flying {
		if f.at.After(l.now) {
			rest = append(rest, f)
		} else {
			due = append(due, f)
		}
	}
	l.flying, l.fresh = rest, len(rest)
	for _, f := range due {
		from := serverPath
		if f.toServer {
			from = clientPath
		}
		if f.carrier == 1 {
			from = secondPath(f.toServer)
		}
		if f.path.Remote.IsValid() {
			from = f.path
		}
		to, ecn := l.client, uint8(0)
		if f.toServer {
			to = l.server
		}
		if l.mark != nil {
			ecn = l.mark(f.toServer)
		}
		at := l.now
		if l.stamp != nil {
			at = l.stamp()
		}
		to.ReceiveMarked(at, from, f.datagram, ecn)
	}
}

func (l *lab) flush() {
	l.client.Flush(l.now, labSender{l, true})
	l.server.Flush(l.now, labSender{l, false})
	// A deadline that stays in the past is a loop that never sleeps.
	for i, c := range []*Core{l.client, l.server} {
		if d := c.NextDeadline(); !d.IsZero() && !d.After(l.now) {
			l.t.Helper() // dear, so only now
			l.t.Fatalf("core %d: after Flush the next deadline is %v before now", i, l.now.Sub(d))
		}
	}
}

func (l *lab) collect() {
	for _, c := range []*Core{l.server, l.client} {
		for e, ok := c.NextEvent(); ok; e, ok = c.NextEvent() {
			if e.Kind == EventTicket {
				l.tickets++
				continue
			}
			if c == l.server && e.Kind == EventConnected {
				l.accepted = e.Conn
			}
			for _, before := range l.events {
				if before.Conn == e.Conn && (before.Kind == e.Kind && e.Path == Path{} || before.Kind == EventClosed) {
					l.t.Errorf("event %d of a connection after its event %d", e.Kind, before.Kind)
				}
			}
			l.events = append(l.events, e)
		}
	}
}

func (l *lab) run(d time.Duration) {
	for end := l.now.Add(d); l.now.Before(end); {
		l.step()
	}
}

// skip lets the time before the next step in which anything happens pass, but
// not beyond end, and returns the milliseconds.
func (l *lab) skip(end time.Time) int {
	next := earlier(l.client.NextDeadline(), l.server.NextDeadline())
	for _, f := range l.flying {
		next = earlier(next, f.at)
	}
	next = earlier(next, end)
	ms := max(0, int(next.Sub(l.now)/time.Millisecond)-1)
	l.now = l.now.Add(time.Duration(ms) * time.Millisecond)
	return ms
}

// pass is run for times in which little happens.
func (l *lab) pass(d time.Duration) {
	for end := l.now.Add(d); l.now.Before(end); {
		l.skip(end)
		l.step()
	}
}

// until steps until done, for at most 30 seconds.
func (l *lab) until(what string, done func() bool) {
	l.t.Helper()
	for range 30000 {
		if done() {
			return
		}
		l.step()
	}
	l.t.Fatalf("%s: not within 30 seconds; events %v", what, l.events)
}

func (l *lab) dial(opt DialOptions) {
	l.t.Helper()
	var err error
	if l.conn, err = l.client.Dial(l.now, serverPath, opt); err != nil {
		l.t.Fatal(err)
	}
}

// connect returns a lab with an open connection.
func connect(t testing.TB, change func(server, client *Config)) *lab {
	t.Helper()
	l := newLab(t, change)
	opt := DialOptions{ServerKey: l.server.PublicKey(), Hello: []byte("ada")}
	if l.client.cfg.Plaintext {
		opt.ServerKey = [32]byte{}
	}
	l.dial(opt)
	l.until("connect", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
	return l
}

func TestConnect(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(server, client *Config)
		pinned bool
	}{
		{"IK", nil, true},
		{"XX", nil, false},
		{"plaintext", func(s, c *Config) { s.Plaintext, c.Plaintext = true, true }, false},
		{"AES", func(s, c *Config) { s.Suite, c.Suite = SuiteAES256GCM, SuiteAES256GCM }, true},
		{"auto", func(s, c *Config) { s.Suite, c.Suite = SuiteAuto, SuiteAuto }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t, test.change)
			var key [32]byte
			if test.pinned {
				key = l.server.PublicKey()
			}
			l.dial(DialOptions{ServerKey: key, Hello: []byte("ada")})
			l.until("connect", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
			if took := l.now.Sub(time.Unix(0, 0)); took > 60*time.Millisecond {
				t.Errorf("took %v, want two round trips and a half of 20ms", took)
			}
			if l.conn.Encrypted() && (l.conn.PeerKey() != l.server.PublicKey() || l.accepted.PeerKey() != l.client.PublicKey()) {
				t.Error("peer keys are not those of the cores")
			}
			l.exchange()
		})
	}
}

// exchange sends a message each way on every channel.
func (l *lab) exchange() {
	l.t.Helper()
	for ch := range testChannels {
		for _, c := range []*Conn{l.conn, l.accepted} {
			if _, err := c.Send(l.now, ch, fmt.Appendf(nil, "hello %d", ch)); err != nil {
				l.t.Fatal(err)
			}
		}
	}
	l.run(100 * time.Millisecond)
	for _, c := range []*Conn{l.conn, l.accepted} {
		for range testChannels {
			ch, message, ok := c.Receive()
			if want := fmt.Sprintf("hello %d", ch); !ok || string(message) != want {
				l.t.Fatalf("got %q, %v on channel %d, want %q", message, ok, ch, want)
			}
		}
	}
}
