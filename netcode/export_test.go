package netcode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// move exports one end of the lab's connection and imports it into a new Core
// in place of the old, which goes on living and must stay silent.
func (l *lab) move(server bool) bool {
	l.t.Helper()
	core, conn := &l.client, &l.conn
	if server {
		core, conn = &l.server, &l.accepted
	}
	data, err := (*conn).Export(l.now)
	if errors.Is(err, ErrNotYet) {
		return false
	}
	if err != nil {
		l.t.Fatal(err)
	}
	old, was := *core, *conn
	var r recorder
	old.Flush(l.now, &r)
	was.Rekey(l.now)
	was.Close(l.now, CloseNormal, "")
	if _, err := was.Send(l.now, 0, []byte("x")); err == nil {
		l.t.Error("an exported connection takes a message")
	}
	old.Flush(l.now.Add(time.Hour), &r)
	if len(r.datagrams) > 0 || was.State() != StateClosed || !errors.Is(was.Err(), &CloseError{Reason: CloseMoved}) || was.send != nil {
		l.t.Fatalf("the exporter sends %x; state %d, %v", r.datagrams, was.State(), was.Err())
	}
	cfg := old.cfg
	cfg.Random = seeded(uint64(l.now.UnixNano()))
	if *core, err = NewCore(cfg); err != nil {
		l.t.Fatal(err)
	}
	if *conn, err = (*core).Import(l.now, data); err != nil {
		l.t.Fatal(err)
	}
	if again, err := (*core).Import(l.now, data); again != nil || !errors.Is(err, ErrIDInUse) && !errors.Is(err, ErrPathInUse) {
		l.t.Fatalf("imported twice: %v", err)
	}
	return true
}

// TestExport: each end moves, and the other notices nothing.
func TestExport(t *testing.T) {
	for _, suite := range []Suite{SuiteChaCha20Poly1305, SuiteAES256GCM} {
		nonces := newLedger(t)
		l := ticketed(t, func(s, c *Config) { nonces.watch(s, c); s.Suite, c.Suite = suite, suite })
		ticket := *l.conn.Ticket()
		events := len(l.events)
		for i := range 10 {
			l.until("move", func() bool { l.step(); return l.move(i%2 == 0) })
			l.exchange()
			if l.conn.PeerKey() != l.server.PublicKey() || l.accepted.PeerKey() != l.client.PublicKey() {
				t.Error("peer keys are lost")
			}
		}
		if len(l.events) != events || l.conn.Stats().KeyPhase != 10 {
			t.Errorf("events %v, phase %d", l.events[events:], l.conn.Stats().KeyPhase)
		}
		l.conn.Rekey(l.now)
		l.exchange()
		if *l.conn.Ticket() != ticket {
			t.Error("the ticket is another")
		}
		l.rejoin(DialOptions{}) // with a ticket that was given three processes ago
		l.until("rejoin", func() bool { return l.accepted != nil })
		if !l.accepted.Resumed() {
			t.Error("the ticket did not move")
		}
	}
}

// TestExportStorm: both ends move again and again, in the middle of everything
// that five modes do through a storm: no reliable message is lost or doubled.
func TestExportStorm(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			nonces := newLedger(t)
			l := connect(t, func(s, c *Config) {
				s.Channels, c.Channels = fiveModes, fiveModes
				nonces.watch(s, c)
			})
			s := newStorm(l, 500+seed)
			s.loss, s.dup, s.corrupted, s.jitter, l.delay = 0.15, 0.1, 0.02, 30*time.Millisecond, 40*time.Millisecond
			var ways [2]soaked
			for i := range ways {
				ways[i].eventsGot = map[uint64]bool{}
			}
			conns := func() []*Conn { return []*Conn{l.conn, l.accepted} }
			idle := func() bool {
				for _, c := range conns() {
					for i := 2; i < 5; i++ {
						if !c.channels[i].reliable.Idle() {
							return false
						}
					}
				}
				return true
			}
			moves := 0
			for ms := 0; ms < 8000 || !idle(); ms++ {
				if ms > 60_000 {
					t.Fatal("content is left after a minute")
				}
				if ms < 8000 && s.random.IntN(200) == 0 && l.move(s.random.IntN(2) == 0) {
					moves++
				}
				for i, c := range conns() {
					if ms < 8000 {
						ways[i].send(s, c, ms, 1)
					}
					if s.random.IntN(30) == 0 { // so that queues move too
						ways[1-i].take(t, c)
					}
					for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
					}
				}
				s.step()
				l.sane()
				for _, c := range conns() {
					if c.State() != StateOpen {
						t.Fatalf("%d ms: %v", ms, c.Err())
					}
				}
			}
			for i, c := range conns() {
				ways[1-i].take(t, c)
			}
			for i := range ways {
				w := &ways[i]
				if w.ordered != w.orderedGot || w.values != w.valuesGot {
					t.Errorf("%d of %d ordered messages, values alike: %v", w.orderedGot, w.ordered, w.values == w.valuesGot)
				}
				for _, n := range w.lasting {
					if !w.eventsGot[n] {
						t.Fatalf("event %d did not arrive", n)
					}
				}
			}
			t.Logf("%d moves, %d ordered and %d packets; phase %d", moves, ways[0].ordered, nonces.total, l.conn.Stats().KeyPhase)
		})
	}
}

