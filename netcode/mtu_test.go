package netcode

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

// narrow makes the path drop datagrams above limit.
func (l *lab) narrow(limit *int) {
	l.mangle = func(_ bool, d []byte) []byte {
		if len(d) > *limit {
			return nil
		}
		return d
	}
}

// TestMTUSearch finds what the path carries, with few probes that nobody
// takes for losses, while large messages go over it.
func TestMTUSearch(t *testing.T) {
	for _, test := range []struct{ path, want, probes int }{
		{1500, 1472, 1},
		{1472, 1472, 1},
		{1471, 1452, 3 + 1 + 1 + 1},
		{1440, 1432, 99},
		{1400, 1392, 99},
		{1380, 1372, 99},
		{1240, 1232, 99},
		{1232, 1232, 99},
		{1200, 1200, 3 + 3 + 3},
	} {
		l := connect(t, nil)
		limit := test.path
		l.narrow(&limit)
		for ms := range 15_000 {
			if ms%16 == 0 {
				l.conn.Send(l.now, chState, make([]byte, 700))
				l.conn.Send(l.now, chState, make([]byte, 700))
				l.accepted.Send(l.now, chChat, make([]byte, 3000))
			}
			l.step()
			l.drain()
		}
		for _, c := range []*Conn{l.conn, l.accepted} {
			s := c.Stats()
			if s.MTU != test.want || c.MaxDatagram() != test.want {
				t.Errorf("path of %d: datagrams have %d bytes, want %d", test.path, s.MTU, test.want)
			}
			if s.LossOut != 0 || s.PacketsLost != 0 || s.BlackHoles != 0 {
				t.Errorf("path of %d: %d packets and a share of %v count as lost, %d black holes", test.path, s.PacketsLost, s.LossOut, s.BlackHoles)
			}
			if int(s.MTUProbes) > test.probes || s.MTUProbes > 3*4 {
				t.Errorf("path of %d: %d probes", test.path, s.MTUProbes)
			}
		}
		if got := l.largest[1]; test.want > 1420 && got < test.want {
			t.Errorf("path of %d: no datagram above %d bytes", test.path, got)
		}
	}
}

func TestMTULimits(t *testing.T) {
	for _, test := range []struct{ config, want int }{{1200, 1200}, {1300, 1300}, {1232, 1232}, {1472, 1472}} {
		l := connect(t, func(s, c *Config) { c.MaxDatagram = test.config })
		l.run(5 * time.Second)
		if got := l.conn.MaxDatagram(); got != test.want {
			t.Errorf("MaxDatagram %d: %d", test.config, got)
		}
		if got := l.conn.Stats().MTUProbes; test.config == 1200 && got > 0 {
			t.Errorf("switched off: %d probes", got)
		}
	}
	six := Path{Remote: netip.MustParseAddrPort("[2001:db8::2]:5000")}
	l := connect(t, nil)
	l.accepted.path = six
	if got := l.accepted.mtuLimit(); got != limitDatagram6 {
		t.Errorf("over IPv6 the limit is %d, want %d", got, limitDatagram6)
	}
}

// TestMTUUnderLoss: losses by chance do not keep a connection small for long,
// nor are they taken for black holes.
func TestMTUUnderLoss(t *testing.T) {
	small, holes := 0, uint64(0)
	for seed := range uint64(20) {
		l := connect(t, nil)
		s := newStorm(l, seed)
		s.loss = 0.1
		for ms := range 20_000 {
			if ms%16 == 0 {
				l.conn.Send(l.now, chState, make([]byte, 700))
				l.conn.Send(l.now, chState, make([]byte, 700))
				l.accepted.Send(l.now, chState, make([]byte, 100))
			}
			s.step()
			l.drain()
		}
		if l.conn.MaxDatagram() != limitDatagram {
			small++
		}
		holes += l.conn.Stats().BlackHoles
	}
	if small > 1 || holes > 1 {
		t.Errorf("at 10 %% loss %d of 20 connections stay small, with %d black holes", small, holes)
	}
}

