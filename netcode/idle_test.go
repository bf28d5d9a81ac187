package netcode

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
)

// TestSoakWakeUps: whatever happened to a connection, a Flush leaves nothing
// for the same moment, and a connection with nothing to say is not looked at
// more often than its timers ask for. Time goes from deadline to deadline, to
// the nanosecond, as with an Endpoint.
func TestSoakWakeUps(t *testing.T) {
	if race.Enabled {
		t.Skip("single-threaded: runs without -race")
	}
	for seed := range uint64(long.Of(60, 3000)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { wakeUps(t, seed) })
	}
}

func wakeUps(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 11))
	l := connect(t, func(server, client *Config) {
		server.Channels = fiveModes
		client.Channels = fiveModes
		switch seed % 5 {
		case 1:
			server.Keepalive, client.Keepalive = KeepaliveNAT, KeepaliveNAT
			server.Timeout, client.Timeout = -1, -1
		case 2:
			server.Timeout, client.Timeout = -1, -1
		case 3:
			server.Plaintext, client.Plaintext = true, true
		case 4:
			server.MaxAckDelay, client.MaxAckDelay = time.Millisecond, 60*time.Millisecond
		}
	})
	l.delay = time.Duration(random.IntN(200_000_000))
	loss, hole := random.IntN(40), false
	l.lose = func(bool, int) bool { return hole || random.IntN(100) < loss }
	if seed%2 == 1 { // the kernel knows better when it came
		l.stamp = func() time.Time { return l.now.Add(-time.Duration(random.IntN(8_000_000))) }
	}
	g := newGateway(l)
	wake := func(until time.Time) (flushes int) {
		for {
			next := earlier(l.client.NextDeadline(), l.server.NextDeadline())
			for _, f := range l.flying {
				next = earlier(next, f.at)
			}
			if next.IsZero() || next.After(until) {
				l.now = until
				return flushes
			}
			if next.After(l.now) {
				l.now = next
			}
			l.deliverDue()
			l.flush()
			flushes++
			l.events = l.events[:0]
			l.collect()
			for _, c := range []*Conn{l.conn, l.accepted} {
				for _, _, ok := c.Receive(); ok; _, _, ok = c.Receive() {
				}
			}
		}
	}
	for range 40 {
		for range 1 + random.IntN(6) {
			c := []*Conn{l.conn, l.accepted}[random.IntN(2)]
			switch random.IntN(12) {
			default:
				ch := random.IntN(5)
				opt := SendOptions{}
				if ch >= 2 && random.IntN(3) == 0 {
					opt.Urgent = true
				}
				if ch != 2 && random.IntN(3) == 0 {
					opt.Lifetime = time.Duration(1 + random.IntN(200_000_000))
				}
				size := random.IntN(1097)
				if opt.Urgent {
					size = random.IntN(65)
				}
				c.SendWith(l.now, ch, make([]byte, size), opt)
			case 0:
				c.Rekey(l.now)
			case 1:
				g.rebind()
			case 2:
				l.conn.TryPath(l.now, secondPath(false))
			case 3:
				hole = !hole && random.IntN(2) == 0
			case 4:
				l.delay = time.Duration(random.IntN(200_000_000))
			case 5:
				for range 300 {
					c.Send(l.now, 2, make([]byte, 1000))
				}
			}
		}
		l.flush()
		wake(l.now.Add(time.Duration(random.IntN(int(2 * time.Second)))))
	}
	hole, loss = random.IntN(3) == 0, 0
	n := wake(l.now.Add(3 * time.Minute)) // until all has arrived
	quiet := 0
	for range 30 {
		quiet = max(quiet, wake(l.now.Add(time.Second)))
	}
	t.Logf("%d flushes until all is quiet, then %d in a second at most; client %v, server %v", n, quiet, l.conn.Err(), l.accepted.Err())
	// Two ends: a keepalive each, the ack to it, their arrivals, searches.
	if quiet > 20 {
		t.Errorf("%d wake-ups in a second in which nothing happens", quiet)
	}
	for _, c := range []*Conn{l.conn, l.accepted} {
		if c.err != nil && c.err.Reason == CloseProtocol {
			t.Errorf("%v", c.err)
		}
	}
}
