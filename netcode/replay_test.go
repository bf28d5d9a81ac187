package netcode

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
)

// TestSoakReplays: of 10⁸ (in make test 5·10⁶) recorded packets sent again, from the client's
// address and from elsewhere, in any order, beside live traffic that moves the
// replay window on, none is accepted.
func TestSoakReplays(t *testing.T) {
	if race.Enabled {
		t.Skip("long and single-threaded: runs without -race")
	}
	total := long.Of(5_000_000, 100_000_000)
	l := connect(t, nil)
	l.delay = 5 * time.Millisecond
	var recorded [][]byte
	l.mangle = func(toServer bool, d []byte) []byte {
		if toServer && d[0]&0xe0 == 0xc0 {
			recorded = append(recorded, bytes.Clone(d))
		}
		return d
	}
	sent, received := 0, 0
	live := func(n int) {
		for range n {
			if _, err := l.conn.Send(l.now, chState, []byte{byte(sent), byte(sent >> 8), byte(sent >> 16)}); err != nil {
				t.Fatal(err)
			}
			sent++
			l.run(8 * time.Millisecond)
			for _, m, ok := l.accepted.Receive(); ok; _, m, ok = l.accepted.Receive() {
				if n := int(m[0]) | int(m[1])<<8 | int(m[2])<<16; n != received {
					t.Fatalf("message %d arrived, want %d", n, received)
				}
				received++
			}
		}
	}
	live(10_000) // more than the window of 8,128
	elsewhere := Path{Remote: netip.MustParseAddrPort("198.51.100.9:4000")}
	random := rand.New(rand.NewPCG(1, 2))
	before := l.server.Stats()
	for i := range total {
		path := clientPath
		if i%4 == 0 {
			path = elsewhere
		}
		n := random.IntN(len(recorded))
		if i%2 == 0 { // half of them recent, where the window tells one from another
			n = len(recorded) - 1 - random.IntN(4096)
		}
		l.server.Receive(l.now, path, recorded[n])
		if i%1_000_000 == 999_999 {
			live(1)
		}
	}
	l.run(time.Second)
	live(1)
	l.run(100 * time.Millisecond)
	if _, _, ok := l.accepted.Receive(); ok || received != sent {
		t.Errorf("%d messages arrived of %d sent", received, sent)
	}
	after := l.server.Stats()
	dropped := after.Dropped[DropReplay] - before.Dropped[DropReplay] + after.Dropped[DropBadTag] - before.Dropped[DropBadTag]
	if dropped != uint64(total) {
		t.Errorf("%d of %d replays were dropped as such", dropped, total)
	}
	if l.accepted.State() != StateOpen || l.accepted.Path().Remote != clientPath.Remote {
		t.Errorf("the connection is %v and at %v", l.accepted.State(), l.accepted.Path())
	}
}
