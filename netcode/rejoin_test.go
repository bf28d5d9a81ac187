package netcode

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// ticketed returns a lab whose client has a ticket.
func ticketed(t testing.TB, change func(server, client *Config)) *lab {
	t.Helper()
	l := connect(t, change)
	l.until("ticket", func() bool { return l.conn.Ticket() != nil })
	l.accepted.SetUser("seat 3")
	return l
}

// rejoin dials with the ticket of the lab's connection, through opt.
func (l *lab) rejoin(opt DialOptions) (old *Conn) {
	l.t.Helper()
	old = l.accepted
	opt.Ticket = l.conn.Ticket()
	l.accepted, l.events = nil, nil
	l.dial(opt)
	return old
}

func (l *lab) eventOf(kind EventKind, c *Conn) *Event {
	for i := range l.events {
		if e := &l.events[i]; e.Kind == kind && e.Conn == c {
			return e
		}
	}
	return nil
}

// TestRejoin: a client comes back into its place with what it had to say, and
// hears from the server half a round trip later.
func TestRejoin(t *testing.T) {
	for _, test := range []struct {
		name string
		gone time.Duration
	}{{"before the server noticed", time.Second}, {"after", 15 * time.Second}} {
		t.Run(test.name, func(t *testing.T) {
			nonces := newLedger(t)
			l := ticketed(t, nonces.watch)
			ticket := l.conn.Ticket()
			l.lose = func(bool, int) bool { return true }
			l.run(test.gone)
			l.lose = nil
			old := l.rejoin(DialOptions{ServerKey: l.server.PublicKey(), Hello: []byte("ada"), Early: []byte("jump")})
			began := l.now
			l.until("the server", func() bool { return l.accepted != nil })
			if took := l.now.Sub(began); took > l.delay+time.Millisecond {
				t.Errorf("the server knew after %v", took)
			}
			e := l.eventOf(EventConnected, l.accepted)
			if e.Prior != old || string(e.Early) != "jump" || string(e.Hello) != "ada" || l.accepted.User() != "seat 3" {
				t.Errorf("event %+v, user %v", e, l.accepted.User())
			}
			if old.State() != StateClosed || test.gone == time.Second && !errors.Is(old.Err(), &CloseError{Reason: CloseReplaced}) {
				t.Errorf("the old connection: state %d, %v", old.State(), old.Err())
			}
			if l.accepted.PeerKey() != l.client.PublicKey() {
				t.Error("the player is somebody else")
			}
			l.accepted.Send(l.now, chState, []byte("welcome back"))
			l.until("the client", func() bool { return l.conn.queue.Bytes() > 0 })
			if took := l.now.Sub(began); took > 2*l.delay+3*time.Millisecond {
				t.Errorf("the client heard the server after %v", took)
			}
			l.conn.Receive()
			if !l.conn.Resumed() || !l.accepted.Resumed() || l.conn.PeerKey() != l.server.PublicKey() {
				t.Errorf("resumed: %v, %v", l.conn.Resumed(), l.accepted.Resumed())
			}
			l.run(500 * time.Millisecond)
			l.exchange()
			if next := l.conn.Ticket(); next == nil || next.id == ticket.id {
				t.Error("no new ticket")
			}
			if n := l.server.Stats(); n.Rejoins != 1 || n.Conns != 1 || len(l.server.pending) != 0 {
				t.Errorf("%+v, %d pending", n, len(l.server.pending))
			}
			l.sane()
		})
	}
}

// TestRejoinAgain: every connection has a ticket of its own, good once.
func TestRejoinAgain(t *testing.T) {
	nonces := newLedger(t)
	l := ticketed(t, nonces.watch)
	first := l.conn.Ticket()
	for i := range 20 {
		old := l.rejoin(DialOptions{Early: fmt.Appendf(nil, "%d", i)})
		l.until("rejoin", func() bool { return l.accepted != nil })
		if e := l.eventOf(EventConnected, l.accepted); e.Prior != old || string(e.Early) != fmt.Sprint(i) {
			t.Fatalf("%d: %+v", i, e)
		}
		if i%2 == 0 {
			l.conn.Rekey(l.now)
		}
		l.until("ticket", func() bool { return l.conn.Ticket() != nil })
	}
	l.exchange()
	if n := len(l.server.tickets.byID); n != 1 {
		t.Errorf("%d tickets are good", n)
	}
	l.accepted = nil
	l.dial(DialOptions{Ticket: first})
	l.until("fallback", func() bool { return l.accepted != nil })
	if l.conn.Resumed() {
		t.Error("a ticket was good twice")
	}
}