// TestExportErrors: what cannot move says so and goes on.
func TestExportErrors(t *testing.T) {
	l := newLab(t, nil)
	l.dial(DialOptions{ServerKey: l.server.PublicKey()})
	if _, err := l.conn.Export(l.now); err != ErrNotYet {
		t.Errorf("shaking hands: %v", err)
	}
	l.until("connect", func() bool { return l.accepted != nil })
	l.run(200 * time.Millisecond)
	l.conn.Rekey(l.now)
	l.client.Flush(l.now, &recorder{})
	if _, err := l.conn.Export(l.now); err != ErrNotYet {
		t.Errorf("changing keys: %v", err)
	}
	l.run(3 * time.Second)
	data, err := l.accepted.Export(l.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.accepted.Export(l.now); err != ErrClosed {
		t.Errorf("exported: %v", err)
	}
	fresh := func(change func(*Config)) *Core {
		cfg := testConfig(9)
		cfg.Key, cfg.MaxConns = l.server.cfg.Key, 1
		change(&cfg)
		core, err := NewCore(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return core
	}
	for name, test := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"other game":     {func(c *Config) { c.Game.Build++ }, ErrExport},
		"other channels": {func(c *Config) { c.Channels = fiveModes }, ErrExport},
		"plaintext":      {func(c *Config) { c.Plaintext = true }, ErrExport},
		"full":           {func(c *Config) { c.MaxConns = 0 }, ErrFull},
		"shard":          {func(c *Config) { c.Shards, c.Shard = 64, int(byte(l.accepted.localID)+1)%64 }, ErrIDInUse},
	} {
		core := fresh(test.change)
		if conn, err := core.Import(l.now, data); conn != nil || !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v, want %v", name, conn, err, test.want)
		}
		if n := len(core.conns) + core.byID.len() + len(core.tickets.byID) + core.accepted; n != 0 {
			t.Errorf("%s: %d things stay", name, n)
		}
	}
	for n := range data {
		if conn, err := fresh(func(*Config) {}).Import(l.now, data[:n]); conn != nil || !errors.Is(err, ErrExport) {
			t.Fatalf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	if _, err := fresh(func(*Config) {}).Import(l.now, append(bytes.Clone(data), 0)); !errors.Is(err, ErrExport) {
		t.Errorf("a byte more: %v", err)
	}
	plain := connect(t, func(s, c *Config) { s.Plaintext, c.Plaintext = true, true })
	if _, err := plain.conn.Export(plain.now); err != ErrPlaintext {
		t.Errorf("plaintext: %v", err)
	}
}

// FuzzImport: whatever is imported, nothing panics, then or later.
func FuzzImport(f *testing.F) {
	l := connectFive(f)
	s := newStorm(l, 1)
	s.loss, s.jitter = 0.3, 30*time.Millisecond
	way := soaked{eventsGot: map[uint64]bool{}}
	for ms := range 500 {
		way.send(s, l.conn, ms, 1)
		way.send(s, l.accepted, ms, 1)
		s.step()
	}
	seeds := 0
	for _, c := range []*Conn{l.accepted, l.conn} {
		if data, err := c.Export(l.now); err == nil {
			f.Add(data)
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		cfg := testConfig(3)
		cfg.Channels, cfg.MaxConns = fiveModes, 4
		core, err := NewCore(cfg)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(100, 0)
		conn, err := core.Import(now, in)
		if err != nil {
			return
		}
		for i := range fiveModes {
			conn.Send(now, i, binary.LittleEndian.AppendUint64(nil, 7))
		}
		var r recorder
		for range 5 {
			core.Flush(now, &r)
			now = now.Add(300 * time.Millisecond)
			for n := conn.out.Next(); n > 0 && n+20 > conn.out.Next(); n-- { // all is acknowledged
				if p := conn.out.At(n - 1); p != nil {
					for i := range p.Items() {
						if item := p.Item(i); item.Reliable {
							conn.channels[item.Channel].reliable.Acked(item.Number)
						}
					}
				}
			}
			plain := []byte{0, 0x62, 1, 0, 'h', 'i'}
			f := wire.Frame{}
			if _, err := wire.ConsumeFrame(plain[1:], &f); err == nil && conn.channels[2].check(1<<40, &f) == nil {
				conn.channels[2].add(1<<40, &f, &conn.queue)
			}
		}
		for _, ok := conn.NextMessage(); ok; _, ok = conn.NextMessage() {
		}
		conn.Export(now)
	})
}
