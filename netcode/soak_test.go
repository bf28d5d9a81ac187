package netcode

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// TestSoakStorm is yojimbo's soak (1,000 ms ± 100, 25 % loss, 25 % repeated),
// with damage and gusts that hold single datagrams back for seconds, on all
// channels both ways: reliable messages arrive once and in order, sequenced
// ones never go back, and nothing is taken for a violation.
func TestSoakStorm(t *testing.T) {
	if race.Enabled {
		t.Skip("long and single-threaded: runs without -race")
	}
	const seconds = 20
	for seed := range uint64(3) {
		l := connect(t, nil)
		s := newStorm(l, 100+seed)
		s.loss, s.dup, s.corrupted = 0.25, 0.25, 0.05
		l.delay, s.jitter = 900*time.Millisecond, 200*time.Millisecond
		if seed == 1 { // a fast path, so that segment numbers go round
			s.loss, l.delay, s.jitter = 0.02, time.Millisecond, 3*time.Millisecond
		}
		conns := []*Conn{l.conn, l.accepted}
		var sent, got, newest [2]uint64
		for ms := range seconds * 1000 {
			for i, c := range conns {
				burst := 1
				if seed == 1 {
					burst = 40
				}
				for range burst {
					m := binary.LittleEndian.AppendUint64(nil, sent[i])
					if ms%1000 == 0 {
						m = append(m, make([]byte, 5000)...)
					}
					if _, err := c.Send(l.now, chChat, m); err == nil {
						sent[i]++
					}
				}
				if ms%16 == 0 {
					c.Send(l.now, chState, make([]byte, s.random.IntN(4000)))
					c.Send(l.now, chInput, binary.LittleEndian.AppendUint64(nil, uint64(ms)+1))
				}
				for ch, m, ok := c.Receive(); ok; ch, m, ok = c.Receive() {
					switch n := uint64(0); ch {
					case chChat:
						if n = binary.LittleEndian.Uint64(m); n != got[i] {
							t.Fatalf("seed %d, %d ms: message %d, want %d", seed, ms, n, got[i])
						}
						got[i]++
					case chInput:
						if n = binary.LittleEndian.Uint64(m); n <= newest[i] {
							t.Fatalf("seed %d, %d ms: %d after %d", seed, ms, n, newest[i])
						}
						newest[i] = n
					}
				}
				for _, ok := c.NextNotice(); ok; _, ok = c.NextNotice() {
				}
			}
			if n := len(l.flying); n > 0 && s.random.IntN(50) == 0 {
				l.flying[n-1].at = l.now.Add(l.delay + time.Duration(s.random.Int64N(int64(4*time.Second)))) // a gust
			}
			s.step()
			l.sane()
			for _, c := range conns {
				if c.State() != StateOpen {
					t.Fatalf("seed %d, %d ms: %v", seed, ms, c.Err())
				}
			}
		}
		t.Logf("seed %d: %v of %v messages in %d s, round trip %v", seed, got, sent, seconds, l.conn.Stats().RTT)
		if got[0] < 50 || got[1] < 50 {
			t.Errorf("seed %d: %v of %v arrived", seed, got, sent)
		}
	}
}
