package netcode

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// TestSoakRebind: ten minutes with a new port every 5 seconds and a blackhole
// of 2 seconds every 20, both ways of the path losing a little besides. Nobody
// is disconnected, and no reliable message is lost or comes twice.
func TestSoakRebind(t *testing.T) {
	if race.Enabled {
		t.Skip("long and single-threaded: runs without -race")
	}
	const minutes = 10
	for seed := range uint64(2) {
		l := connect(t, nil)
		l.run(time.Second)
		g := newGateway(l)
		random := rand.New(rand.NewPCG(seed, 7))
		hole := false
		l.lose = func(bool, int) bool { return hole || random.IntN(100) == 0 }
		l.delay = 25 * time.Millisecond
		conns := []*Conn{l.conn, l.accepted}
		var sent, got [2]uint64
		var silence, longest time.Duration // of state, outside of holes, at the client
		end := minutes * 60 * 1000
		for ms := range end + 10_000 {
			hole = ms < end && ms%20_000 >= 18_000
			if ms < end && ms%5000 == 4999 {
				g.rebind()
			}
			for i, c := range conns {
				if ms < end && ms%50 == 0 {
					if _, err := c.Send(l.now, chChat, binary.LittleEndian.AppendUint64(make([]byte, 0, 100), sent[i])); err != nil {
						t.Fatalf("seed %d, %d ms: %v", seed, ms, err)
					}
					sent[i]++
				}
				if ms%16 == 0 {
					c.Send(l.now, chState, make([]byte, 64+192*i))
				}
				for ch, m, ok := c.Receive(); ok; ch, m, ok = c.Receive() {
					if ch == chState && i == 0 {
						silence = 0
					}
					if ch != chChat {
						continue
					}
					if n := binary.LittleEndian.Uint64(m); n != got[i] {
						t.Fatalf("seed %d, %d ms: message %d, want %d", seed, ms, n, got[i])
					}
					got[i]++
				}
				for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
				}
				if c.State() != StateOpen {
					t.Fatalf("seed %d, %d ms: %v", seed, ms, c.Err())
				}
			}
			if silence += time.Millisecond; hole {
				silence = 0
			}
			longest = max(longest, silence)
			l.step()
			l.events = l.events[:0]
		}
		s := l.accepted.Stats()
		t.Logf("seed %d: %d rebindings, %d moves, %d challenges; %v messages, %v arrived; state was silent for %v at most; MTU %d",
			seed, g.rebinds, s.PathChanges, s.Challenges, sent, got, longest, s.MTU)
		if got[0] != sent[1] || got[1] != sent[0] {
			t.Errorf("seed %d: %v of %v arrived", seed, got, sent)
		}
		if s.PathChanges != uint64(g.rebinds) {
			t.Errorf("seed %d: %d moves for %d rebindings", seed, s.PathChanges, g.rebinds)
		}
		if longest > 500*time.Millisecond {
			t.Errorf("seed %d: no state for %v", seed, longest)
		}
	}
}

// An intruder is off the path. It sees copies of what the client sends, may
// be faster than the originals, and can send anything from its addresses. What
// the network loses it can bring later.
type intruder struct {
	l        *lab
	random   *rand.Rand
	captured [][]byte
	in, out  map[netip.AddrPort]int // bytes the server had from its addresses, and sent there
	packets  int                    // sent there
	largest  int
}

func (x *intruder) path() Path {
	return Path{Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(x.random.IntN(4))}), 666)}
}

// attempt sends the server one datagram from the intruder's address.
func (x *intruder) attempt(kind int) {
	var d []byte
	old := func() []byte { return bytes.Clone(x.captured[x.random.IntN(len(x.captured))]) }
	switch kind % 5 {
	case 0: // nonsense with a header that fits
		d = make([]byte, 20+x.random.IntN(100))
		for i := range d {
			d[i] = byte(x.random.Uint32())
		}
		d[0] = 0xc1 | d[0]&0x0e
		copy(d[1:4], x.captured[0][1:4])
	case 1: // what was seen, again
		d = old()
	case 2: // the newest, again
		d = bytes.Clone(x.captured[len(x.captured)-1])
	case 3: // damaged
		d = old()
		d[4+x.random.IntN(len(d)-4)] ^= 1 << x.random.IntN(8)
	case 4: // with the next numbers
		d = bytes.Clone(x.captured[len(x.captured)-1])
		d[4]++
	}
	x.send(d)
}

func (x *intruder) send(d []byte) {
	path := x.path()
	x.in[path.Remote] += len(d)
	x.l.server.Receive(x.l.now, path, d)
}

