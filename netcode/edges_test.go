package netcode

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestKeyLimit: keys that have sealed what they may close the connection, and
// the peer learns why within them.
func TestKeyLimit(t *testing.T) {
	l := connect(t, nil)
	l.conn.sealLimit = 50
	for range 100 {
		l.conn.Send(l.now, chState, []byte("on and on"))
		l.step()
	}
	l.until("close", func() bool { return l.accepted.State() == StateClosed })
	if err := l.accepted.Err(); !errors.Is(err, &CloseError{Reason: CloseKeyLimit}) {
		t.Errorf("the peer's Err() = %v, want %v", err, CloseKeyLimit)
	}
	l.run(time.Second)
	if next := l.conn.out.Next(); next > 50+closeRepeats {
		t.Errorf("%d packets were sealed, want at most %d", next, 50+closeRepeats)
	}
	l.empty()
}

// TestEmptyMessages: messages without data are bounded like others.
func TestEmptyMessages(t *testing.T) {
	const limit = 64 << 10
	l := connect(t, func(s, c *Config) {
		s.Channels = []Channel{{Mode: Unreliable, MaxMessage: 1000}, {Mode: ReliableOrdered, MaxMessage: 1000}}
		c.Channels = s.Channels
		s.MaxQueued = limit
	})
	for range 200 {
		for range 100 {
			l.conn.Send(l.now, 0, nil)
			l.conn.Send(l.now, 1, nil)
		}
		l.step()
	}
	st := l.accepted.Stats()
	if st.QueuedBytes > limit+wire.MaxDatagram*32 || st.QueueFull == 0 {
		t.Errorf("%d bytes queued, %d packets refused", st.QueuedBytes, st.QueueFull)
	}
	// It goes on when the application reads.
	got := 0
	l.until("go on", func() bool {
		for ch, _, ok := l.accepted.Receive(); ok; ch, _, ok = l.accepted.Receive() {
			got += ch
		}
		return l.conn.Stats().ReliableHeld == 0 && l.conn.channels[1].outgoing.Idle()
	})
}

// TestSmallQueue: an empty queue takes a packet that is larger than MaxQueued.
func TestSmallQueue(t *testing.T) {
	l := connect(t, func(s, c *Config) {
		s.Channels = []Channel{{Mode: ReliableOrdered, MaxMessage: 100}}
		c.Channels = s.Channels
		s.MaxQueued = 100
	})
	for range 20 {
		if _, err := l.conn.Send(l.now, 0, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
	}
	got := 0
	l.until("arrive", func() bool {
		for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
			got++
		}
		return got == 20
	})
}

