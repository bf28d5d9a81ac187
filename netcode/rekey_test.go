package netcode

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/netcode/internal/handshake"
)

// TestRekey: both directions change keys, whoever asks; numbers go on.
func TestRekey(t *testing.T) {
	for _, side := range []string{"client", "server", "both"} {
		t.Run(side, func(t *testing.T) {
			nonces := newLedger(t)
			l := connect(t, nonces.watch)
			l.run(200 * time.Millisecond)
			before := l.conn.out.Next()
			if side != "server" {
				l.conn.Rekey(l.now)
			}
			if side != "client" {
				l.accepted.Rekey(l.now)
			}
			l.exchange()
			for _, c := range []*Conn{l.conn, l.accepted} {
				if got := c.Stats().KeyPhase; got != 1 {
					t.Errorf("key phase %d after one change", got)
				}
				if c.Stats().BadTags != 0 {
					t.Errorf("%d packets did not open", c.Stats().BadTags)
				}
			}
			if l.conn.out.Next() <= before {
				t.Error("packet numbers began anew")
			}
			l.run(3 * time.Second)
			for _, c := range []*Conn{l.conn, l.accepted} {
				if c.phases.previous != nil || c.phases.next != nil {
					t.Error("a settled connection keeps more than two keys")
				}
			}
		})
	}
}

// TestRekeyByItself: after as many packets, and after as much time.
func TestRekeyByItself(t *testing.T) {
	l := connect(t, nil)
	l.pass(rekeyInterval + 5*time.Second)
	if got := l.conn.Stats().KeyPhase; got != 1 {
		t.Errorf("key phase %d after %v", got, rekeyInterval)
	}
	l.conn.phases.firstSent -= min(l.conn.phases.firstSent, rekeyPackets) // as if it had sent more
	p := &wirePair{now: l.now, cores: [2]*Core{l.server, l.client}, conns: [2]*Conn{l.accepted, l.conn}}
	if race.Enabled {
		return
	}
	for range rekeyPackets + 100 {
		p.exchange(chState, []byte("x"))
		p.now = p.now.Add(time.Millisecond - time.Second/60) // 100 s in all
	}
	if got := l.conn.Stats().KeyPhase; got != 2 {
		t.Errorf("key phase %d after %d packets more", got, rekeyPackets)
	}
}

// TestRekeyPlaintext: there are no keys to change.
func TestRekeyPlaintext(t *testing.T) {
	l := connect(t, func(s, c *Config) { s.Plaintext, c.Plaintext = true, true })
	l.conn.Rekey(l.now)
	l.exchange()
	var sent []byte
	l.mangle = func(toServer bool, d []byte) []byte { sent = bytes.Clone(d); return d }
	l.conn.Send(l.now, chState, []byte("x"))
	l.step()
	before := l.server.Stats().Dropped[DropMalformed]
	sent[0] |= 1 << 4
	sent[4]++ // not a number that was seen
	l.server.Receive(l.now, clientPath, sent)
	if got := l.server.Stats().Dropped[DropMalformed] - before; got != 1 || l.conn.Stats().KeyPhase != 0 {
		t.Errorf("%d packets with K dropped, phase %d", got, l.conn.Stats().KeyPhase)
	}
}

// TestRekeyStorm: as many changes as the rules allow, from both ends, through
// loss, reordering, repetition and damage: nothing is lost, nothing closes, and
// no nonce is used twice.
func TestRekeyStorm(t *testing.T) { rekeyStorm(t, 300) }

// TestSoakRekey is TestRekeyStorm until the keys have changed 10,000 times.
func TestSoakRekey(t *testing.T) {
	if race.Enabled {
		t.Skip("long and single-threaded: runs without -race")
	}
	rekeyStorm(t, 10_000)
}

