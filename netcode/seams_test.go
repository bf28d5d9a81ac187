package netcode

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Where the parts of a connection meet.

// TestMTUSearchBesideTraps: a number that is left out right before a probe
// does not make the search wait for it for ever.
func TestMTUSearchBesideTraps(t *testing.T) {
	l := connect(t, nil)
	limit := 1300
	l.narrow(&limit)
	for range 10_000 {
		l.conn.trap = trap{number: 1, busy: true}
		l.step()
	}
	if got := l.conn.MaxDatagram(); got != 1232 {
		t.Errorf("datagrams have %d bytes, want 1,232; state %+v", got, l.conn.mtu)
	}
}

// TestMTUSearchBesideRebinding: a move to another port, in which a probe and
// its acknowledgement mean nothing, does not end the search.
func TestMTUSearchBesideRebinding(t *testing.T) {
	l := connect(t, nil)
	g := newGateway(l)
	limit := 1300
	l.narrow(&limit)
	l.run(200 * time.Millisecond)
	g.rebind()
	l.conn.Send(l.now, chInput, []byte("here"))
	l.until("a challenge", func() bool { return l.accepted.Stats().Challenges == 1 })
	l.accepted.mtu.at = l.now // the probe leaves for the old port
	l.accepted.touch(l.now)
	l.until("the move", func() bool { return l.accepted.Stats().PathChanges == 1 })
	l.run(10 * time.Second)
	if got := l.accepted.MaxDatagram(); got != 1232 {
		t.Errorf("datagrams have %d bytes, want 1,232; state %+v", got, l.accepted.mtu)
	}
}

// TestLargeAfterSilence: what was sent before a silence, and needed no
// acknowledgement, does not make the first large packets after it look like
// lost in a black hole.
func TestLargeAfterSilence(t *testing.T) {
	l := connect(t, func(s, c *Config) {
		s.Keepalive, c.Keepalive, s.Timeout, c.Timeout = 20*time.Second, 20*time.Second, time.Minute, time.Minute
	})
	l.delay = 50 * time.Millisecond
	l.run(5 * time.Second)
	l.conn.Send(l.now, chChat, []byte("hello"))
	l.run(5 * time.Second) // the server's ack is the last that was sent
	if l.accepted.MaxDatagram() != limitDatagram || l.accepted.out.OldestInFlight(0) == nil {
		t.Fatal("not what is to be tested")
	}
	for range 20 {
		l.accepted.Send(l.now, chState, make([]byte, 700))
		l.accepted.Send(l.now, chState, make([]byte, 700))
		l.step()
	}
	if got := l.accepted.MaxDatagram(); got != limitDatagram {
		t.Errorf("datagrams have %d bytes, want %d", got, limitDatagram)
	}
}

// TestRejoinWhileClosing: a connection that is saying good-bye makes way for a
// new one at once.
func TestRejoinWhileClosing(t *testing.T) {
	l := ticketed(t, nil)
	l.conn.Close(l.now, CloseNormal, "")
	l.step()
	l.lose = func(toServer bool, n int) bool { return true }
	l.step()
	l.lose = nil
	l.rejoin(DialOptions{})
	l.run(300 * time.Millisecond)
	if len(l.client.conns) != 1 {
		t.Errorf("%d connections", len(l.client.conns))
	}
}

// TestRejoinFallsBackToTheSameShard: if nobody answers to a ticket, the
// ordinary handshake goes to the shard of the ticket, whichever byte leads
// there.
func TestRejoinFallsBackToTheSameShard(t *testing.T) {
	for _, first := range []byte{0, 1, 200} {
		l := ticketed(t, nil)
		l.conn.tickets.ticket.id[0] = first
		l.lose = func(bool, int) bool { return true }
		l.rejoin(DialOptions{})
		before := l.conn.shaking.clientID
		l.run(2 * time.Second)
		if after := l.conn.shaking.clientID; after == before || byte(after) != first {
			t.Errorf("client ID %x, then %x, want another with the first byte %x", before, after, first)
		}
	}
}

// TestFlushSendsAll: a channel that overdrew its turn by most of a packet
// still sends in the next one.
func TestFlushSendsAll(t *testing.T) {
	l := connect(t, nil)
	l.run(100 * time.Millisecond)
	for deficit := 1 - turnBytes; deficit <= 1; deficit++ {
		l.conn.channels[chState].deficit = int32(deficit)
		l.conn.Send(l.now, chState, make([]byte, 1100))
		l.conn.Send(l.now, chState, make([]byte, 1100))
		l.flush()
		if l.conn.unreliableWaits() {
			t.Fatalf("deficit %d: something waits after a flush", deficit)
		}
		l.step()
		l.drain()
	}
}

// TestBlackHoleDuringSearch: a probe that was on its way when a black hole was
// found does not begin the search at once.
func TestBlackHoleDuringSearch(t *testing.T) {
	m := mtu{size: 1432, good: 4, bad: 6, asked: 5, probe: 100}
	now := time.Unix(100, 0)
	m.restart(now.Add(mtuHoleWait))
	p := packetFor(1452, carriesProbe)
	if m.lost(now, 99, p, limitDatagram); m.at != now.Add(mtuHoleWait) || m.bad != 0 {
		t.Errorf("%+v", m)
	}
}