// TestRejoinRefused: where the ticket is of no use, an ordinary handshake
// follows by itself, without costing a round trip if the server says so.
func TestRejoinRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(l *lab)
		within time.Duration
	}{
		{"expired", func(l *lab) {
			l.lose = func(bool, int) bool { return true }
			l.run(75 * time.Second)
			l.lose = nil
		}, 100 * time.Millisecond},
		{"server restarted", func(l *lab) {
			cfg := testConfig(99)
			cfg.Key, cfg.MaxConns = l.server.cfg.Key, 4
			var err error
			if l.server, err = NewCore(cfg); err != nil {
				l.t.Fatal(err)
			}
		}, 100 * time.Millisecond},
		{"kicked", func(l *lab) {
			l.accepted.Close(l.now, CloseKicked, "")
			l.run(time.Second)
		}, 100 * time.Millisecond},
		{"silence", func(l *lab) {
			l.mangle = func(toServer bool, d []byte) []byte {
				if d[0] == byte(wire.Rejoin) {
					return []byte{0}
				}
				return d
			}
		}, rejoinPatience + 100*time.Millisecond},
	} {
		for _, pinned := range []bool{true, false} {
			t.Run(fmt.Sprint(test.name, " ", pinned), func(t *testing.T) {
				l := ticketed(t, nil)
				test.change(l)
				var opt DialOptions
				if opt.Hello = []byte("bob"); pinned {
					opt.ServerKey = l.server.PublicKey()
				}
				opt.Early = []byte("never")
				l.rejoin(opt)
				began := l.now
				l.until("connect", func() bool { return l.accepted != nil && l.conn.shaking == nil })
				if took := l.now.Sub(began); took > test.within {
					t.Errorf("took %v", took)
				}
				e := l.eventOf(EventConnected, l.accepted)
				if l.conn.Resumed() || e.Prior != nil || e.Early != nil || string(e.Hello) != "bob" {
					t.Errorf("resumed %v, %+v", l.conn.Resumed(), e)
				}
				l.exchange()
			})
		}
	}
}

// rejoinDatagram returns what a client that comes back sends.
func (l *lab) rejoinDatagram() []byte {
	l.rejoin(DialOptions{Early: []byte("once")})
	var r recorder
	l.client.Flush(l.now, &r)
	if len(r.datagrams) != 1 || len(r.datagrams[0]) != wire.MaxDatagram || r.datagrams[0][0] != byte(wire.Rejoin) {
		l.t.Fatalf("a client that comes back sends %x", r.datagrams)
	}
	return r.datagrams[0]
}

// answers gives the server a datagram from path and returns what it sends.
func (l *lab) answers(path Path, datagram []byte) [][]byte {
	l.server.Receive(l.now, path, datagram)
	var r recorder
	l.server.Flush(l.now, &r)
	return r.datagrams
}