// TestBlackHole: the path begins to drop large datagrams. The connection goes
// back to 1,200 bytes, and later looks for what fits now.
func TestBlackHole(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(l *lab, ms int)
	}{
		{"large and small", func(l *lab, ms int) {
			if ms%16 == 0 {
				l.conn.Send(l.now, chState, make([]byte, 700))
				l.conn.Send(l.now, chState, make([]byte, 700))
			} else if ms%16 == 8 {
				l.conn.Send(l.now, chInput, binary.LittleEndian.AppendUint64(nil, uint64(ms)))
			}
		}},
		{"large only", func(l *lab, ms int) {
			if ms%16 == 0 {
				l.conn.Send(l.now, chState, make([]byte, 700))
				l.conn.Send(l.now, chState, make([]byte, 700))
			}
		}},
		{"reliable only", func(l *lab, ms int) {
			if ms%2 == 0 && l.conn.Stats().ReliableHeld < 40_000 {
				l.conn.Send(l.now, chChat, make([]byte, 1100))
				l.conn.Send(l.now, chChat, make([]byte, 320))
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := connect(t, nil)
			limit := 1500
			l.narrow(&limit)
			step := func(ms int) (got int) {
				test.send(l, ms)
				l.step()
				for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
					got++
				}
				l.drain()
				return got
			}
			for ms := range 3000 {
				step(ms)
			}
			if l.conn.MaxDatagram() != 1472 {
				t.Fatalf("datagrams have %d bytes", l.conn.MaxDatagram())
			}
			limit = 1400
			again := -1
			for ms := range 3000 {
				step(ms)
				if again < 0 && l.conn.MaxDatagram() == 1200 {
					again = ms
				}
			}
			t.Logf("back to 1,200 bytes after %d ms", again)
			if again < 0 || again > 1500 {
				t.Errorf("back to 1,200 bytes after %d ms", again)
			}
			got := 0
			for ms := range 90_000 {
				got += step(ms)
			}
			if got < 5000 || l.conn.MaxDatagram() != 1392 {
				t.Errorf("%d messages arrived later, datagrams have %d bytes", got, l.conn.MaxDatagram())
			}
		})
	}
}

// TestMTURaise: what did not fit once is asked again after ten minutes.
func TestMTURaise(t *testing.T) {
	l := connect(t, nil)
	limit := 1300
	l.narrow(&limit)
	l.pass(30 * time.Second)
	if got := l.conn.MaxDatagram(); got != 1232 {
		t.Fatalf("datagrams have %d bytes", got)
	}
	limit = 1500
	l.pass(9 * time.Minute)
	if got := l.conn.MaxDatagram(); got != 1232 {
		t.Errorf("after nine minutes datagrams have %d bytes", got)
	}
	l.pass(2 * time.Minute)
	if got := l.conn.MaxDatagram(); got != 1472 {
		t.Errorf("after eleven minutes datagrams have %d bytes", got)
	}
}

// TestMarks: what arrives marked is counted, and told the sender, however
// many of the packets that tell get lost.
func TestMarks(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	s := newStorm(l, 5)
	s.loss = 0.3
	marked, told := uint64(0), 0
	l.mark = func(toServer bool) uint8 {
		if !toServer || s.random.IntN(10) > 0 {
			return 2 // capable, and nothing happened
		}
		marked++
		return 3
	}
	tells := l.accepted.stats.PacketsOut
	for ms := range 20_000 {
		if ms%8 == 0 && ms < 15_000 {
			l.conn.Send(l.now, chState, make([]byte, 100))
			l.accepted.Send(l.now, chState, make([]byte, 100))
		}
		if ms == 15_000 {
			l.mark = nil
		}
		if l.accepted.ecn.toldAt.Equal(l.now) {
			told++
		}
		s.step()
		l.drain()
	}
	tells = l.accepted.stats.PacketsOut - tells
	t.Logf("%d marked, told in %d of %d packets", marked, told, tells)
	if in, out := l.accepted.Stats().MarkedIn, l.conn.Stats().MarkedOut; in != marked || out != marked || marked == 0 {
		t.Errorf("%d were marked, %d counted, %d told", marked, in, out)
	}
	if l.conn.Stats().MarkedIn+l.accepted.Stats().MarkedOut != 0 {
		t.Error("the other way was marked too")
	}
	// Lies: fewer than before, and more than were sent.
	for _, lie := range []uint32{0, 1, 1 << 31, 1<<32 - 1, l.conn.ecn.peer + uint32(l.conn.out.Next()) + 1} {
		l.conn.receiveMarks(lie)
	}
	if got := l.conn.Stats().MarkedOut; got != marked {
		t.Errorf("after lies %d are marked", got)
	}
}