// TestHijackOffPath: of a million packets from addresses that are not the
// client's, none moves the connection: replays, forgeries, delayed originals
// that the server never saw, copies that overtake the originals. The server
// sends nothing there but challenges, for the last kind, and fewer bytes than
// came from there.
func TestHijackOffPath(t *testing.T) {
	attempts := 1_000_000
	if race.Enabled || testing.Short() {
		attempts = 20_000
	}
	l := connect(t, nil)
	l.run(2 * time.Second)
	x := &intruder{l: l, random: rand.New(rand.NewPCG(3, 3)), in: map[netip.AddrPort]int{}, out: map[netip.AddrPort]int{}}
	length := 0 // of the datagram that leaves
	home := l.accepted.Path()
	var late []flight // originals that the intruder holds back
	l.route = func(toServer bool, path Path) (Path, bool) {
		if !toServer && path.Remote.Addr().As4()[0] == 203 {
			x.packets++
			x.out[path.Remote] += length
			x.largest = max(x.largest, length)
			return path, false
		}
		if toServer {
			return clientPath, true
		}
		return serverPath, path.Remote == clientPath.Remote
	}
	l.mangle = func(toServer bool, d []byte) []byte {
		length = len(d)
		if !toServer {
			return d
		}
		x.captured = append(x.captured, bytes.Clone(d))
		if n := len(x.captured); n > 512 {
			x.captured = x.captured[256:]
		}
		if x.random.IntN(20) == 0 { // lost on its way, and brought later by the intruder
			late = append(late, flight{at: l.now.Add(l.delay + time.Duration(50+x.random.IntN(200))*time.Millisecond), datagram: bytes.Clone(d)})
			d[len(d)-1] ^= 1
		}
		return d
	}
	before := l.server.Stats().BytesOut
	done := 0
	for ms := 0; done < attempts; ms++ {
		if ms%16 == 0 {
			l.conn.Send(l.now, chInput, make([]byte, 64))
			l.accepted.Send(l.now, chState, make([]byte, 256))
		}
		l.step()
		l.drain()
		rest := late[:0]
		for _, f := range late {
			if f.at.After(l.now) {
				rest = append(rest, f)
				continue
			}
			x.send(f.datagram)
			done++
		}
		late = rest
		if len(x.captured) == 0 {
			continue
		}
		for range 200 {
			x.attempt(done)
			done++
			if got := l.accepted.Path(); got != home {
				t.Fatalf("attempt %d moved the connection to %v", done, got)
			}
		}
	}
	s := l.accepted.Stats()
	t.Logf("%d attempts, %d moves; %d packets of at most %d bytes were sent to the intruder, %d challenges; the server sent %d bytes in all",
		done, s.PathChanges, x.packets, x.largest, s.Challenges, l.server.Stats().BytesOut-before)
	if s.PathChanges != 0 || l.accepted.State() != StateOpen || l.conn.State() != StateOpen {
		t.Errorf("%d moves, %v", s.PathChanges, l.accepted.Err())
	}
	if uint64(x.packets) != s.Challenges || x.packets == 0 || x.largest > 30 {
		t.Errorf("%d packets of up to %d bytes to the intruder, %d challenges", x.packets, x.largest, s.Challenges)
	}
	for address, out := range x.out {
		if out > x.in[address] {
			t.Errorf("%d bytes to %v, from which %d came", out, address, x.in[address])
		}
	}
}