// TestRejoinReplay: one datagram brings one client back, once: its repetition
// gets the same answer, a copy from elsewhere or after a restart a cookie.
func TestRejoinReplay(t *testing.T) {
	l := ticketed(t, nil)
	d := l.rejoinDatagram()
	elsewhere := Path{Remote: clientPath.Remote}
	elsewhere.Remote = secondPath(true).Remote
	first := l.answers(clientPath, d)
	if len(first) != 1 || first[0][0] != byte(wire.Resume) {
		t.Fatalf("answer %x", first)
	}
	l.collect()
	if l.accepted == nil || string(l.eventOf(EventConnected, l.accepted).Early) != "once" {
		t.Fatal("not back")
	}
	if again := l.answers(clientPath, d); len(again) != 1 || !bytes.Equal(again[0], first[0]) {
		t.Errorf("repetition: %x, want %x", again, first)
	}
	restarted, err := NewCore(Config{
		Game: l.server.cfg.Game, Channels: testChannels, Key: l.server.cfg.Key, MaxConns: 4, Random: seeded(5),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, core := range []*Core{l.server, restarted} {
		running := l.server
		l.server = core
		for range 3 {
			if got := l.answers(elsewhere, d); len(got) != 1 || got[0][0] != byte(wire.Retry) || len(got[0]) != 32 {
				t.Errorf("replay from elsewhere: %x", got)
			}
		}
		l.server = running
	}
	before := len(l.events)
	l.until("confirmed", func() bool { // the recorder took the client's datagram: it sends another
		return l.conn.State() == StateOpen && l.accepted.shaking == nil
	})
	if got := l.answers(clientPath, d); len(got) == 0 || got[len(got)-1][0] == byte(wire.Resume) {
		t.Errorf("replay after the end of the handshake: %x", got)
	}
	l.collect()
	for _, e := range l.events[before:] {
		if e.Kind == EventConnected && e.Conn != l.conn {
			t.Errorf("a replay connected: %+v", e)
		}
	}
	for i := range d[:300] { // damaged or forged with the name of a good ticket
		l2 := bytes.Clone(d)
		l2[i] ^= 1
		l.server.Receive(l.now, elsewhere, l2)
	}
	if n := l.server.Stats().Rejoins; n != 1 {
		t.Errorf("%d rejoins", n)
	}
}

// TestRejoinForged: with the name of a ticket, but not its key, nothing happens
// to it.
func TestRejoinForged(t *testing.T) {
	l := ticketed(t, nil)
	d := l.rejoinDatagram()
	for i := 4; i < 300; i++ {
		forged := bytes.Clone(d)
		forged[i] ^= 1
		if got := l.answers(secondPath(true), forged); len(got) > 1 || len(got) == 1 && got[0][0] == byte(wire.Resume) {
			if i < 28+2+60 { // behind it is padding
				t.Fatalf("byte %d: %x", i, got)
			}
			return
		}
	}
	if l.server.Stats().Rejoins != 0 {
		t.Error("a forgery was taken")
	}
}

// TestRejoinAmplification: no more leaves to an address than came from it, until
// a packet says that what was sent there arrived.
func TestRejoinAmplification(t *testing.T) {
	l := ticketed(t, nil)
	d := l.rejoinDatagram()
	l.server.Receive(l.now, clientPath, d)
	l.collect()
	conn := l.accepted
	in, out := len(d), 0
	sent, lost := 0, 0
	var r recorder
	for range 6000 {
		l.now = l.now.Add(time.Millisecond)
		if conn.State() == StateOpen {
			for _, size := range []int{20, 300, 1100} {
				if _, err := conn.Send(l.now, chState, make([]byte, size)); err == nil {
					sent++
				}
			}
			conn.Send(l.now, chChat, make([]byte, 500))
		}
		l.server.Flush(l.now, &r)
		if d := l.server.NextDeadline(); !d.IsZero() && !d.After(l.now) {
			t.Fatal("a deadline in the past")
		}
		for _, n, ok := 0, (Notice{}), true; ok; {
			if n, ok = conn.NextNotice(); ok && !n.Delivered {
				lost++
			}
		}
		for _, d := range r.datagrams {
			out += len(d)
		}
		r.datagrams = nil
		if out > in {
			t.Fatalf("%d bytes for %d", out, in)
		}
	}
	if out < 600 {
		t.Errorf("only %d bytes for %d", out, in)
	}
	if conn.State() != StateClosed {
		t.Error("a client that never answers keeps its place")
	}
	if lost < sent-10 {
		t.Errorf("%d messages, %d notices of loss", sent, lost)
	}
	l.collect()
	if l.eventOf(EventClosed, conn) == nil {
		t.Error("no event of its end")
	}
}

// TestRejoinStorm: it works through heavy loss as well, by ticket or without.
func TestRejoinStorm(t *testing.T) {
	resumed := 0
	for seed := range uint64(60) {
		l := ticketed(t, nil)
		s := newStorm(l, seed)
		s.loss, s.corrupted, s.dup, s.jitter = 0.3, 0.1, 0.1, 20*time.Millisecond
		ticket := l.conn.Ticket()
		l.accepted = nil
		l.dial(DialOptions{ServerKey: l.server.PublicKey(), Ticket: ticket, Hello: []byte("x")})
		for ms := 0; l.conn.State() != StateOpen || l.accepted == nil || l.accepted.shaking != nil; ms++ {
			if s.step(); ms > 10_000 {
				t.Fatalf("seed %d: not back; %v", seed, l.conn.Err())
			}
		}
		if l.conn.Resumed() {
			resumed++
		}
		l.lose, l.mangle = nil, nil
		l.run(300 * time.Millisecond)
		if l.conn.State() != StateOpen || l.accepted.State() != StateOpen {
			t.Errorf("seed %d: %v, %v", seed, l.conn.Err(), l.accepted.Err())
		}
	}
	if resumed < 45 {
		t.Errorf("%d of 60 by ticket", resumed)
	}
}

// TestRejoinMismatch: another build is told so, and a full server says so.
func TestRejoinMismatch(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(l *lab)
		want   CloseReason
	}{
		{"build", func(l *lab) { l.client.identity.Build++ }, CloseWrongVersion},
		{"full", func(l *lab) {
			l.lose = func(bool, int) bool { return true }
			l.run(15 * time.Second)
			l.lose = nil
			l.server.accepted = l.server.cfg.MaxConns
		}, CloseFull},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := ticketed(t, nil)
			test.change(l)
			l.rejoin(DialOptions{})
			l.until("close", func() bool { return l.conn.State() == StateClosed })
			if !errors.Is(l.conn.Err(), &CloseError{Reason: test.want}) {
				t.Errorf("closed with %v", l.conn.Err())
			}
			l.run(pendingTimeout)
			if l.accepted != nil || len(l.server.pending) != 0 {
				t.Error("the server kept it")
			}
		})
	}
}