// TestHandshakeTwice: every handshake datagram comes three times, and once
// more long after. There is one connection, announced once.
func TestHandshakeTwice(t *testing.T) {
	for _, mode := range []string{"IK", "XX", "plaintext"} {
		t.Run(mode, func(t *testing.T) {
			l := newLab(t, func(s, c *Config) {
				s.MaxConns = 1
				s.Plaintext = mode == "plaintext"
				c.Plaintext = s.Plaintext
			})
			var seen [][]byte
			l.mangle = func(toServer bool, d []byte) []byte {
				if wire.Classify(d) == wire.KindHandshake {
					for range 2 {
						l.flying = append(l.flying, flight{l.now.Add(15 * time.Millisecond), toServer, 0, bytes.Clone(d), Path{}})
					}
					if toServer {
						seen = append(seen, bytes.Clone(d))
					}
				}
				return d
			}
			opt := DialOptions{}
			if mode == "IK" {
				opt.ServerKey = l.server.PublicKey()
			}
			l.dial(opt)
			l.until("connect", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
			l.run(time.Second)
			l.mangle = nil
			for _, d := range seen {
				l.server.Receive(l.now, clientPath, d)
				l.step()
			}
			l.exchange()
			l.run(pendingTimeout)
			if n := len(l.server.pending); n != 0 {
				t.Errorf("%d handshakes stay", n)
			}
			if len(l.events) != 2 || l.server.Stats().Conns != 1 || l.conn.State() != StateOpen {
				t.Errorf("events %v, %d connections", l.events, l.server.Stats().Conns)
			}
		})
	}
}

// TestSameAddressAgain: a client that died without a word comes back from the
// same port while the server still holds its old connection.
func TestSameAddressAgain(t *testing.T) {
	l := connect(t, nil)
	old := l.accepted
	again := testConfig(3)
	var err error
	if l.client, err = NewCore(again); err != nil {
		t.Fatal(err)
	}
	l.accepted = nil
	l.dial(DialOptions{ServerKey: l.server.PublicKey()})
	l.until("connect again", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
	if l.accepted == old || old.State() != StateOpen {
		t.Error("the new connection took the place of the old one")
	}
	l.exchange()
	l.until("the old one times out", func() bool { return old.State() == StateClosed })
	if err := old.Err(); !errors.Is(err, &CloseError{Reason: CloseTimeout}) {
		t.Errorf("the old one's Err() = %v", err)
	}
	l.exchange()
}

// TestPacketsWhileClosing: what comes after Close is ignored, the note leaves
// three times, and then nothing is left.
func TestPacketsWhileClosing(t *testing.T) {
	l := connect(t, nil)
	lost := 0
	l.lose = func(toServer bool, _ int) bool { // the first two notes
		if toServer && l.conn.State() == StateClosed {
			lost++
			return lost <= 2
		}
		return false
	}
	l.conn.Close(l.now, CloseNormal, "bye")
	l.conn.Close(l.now, CloseBanned, "twice")
	if _, err := l.conn.Send(l.now, chChat, []byte("x")); err != ErrClosed {
		t.Errorf("Send after Close = %v", err)
	}
	for range 400 {
		l.accepted.Send(l.now, chChat, []byte("are you there"))
		l.step()
	}
	if _, _, ok := l.conn.Receive(); ok {
		t.Error("a closed connection receives")
	}
	var ce *CloseError
	if !errors.As(l.accepted.Err(), &ce) || *ce != (CloseError{CloseNormal, "bye", true}) {
		t.Errorf("the peer's Err() = %v", l.accepted.Err())
	}
	if lost != closeRepeats {
		t.Errorf("%d notes, want %d", lost, closeRepeats)
	}
	l.empty()
}

func TestBothClose(t *testing.T) {
	l := connect(t, nil)
	l.conn.Close(l.now, CloseNormal, "")
	l.accepted.Close(l.now, CloseKicked, "")
	l.run(time.Second)
	if !errors.Is(l.conn.Err(), &CloseError{Reason: CloseNormal}) || !errors.Is(l.accepted.Err(), &CloseError{Reason: CloseKicked}) {
		t.Errorf("%v and %v", l.conn.Err(), l.accepted.Err())
	}
	l.empty()
}

// TestCloseText: a long text is cut between letters.
func TestCloseText(t *testing.T) {
	l := connect(t, nil)
	l.accepted.Close(l.now, CloseKicked, "x"+strings.Repeat("é", maxCloseText))
	l.until("close", func() bool { return l.conn.State() == StateClosed })
	var ce *CloseError
	if want := "x" + strings.Repeat("é", (maxCloseText-1)/2); !errors.As(l.conn.Err(), &ce) || ce.Text != want {
		t.Errorf("Text = %q, want %q", ce.Text, want)
	}
}

// TestCloseEarly closes at every millisecond of the handshake, on either side.
func TestCloseEarly(t *testing.T) {
	for _, pinned := range []bool{true, false} {
		for ms := range 120 {
			for _, side := range []string{"client", "server"} {
				l := newLab(t, nil)
				opt := DialOptions{}
				if pinned {
					opt.ServerKey = l.server.PublicKey()
				}
				l.dial(opt)
				l.run(time.Duration(ms) * time.Millisecond)
				if side == "client" {
					l.conn.Close(l.now, CloseNormal, "changed my mind")
				} else {
					l.server.Shutdown(l.now, CloseShuttingDown, "")
				}
				l.pass(200 * time.Millisecond)
				if side == "client" && l.conn.State() != StateClosed {
					t.Fatalf("closed by the client after %d ms: %v", ms, l.conn.State())
				}
				l.pass(11 * time.Second)
				if l.conn.State() != StateClosed {
					t.Fatalf("closed by the %s after %d ms: the client is still there", side, ms)
				}
				l.empty()
			}
		}
	}
}

// TestRetryStorm: a server that takes none of its own cookies, such as two
// behind one address, does not make a client send in a loop.
func TestRetryStorm(t *testing.T) {
	l := newLab(t, nil)
	l.delay = 0
	l.mangle = func(toServer bool, d []byte) []byte {
		if toServer && d[0] == byte(wire.Initiate) {
			d[wire.HandshakeHeaderLen] ^= 0xff
		}
		return d
	}
	l.dial(DialOptions{})
	l.run(2 * time.Second)
	if l.sent[1] > 2*5+2 {
		t.Errorf("%d datagrams in two seconds, want five a second", l.sent[1])
	}
}

// TestUnacknowledged: a peer that receives and never acknowledges makes us
// hold what Config says, and every unreliable message gets its notice.
func TestUnacknowledged(t *testing.T) {
	l := connect(t, func(s, c *Config) { c.Timeout = -1 })
	l.run(time.Second)
	deaf := true
	l.lose = func(toServer bool, _ int) bool { return deaf && !toServer }
	sent, noticed := 0, 0
	for range 3 * 4096 {
		if _, err := l.conn.Send(l.now, chState, make([]byte, 40)); err == nil {
			sent++
		}
		l.conn.Send(l.now, chBulk, make([]byte, 1000))
		l.step()
		for _, ok := l.conn.NextNotice(); ok; _, ok = l.conn.NextNotice() {
			noticed++
		}
	}
	st := l.conn.Stats()
	if bulk := l.conn.out.InFlightBytes; st.ReliableHeld > 2<<20 || bulk > st.SendWindow+wire.MaxDatagram {
		t.Errorf("%d bytes held, %d of them in flight of %d", st.ReliableHeld, bulk, st.SendWindow)
	}
	if sent-noticed > 4096 {
		t.Errorf("%d of %d messages wait for their notice", sent-noticed, sent)
	}
	deaf = false
	l.conn.core.cfg.Timeout = 0
}

// TestFlushOnlyWhenDue: NextDeadline is never late and a Flush before it does
// nothing. A run that flushes every millisecond and one that flushes only
// when the deadline says so send the same bytes at the same times.
func TestFlushOnlyWhenDue(t *testing.T) {
	for _, pinned := range []bool{true, false} {
		var traces [2]bytes.Buffer
		var flushes [2]int
		for run := range traces {
			l := newLab(t, func(s, c *Config) { s.Timeout, c.Timeout = 4*time.Second, 4*time.Second })
			start := l.now
			log := func(toServer bool, d []byte) {
				fmt.Fprintf(&traces[run], "%v %v %x\n", l.now.Sub(start), toServer, d)
			}
			l.lose = func(toServer bool, n int) bool { return n%7 == 3 }
			l.mangle = func(toServer bool, d []byte) []byte { log(toServer, d); return d }
			opt := DialOptions{}
			if pinned {
				opt.ServerKey = l.server.PublicKey()
			}
			l.dial(opt)
			for ms := range 20_000 {
				l.now = l.now.Add(time.Millisecond)
				l.deliverDue()
				l.collect()
				if ms == 13_000 {
					l.lose = func(bool, int) bool { return true } // until both time out
				}
				if l.accepted != nil && ms < 10_000 && ms%50 == 0 {
					l.conn.Send(l.now, chState, make([]byte, 20))
					l.accepted.Send(l.now, chBulk, make([]byte, 3000*(ms/1000%2)))
				}
				for _, c := range []*Core{l.client, l.server} {
					if d := c.NextDeadline(); run == 0 || !d.IsZero() && !l.now.Before(d) {
						flushes[run]++
						c.Flush(l.now, labSender{l, c == l.client})
					}
				}
				l.collect()
			}
			if l.conn.State() != StateClosed || l.accepted.State() != StateClosed {
				t.Errorf("run %d did not time out", run)
			}
		}
		if a, b := traces[0].String(), traces[1].String(); a != b {
			as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
			for i := range min(len(as), len(bs)) {
				if as[i] != bs[i] {
					t.Fatalf("pinned %v: datagram %d: %.60s always flushed, %.60s when due", pinned, i, as[i], bs[i])
				}
			}
			t.Fatalf("%d datagrams always flushed, %d when due", len(as), len(bs))
		}
		if flushes[1] > flushes[0]/4 {
			t.Errorf("%d flushes when due, %d always: the deadline is too early too often", flushes[1], flushes[0])
		}
	}
}

// TestPendingFlood: a host with a proven address that begins handshakes and
// finishes none does not keep others out, and costs bounded memory.
func TestPendingFlood(t *testing.T) {
	for _, prefix := range []string{"10.9.9.9", "2001:db8::"} {
		l := newLab(t, func(server, _ *Config) { server.HandshakeRate = -1 })
		flood, err := NewCore(testConfig(7))
		if err != nil {
			t.Fatal(err)
		}
		host := netip.MustParseAddr(prefix)
		for i := range maxPending/2 + 50 {
			if host.Is6() {
				host = host.Next()
			}
			l.now = l.now.Add(2 * time.Millisecond) // slower than what needs repetition
			from := Path{Remote: netip.AddrPortFrom(host, uint16(1024+i))}
			if _, err := flood.Dial(l.now, Path{Remote: serverPath.Remote, Carrier: uint16(i)}, DialOptions{}); err != nil {
				t.Fatal(err)
			}
			for range 2 { // Hello, Initiate; nobody hears Respond
				var up, down recorder
				flood.Flush(l.now, &up)
				l.server.Receive(l.now, from, up.datagrams[len(up.datagrams)-1])
				l.server.Flush(l.now, &down)
				for _, d := range down.datagrams {
					if d[0] == byte(wire.Retry) {
						flood.Receive(l.now, Path{Remote: serverPath.Remote, Carrier: uint16(i)}, d)
					}
				}
			}
		}
		if n := len(l.server.pending); n != maxPending/2 {
			t.Errorf("%s: %d handshakes under way, want half of %d", prefix, n, maxPending)
		}
		l.dial(DialOptions{})
		l.until("connect", func() bool { return l.accepted != nil && l.conn.State() == StateOpen })
	}
}
