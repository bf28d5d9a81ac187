package netcode

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
)

// TestSoakComeBack lets a client come back with tickets and without, over NATs
// that change their mind, holes in the network, changes of keys and of sockets,
// while a second player takes and leaves the only other place. Nobody breaks
// the protocol, every connection ends once, and neither end remembers more than
// there is.
func TestSoakComeBack(t *testing.T) {
	if race.Enabled {
		t.Skip("single-threaded: runs without -race")
	}
	for seed := range uint64(long.Of(30, 2000)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { comeBack(t, seed) })
	}
}

func comeBack(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 12))
	l := ticketed(t, func(server, client *Config) {
		server.MaxConns = 2
		server.Timeout, client.Timeout = 3*time.Second, 3*time.Second
		server.Shard, server.Shards = int(seed%4), 4
		server.TicketLifetime = 5 * time.Second
		client.HandshakeTimeout = 4 * time.Second
	})
	l.delay = time.Duration(1+random.IntN(100)) * time.Millisecond
	loss, hole := random.IntN(30), false
	l.lose = func(bool, int) bool { return hole || random.IntN(100) < loss }
	var ways roads
	l.route = ways.route
	closed, opened := map[*Conn]int{}, map[*Conn]int{}
	tally := func() {
		for _, e := range l.events {
			switch e.Kind {
			case EventConnected:
				opened[e.Conn]++
			case EventClosed:
				closed[e.Conn]++
				if ce := e.Err.(*CloseError); ce.Reason == CloseProtocol {
					t.Fatalf("%v: %v", l.now.Sub(time.Unix(0, 0)), ce)
				}
			}
		}
		l.events = l.events[:0]
	}
	count := func() {
		live := 0
		for _, a := range l.server.conns {
			if a.conn.state == StateOpen {
				live++
			}
		}
		if live != l.server.accepted || live > 2 || l.server.byID.len() > len(l.server.conns) {
			t.Fatalf("%d open, %d counted, %d IDs, %d connections", live, l.server.accepted, l.server.byID.len(), len(l.server.conns))
		}
		if got := len(l.server.tickets.byID); got > live+len(l.server.tickets.lost) || len(l.server.tickets.lost) > 2 {
			t.Fatalf("%d tickets, %d lost, %d open", got, len(l.server.tickets.lost), live)
		}
	}
	var ticket *Ticket
	for range 300 {
		if next := l.conn.Ticket(); next != nil {
			ticket = next
		}
		switch random.IntN(24) {
		case 0, 1:
			path := Path{Remote: serverPath.Remote, Carrier: uint16(random.IntN(2))}
			if ticket == nil || random.IntN(4) == 0 && l.client.byPeer[keyOf(path)] != nil {
				break
			}
			opt := DialOptions{Ticket: ticket, Early: []byte("now")}
			if conn, err := l.client.Dial(l.now, path, opt); err == nil {
				l.conn = conn
			} else {
				t.Fatal(err)
			}
		case 2:
			ways[random.IntN(2)]++
		case 3:
			hole = !hole && random.IntN(2) == 0
		case 4:
			l.conn.Rekey(l.now)
		case 5:
			l.conn.TryPath(l.now, secondPath(false))
		case 6:
			l.conn.MovePath(l.now, Path{Remote: serverPath.Remote, Carrier: uint16(random.IntN(2))})
		case 7:
			l.accepted.Close(l.now, CloseKicked, "")
		case 8:
			l.conn.Close(l.now, CloseNormal, "")
		case 9:
			l.delay = time.Duration(1+random.IntN(100)) * time.Millisecond
		default:
			l.conn.Send(l.now, random.IntN(4), make([]byte, random.IntN(3000)))
			l.accepted.Send(l.now, random.IntN(4), make([]byte, random.IntN(3000)))
		}
		l.run(time.Duration(1+random.IntN(100)) * time.Millisecond)
		tally()
		count()
		l.drain()
	}
	hole, loss = false, 0
	for _, c := range []*Core{l.client, l.server} {
		for _, a := range c.conns {
			a.conn.Close(l.now, CloseNormal, "")
		}
	}
	l.pass(20 * time.Second)
	tally()
	if len(l.server.conns)+len(l.client.conns)+l.server.byID.len()+len(l.server.pending)+len(l.client.byPeer) != 0 {
		t.Errorf("left: %d and %d connections, %d IDs, %d pending, %d paths",
			len(l.server.conns), len(l.client.conns), l.server.byID.len(), len(l.server.pending), len(l.client.byPeer))
	}
	l.server.tickets.expire(l.now)
	if n := len(l.server.tickets.byID) + len(l.server.tickets.lost); n != 0 {
		t.Errorf("%d tickets are left", n)
	}
	for c, n := range opened {
		if n != 1 || closed[c] != 1 {
			t.Errorf("a connection was opened %d times and closed %d times", n, closed[c])
		}
	}
	t.Logf("%d connections, %+v", len(opened), l.server.Stats())
}