// TestAsideLength: no challenge is longer than what it was allowed to be, not
// even the one before which a number is left out.
func TestAsideLength(t *testing.T) {
	l := connect(t, nil)
	f := wire.Frame{Channel: wire.ControlChallenge, Data: make([]byte, wire.ChallengeLen)}
	for range 300 {
		l.accepted.trap = trap{number: 1, busy: true}
		allowed := l.accepted.asideLen(&f)
		if got := l.accepted.sendAside(l.now, labSender{l, false}, clientPath, &f, 0, 0); got > allowed {
			t.Fatalf("%d bytes, want at most %d", got, allowed)
		}
	}
}

// TestLostConnectionsAreLight: a connection that is remembered for its ticket
// holds nothing of what its peer made it hold.
func TestLostConnectionsAreLight(t *testing.T) {
	l := ticketed(t, nil)
	l.lose = func(toServer bool, n int) bool { return toServer && n%2 == 0 }
	for range 4 {
		l.conn.Send(l.now, chBulk, make([]byte, 200_000))
		l.conn.Send(l.now, chState, make([]byte, 15_000))
		l.accepted.Send(l.now, chBulk, make([]byte, 200_000))
	}
	l.run(50 * time.Millisecond)
	old := l.accepted
	if _, err := l.accepted.Send(l.now, chChat, []byte("unheard")); err != nil {
		t.Fatal(err)
	}
	l.lose = func(bool, int) bool { return true }
	l.pass(15 * time.Second)
	if old.State() != StateClosed || l.server.tickets.byID[old.tickets.grant.id] == nil {
		t.Fatalf("state %v, %v; want a lost connection with a ticket", old.State(), old.Err())
	}
	if got := heldBy(old); got > 0 {
		t.Errorf("%d bytes are held", got)
	}
	if s := old.Stats(); s.PacketsIn == 0 || s.ReliableHeld != 0 {
		t.Errorf("%+v", s)
	}
	l.lose = nil
	l.rejoin(DialOptions{})
	l.until("rejoin", func() bool { return l.accepted != nil })
	if e := l.eventOf(EventConnected, l.accepted); e.Prior != old {
		t.Errorf("prior %p, want %p", e.Prior, old)
	}
}

// heldBy adds up what the export of a connection's channels would take, less
// what it takes to say that there is nothing.
func heldBy(c *Conn) (bytes int) {
	for i := range c.channels {
		fresh := newChannelState(i, &c.core.cfg.Channels[i])
		if size := len(c.channels[i].appendState(nil)) - len(fresh.appendState(nil)); size > 16 {
			bytes += size
		}
	}
	return bytes
}

func packetFor(bytes uint16, carries uint8) *ack.Packet {
	return &ack.Packet{Bytes: bytes, Carries: carries, Eliciting: true}
}

// TestTicketPrintsNothing: neither a ticket nor a pointer to one shows its key
// in a log.
func TestTicketPrintsNothing(t *testing.T) {
	l := ticketed(t, nil)
	ticket := l.conn.Ticket()
	for _, got := range []string{fmt.Sprintf("%v %+v %s", ticket, ticket, ticket), fmt.Sprintf("%v %+v %s", *ticket, *ticket, *ticket)} {
		if got != "netcode.Ticket netcode.Ticket netcode.Ticket" {
			t.Errorf("printed as %s", got)
		}
	}
}

// TestFullQueueIsNoSilence: a connection whose application reads nothing for
// longer than Timeout is not taken for dead, and goes on where it stopped.
func TestFullQueueIsNoSilence(t *testing.T) {
	l := connect(t, nil)
	const count = 40
	sent, got := 0, 0
	for range 25_000 {
		if sent < count {
			if _, err := l.conn.Send(l.now, chBulk, make([]byte, 100_000)); err == nil {
				sent++
			}
		}
		l.step()
	}
	if l.accepted.queue.Bytes() < 1<<20 || l.accepted.Stats().QueueFull == 0 {
		t.Fatalf("the queue is not full: %d bytes", l.accepted.queue.Bytes())
	}
	if l.conn.State() != StateOpen || l.accepted.State() != StateOpen {
		t.Fatalf("client %v, server %v", l.conn.Err(), l.accepted.Err())
	}
	for ms := 0; got < count && ms < 20_000; ms++ {
		if sent < count {
			if _, err := l.conn.Send(l.now, chBulk, make([]byte, 100_000)); err == nil {
				sent++
			}
		}
		for _, _, ok := l.accepted.Receive(); ok; _, _, ok = l.accepted.Receive() {
			got++
		}
		l.step()
	}
	if got != count {
		t.Errorf("%d of %d messages arrived", got, count)
	}
}

// TestLongestLifetime: a lifetime beyond all clocks is one for ever.
func TestLongestLifetime(t *testing.T) {
	l := connectFive(t)
	mortal := []int{0, 1, 3, 4} // all modes but the ordered one
	for _, ch := range mortal {
		if _, err := l.conn.SendWith(l.now, ch, []byte("hello"), SendOptions{Lifetime: math.MaxInt64}); err != nil {
			t.Fatal(err)
		}
	}
	l.run(100 * time.Millisecond)
	for range mortal {
		if _, _, ok := l.accepted.Receive(); !ok {
			t.Error("a message did not arrive")
		}
	}
}