// TestCandidateFlood: an attacker on the path, whose copies from false
// addresses overtake the originals, can make the server challenge strangers:
// two at a time, fifty times a second, with fewer bytes than came. None can
// answer, the game goes on where it was, and when the attack ends a rebinding
// heals as ever.
func TestCandidateFlood(t *testing.T) {
	l := connect(t, nil)
	l.run(2 * time.Second)
	g := newGateway(l)
	in, out := map[netip.AddrPort]int{}, map[netip.AddrPort]int{}
	flood, n, length := true, 0, 0
	l.mangle = func(_ bool, d []byte) []byte { length = len(d); return d }
	way := l.route
	l.route = func(toServer bool, path Path) (Path, bool) {
		if toServer && flood {
			n++
			stranger := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(n % 200)}), 1)
			in[stranger] += length
			return Path{Remote: stranger}, true
		}
		if !toServer && path.Remote.Port() == 1 {
			out[path.Remote] += length
			if out[path.Remote] > in[path.Remote] {
				t.Fatalf("%d bytes to %v, from which %d came", out[path.Remote], path.Remote, in[path.Remote])
			}
			return path, false
		}
		return way(toServer, path)
	}
	begun := l.now
	largest := 0
	for ms := range 10_000 {
		if ms%16 == 0 {
			l.conn.Send(l.now, chInput, make([]byte, 64))
			l.accepted.Send(l.now, chState, make([]byte, 256))
		}
		l.step()
		if l.accepted.others != nil {
			largest = max(largest, len(l.accepted.others.candidates))
		}
		if l.accepted.Path() != (Path{Remote: clientPath.Remote}) {
			t.Fatalf("%d ms: moved to %v", ms, l.accepted.Path())
		}
		l.drain()
	}
	s := l.accepted.Stats()
	t.Logf("%d packets from 200 addresses in %v: %d challenges, %d candidates at most", n, l.now.Sub(begun), s.Challenges, largest)
	if rate := float64(s.Challenges) / l.now.Sub(begun).Seconds(); rate > 51 || largest > maxCandidates {
		t.Errorf("%.0f challenges a second, %d candidates", rate, largest)
	}
	flood = false
	g.rebind()
	l.conn.Send(l.now, chInput, make([]byte, 64))
	heals := l.now
	l.until("the server follows", func() bool { return l.accepted.Path().Remote == g.outside().Remote })
	if took := l.now.Sub(heals); took > 200*time.Millisecond {
		t.Errorf("after the attack a rebinding takes %v", took)
	}
	l.drain()
	l.exchange()
}

// drain takes all messages and notices.
func (l *lab) drain() {
	for _, c := range []*Conn{l.conn, l.accepted} {
		for _, _, ok := c.Receive(); ok; _, _, ok = c.Receive() {
		}
		for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
		}
	}
}

// TestSoakRoaming: a client with two sockets, behind NATs that forget at will,
// changes between them all the time, tried and untried, with losses and
// copies on the way. Reliable messages arrive once and in order, and at rest
// both ends agree on where they are.
func TestSoakRoaming(t *testing.T) {
	if race.Enabled {
		t.Skip("long and single-threaded: runs without -race")
	}
	var moves uint64
	for seed := range uint64(12) {
		l := connect(t, nil)
		l.run(2 * time.Second)
		s := newStorm(l, seed)
		s.loss, s.dup, s.corrupted, s.jitter = 0.1, 0.05, 0.02, 20*time.Millisecond
		l.delay = 30 * time.Millisecond
		var ways roads
		l.route = ways.route
		conns := []*Conn{l.conn, l.accepted}
		var sent, got [2]uint64
		const busy = 60_000
		for ms := range busy + 20_000 {
			if ms < busy {
				other := Path{Remote: serverPath.Remote, Carrier: 1 - l.conn.Path().Carrier}
				switch s.random.IntN(2000) {
				case 0:
					ways[0]++
				case 1:
					ways[1]++
				case 2, 3:
					_ = l.conn.TryPath(l.now, other)
				case 4:
					_ = l.conn.MovePath(l.now, other)
				}
			} else if s.loss > 0 {
				s.loss, s.dup, s.corrupted = 0, 0, 0
			}
			for i, c := range conns {
				if ms < busy && ms%20 == 0 {
					if _, err := c.Send(l.now, chChat, binary.LittleEndian.AppendUint64(make([]byte, 0, 64), sent[i])); err == nil {
						sent[i]++
					}
					c.Send(l.now, chState, make([]byte, s.random.IntN(1500)))
				}
				for ch, m, ok := c.Receive(); ok; ch, m, ok = c.Receive() {
					if ch != chChat {
						continue
					}
					if n := binary.LittleEndian.Uint64(m); n != got[i] {
						t.Fatalf("seed %d, %d ms: message %d, want %d", seed, ms, n, got[i])
					}
					got[i]++
				}
				for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
				}
				if c.State() != StateOpen {
					t.Fatalf("seed %d, %d ms: %v", seed, ms, c.Err())
				}
			}
			s.step()
			l.sane()
			l.events = l.events[:0]
		}
		if got[0] != sent[1] || got[1] != sent[0] {
			t.Errorf("seed %d: %v of %v arrived", seed, got, sent)
		}
		if seen, ok := ways.route(true, l.conn.Path()); !ok || l.accepted.Path() != seen || l.conn.ObservedAddr() != seen.Remote {
			t.Errorf("seed %d: the client is at %v, the server thinks %v, and told %v", seed, seen, l.accepted.Path(), l.conn.ObservedAddr())
		}
		if l.conn.others != nil || l.accepted.others != nil || len(l.client.byPeer) != 1 {
			t.Errorf("seed %d: other paths are remembered; the client can be found by %d", seed, len(l.client.byPeer))
		}
		moves += l.accepted.Stats().PathChanges
	}
	t.Logf("%d moves", moves)
}