func rekeyStorm(t *testing.T, changes uint64) {
	nonces := newLedger(t)
	l := connect(t, nonces.watch)
	s := newStorm(l, 7)
	s.loss, s.dup, s.corrupted = 0.1, 0.1, 0.01
	l.delay, s.jitter = time.Millisecond, 8*time.Millisecond
	conns := []*Conn{l.conn, l.accepted}
	var sent, got [2]uint64
	most := 0
	for ms := 0; l.conn.Stats().KeyPhase < changes; ms++ {
		if ms > 400*int(changes) {
			t.Fatalf("%d changes of keys in %d s", l.conn.Stats().KeyPhase, ms/1000)
		}
		for i, c := range conns {
			if ms%10 == 0 {
				if _, err := c.Send(l.now, chChat, binary.LittleEndian.AppendUint64(nil, sent[i])); err == nil {
					sent[i]++
				}
			}
			if s.random.IntN(3) == 0 {
				c.Rekey(l.now)
			}
			for _, m, ok := c.Receive(); ok; _, m, ok = c.Receive() {
				if n := binary.LittleEndian.Uint64(m); n != got[i] {
					t.Fatalf("message %d, want %d", n, got[i])
				}
				got[i]++
			}
			held := 2
			for _, p := range []handshake.Protector{c.phases.previous, c.phases.next} {
				if p != nil {
					held++
				}
			}
			most = max(most, held)
		}
		s.step()
		for _, c := range conns {
			if c.State() != StateOpen {
				t.Fatalf("%d ms: %v", ms, c.Err())
			}
		}
		if a, b := l.conn.phases.number, l.accepted.phases.number; a > b+1 || b > a+1 {
			t.Fatalf("phases %d and %d", a, b)
		}
		nonces.forget(conns, 4)
	}
	t.Logf("%d changes, %d packets, %v messages; dropped by the server %v", changes, nonces.total, got, l.server.Stats().Dropped)
	if most > 4 {
		t.Errorf("%d keys at once", most)
	}
	if got[0]+uint64(200) < sent[1] || got[1]+200 < sent[0] {
		t.Errorf("%v of %v messages arrived", got, sent)
	}
}

// forget drops what was sealed in phases that nobody is in any more, so that
// a long run does not fill the memory: no packet may be sealed in them.
func (l *ledger) forget(conns []*Conn, keep uint64) {
	for _, c := range conns {
		if n := c.phases.number; n >= keep {
			k := ledgerKey{c, n - keep}
			delete(l.sealed, l.keys[k])
			delete(l.keys, k)
		}
	}
}

// A hold keeps back what one end sends, to be delivered later.
type hold struct {
	l        *lab
	toServer bool
	held     [][]byte
}

func (l *lab) holdNext(toServer bool) *hold {
	h := &hold{l: l, toServer: toServer}
	l.mangle = func(to bool, d []byte) []byte {
		if to == toServer && d[0]&0xe0 == 0xc0 {
			h.held = append(h.held, bytes.Clone(d))
			return []byte{0}
		}
		return d
	}
	return h
}

func (h *hold) deliver() {
	h.l.mangle = nil
	for _, d := range h.held {
		h.l.server.Receive(h.l.now, clientPath, d)
	}
}

// TestLatePackets: a packet of the phase before opens for a while; later, or
// two phases late, it is refused.
func TestLatePackets(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes int
		wait    time.Duration
		opens   bool
	}{
		{"one phase late", 1, 30 * time.Millisecond, true},
		{"one phase and long", 1, 3 * time.Second, false},
		{"two phases late", 2, 30 * time.Millisecond, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := connect(t, nil)
			l.run(300 * time.Millisecond)
			h := l.holdNext(true)
			if _, err := l.conn.Send(l.now, chState, []byte("late")); err != nil {
				t.Fatal(err)
			}
			l.step()
			l.mangle = nil
			for range test.changes {
				want := l.accepted.phases.number + 1
				l.conn.Rekey(l.now)
				l.until("rekey", func() bool { return l.accepted.phases.number == want })
			}
			l.run(test.wait)
			for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
			}
			before := l.server.Stats().Dropped
			h.deliver()
			_, m, ok := l.accepted.Receive()
			after := l.server.Stats().Dropped
			if ok != test.opens || ok && string(m) != "late" {
				t.Errorf("received %q, %v; dropped %v, then %v", m, ok, before, after)
			}
			refused := after[DropOldKeys] + after[DropBadTag] - before[DropOldKeys] - before[DropBadTag]
			if want := map[bool]uint64{true: 0, false: 1}[test.opens]; refused != want {
				t.Errorf("%d packets refused for their keys, want %d", refused, want)
			}
			l.exchange()
		})
	}
}