// TestKeepaliveNAT finds, for NATs of many kinds, an interval that holds the
// mapping, and is not much shorter than it could be.
func TestKeepaliveNAT(t *testing.T) {
	for _, lifetime := range []time.Duration{20, 30, 60, 120, 180, 300, 600, 3600} {
		lifetime *= time.Second
		l := connect(t, func(s, c *Config) {
			s.Keepalive, c.Keepalive = KeepaliveNAT, KeepaliveNAT
			s.Timeout, c.Timeout = -1, -1
		})
		g := newGateway(l)
		g.lifetime = lifetime
		l.exchange()
		l.pass(2 * time.Hour)
		found, probes := l.conn.KeepaliveInterval(), g.rebinds
		before := l.sent
		l.pass(10 * time.Hour)
		up, down := l.sent[1]-before[1], l.sent[0]-before[0]
		t.Logf("%v: every %v, %d rebindings on the way; then %d and %d datagrams in ten hours", lifetime, found, probes, up, down)
		if found >= lifetime || found < min(lifetime*6/10, natMax) {
			t.Errorf("lifetime %v: interval %v", lifetime, found)
		}
		if probes > 4 || g.rebinds != probes {
			t.Errorf("lifetime %v: %d rebindings, %d later", lifetime, probes, g.rebinds-probes)
		}
		if l.conn.State() != StateOpen || l.accepted.State() != StateOpen {
			t.Fatalf("lifetime %v: %v, %v", lifetime, l.conn.Err(), l.accepted.Err())
		}
		if l.accepted.KeepaliveInterval() != 0 {
			t.Error("the server speaks too")
		}
		l.exchange()
	}
}

// TestKeepaliveNATUnderLoss: lost keepalives are repeated, and a mapping is
// lost seldom and found again.
func TestKeepaliveNATUnderLoss(t *testing.T) {
	l := connect(t, func(s, c *Config) {
		s.Keepalive, c.Keepalive = KeepaliveNAT, KeepaliveNAT
		s.Timeout, c.Timeout = 5*time.Minute, 5*time.Minute
	})
	g := newGateway(l)
	g.lifetime = time.Minute
	s := newStorm(l, 9)
	s.loss = 0.2
	l.exchangeLoosely()
	l.pass(10 * time.Hour)
	if l.conn.State() != StateOpen || l.accepted.State() != StateOpen {
		t.Fatalf("%v, %v", l.conn.Err(), l.accepted.Err())
	}
	t.Logf("every %v, %d rebindings in ten hours", l.conn.KeepaliveInterval(), g.rebinds)
	if got := l.conn.KeepaliveInterval(); got >= time.Minute || got < natMin {
		t.Errorf("interval %v", got)
	}
	s.loss = 0
	l.pass(time.Minute)
	l.exchange()
}

// exchangeLoosely sends something each way that may get lost.
func (l *lab) exchangeLoosely() {
	l.conn.Send(l.now, chState, bytes.Repeat([]byte{1}, 40))
	l.accepted.Send(l.now, chState, bytes.Repeat([]byte{2}, 40))
	l.run(time.Second)
	l.drain()
}

// marking hands datagrams over at once, all marked by a congested router.
type marking struct {
	now time.Time
	to  *Core
	at  Path
}

func (m *marking) SendDatagram(_ Path, datagram []byte) {
	m.to.ReceiveMarked(m.now, m.at, datagram, congestionExperienced)
}

// TestSignalsDoNotAllocate: counting marks, and telling of them, costs none.
func TestSignalsDoNotAllocate(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	up, down := &marking{l.now, l.server, clientPath}, &marking{l.now, l.client, serverPath}
	message := make([]byte, 100)
	tick := func() {
		l.now = l.now.Add(30 * time.Millisecond)
		up.now, down.now = l.now, l.now
		l.conn.Send(l.now, chState, message)
		l.accepted.Send(l.now, chState, message)
		l.client.Flush(l.now, up)
		l.server.Flush(l.now, down)
		l.drain()
	}
	for range 300 {
		tick()
	}
	told := l.conn.Stats().MarkedOut
	if n := testing.AllocsPerRun(500, tick); n != 0 {
		t.Errorf("%v allocations for two packets", n)
	}
	if got := l.conn.Stats().MarkedOut - told; got < 450 {
		t.Errorf("%d marks were told of 500", got)
	}
}