// TestForgedPhase: packets with the other bit and rubbish behind it make one
// key, once, and are counted; the connection goes on, and so does rekeying.
func TestForgedPhase(t *testing.T) {
	l := connect(t, nil)
	l.run(300 * time.Millisecond)
	l.conn.Rekey(l.now)
	l.run(time.Second)
	var made handshake.Protector
	for i := range 1000 {
		number := uint64(l.conn.out.Next()) + uint64(i)
		forged := []byte{0xc9 | byte(^l.accepted.phases.number&1)<<4, 0, 0, 0, byte(number), byte(number >> 8), 0, 1, 2, 3}
		id := l.accepted.localID
		forged[1], forged[2], forged[3] = byte(id), byte(id>>8), byte(id>>16)
		forged = append(forged, make([]byte, 40)...)
		l.server.Receive(l.now, clientPath, forged)
		if made == nil {
			made = l.accepted.phases.next
		}
		if l.accepted.phases.next == nil || l.accepted.phases.next != made {
			t.Fatalf("forgery %d: another key was made", i)
		}
	}
	if got := l.accepted.Stats().BadTags; got != 1000 {
		t.Errorf("%d forgeries counted", got)
	}
	l.conn.Rekey(l.now)
	l.exchange()
	if got := l.accepted.Stats().KeyPhase; got != 2 {
		t.Errorf("key phase %d, want 2", got)
	}
}

// TestRekeyTooSoon: a peer that changes keys before it can know that we have
// the ones of now breaks the protocol.
func TestRekeyTooSoon(t *testing.T) {
	l := connect(t, nil)
	l.run(300 * time.Millisecond)
	l.lose = func(toServer bool, _ int) bool { return !toServer }
	l.server.cfg.MaxAckDelay = 60 * time.Millisecond
	for range 2 { // a client that does not wait
		l.accepted.in.Sent() // owes no ack
		if err := l.conn.nextPhase(l.now); err != nil {
			t.Fatal(err)
		}
		l.conn.Send(l.now, chState, []byte("x"))
		var r recorder
		l.client.Flush(l.now, &r)
		for _, d := range r.datagrams {
			l.server.Receive(l.now, clientPath, d)
		}
	}
	if l.accepted.State() != StateClosed || l.accepted.err.Reason != CloseProtocol {
		t.Errorf("state %d, %v", l.accepted.State(), l.accepted.Err())
	}
}

// TestNonces: no key meets a packet number twice, whatever happens to the
// connections: so many packets that the numbers that travel go round; a client that comes back from another address, and with the same
// random source; a server that starts again with the same keys.
func TestNonces(t *testing.T) {
	nonces := newLedger(t)
	p := newWirePair(t, nonces.watch)
	n := 70_000
	if race.Enabled {
		n = 1000
	}
	for i := range n { // wrap
		if p.exchange(chState, []byte("x")); i%10_000 == 5000 {
			p.conns[i/10_000%2].Rekey(p.now)
		}
	}
	if phase := p.conns[0].Stats().KeyPhase; !race.Enabled && phase < 5 {
		t.Errorf("key phase %d", phase)
	}
	for range 3 { // restart: everything as before but the randomness of one side
		for _, seeds := range [][2]uint64{{1, 20}, {30, 2}} {
			l := connect(t, func(s, c *Config) {
				nonces.watch(s, c)
				s.Random, c.Random = seeded(seeds[0]+uint64(nonces.total)), seeded(seeds[1])
				if seeds[0] == 1 {
					s.Random, c.Random = seeded(1), seeded(seeds[1]+uint64(nonces.total))
				}
			})
			l.conn.Rekey(l.now)
			l.exchange()
		}
	}
	t.Logf("%d packets under %d keys", nonces.total, len(nonces.sealed))
}
