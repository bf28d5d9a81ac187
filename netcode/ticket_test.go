package netcode

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestTicketBytes: a program that crashed comes back as the player it was, with
// another key of its own.
func TestTicketBytes(t *testing.T) {
	l := ticketed(t, nil)
	b, err := l.conn.Ticket().MarshalBinary()
	if err != nil || len(b) != ticketBytes {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	var ticket Ticket
	if err := ticket.UnmarshalBinary(b); err != nil || ticket != *l.conn.Ticket() {
		t.Fatalf("%+v, %v", ticket, err)
	}
	if ticket.ServerKey() != l.server.PublicKey() || ticket.Lifetime() != time.Minute || fmt.Sprint(&ticket) != "netcode.Ticket" {
		t.Errorf("key %x, lifetime %v, %v", ticket.ServerKey(), ticket.Lifetime(), &ticket)
	}
	for n := range b {
		if ticket.UnmarshalBinary(b[:n]) == nil {
			t.Errorf("%d bytes are a ticket", n)
		}
	}
	player := l.client.PublicKey()
	if l.client, err = NewCore(testConfig(77)); err != nil {
		t.Fatal(err)
	}
	for range 3 { // and again, with the ticket of the new connection
		l.accepted = nil
		l.dial(DialOptions{Ticket: &ticket})
		l.until("rejoin", func() bool { return l.accepted != nil && l.conn.Ticket() != nil })
		if !l.conn.Resumed() || l.accepted.PeerKey() != player {
			t.Errorf("resumed %v, as %x", l.conn.Resumed(), l.accepted.PeerKey())
		}
		ticket = *l.conn.Ticket()
	}
}

// TestTicketLost: the ticket is sent again until it arrives.
func TestTicketLost(t *testing.T) {
	l := newLab(t, nil)
	l.dial(DialOptions{ServerKey: l.server.PublicKey()})
	random := rand.New(rand.NewPCG(1, 2))
	l.lose = func(toServer bool, _ int) bool {
		return !toServer && l.conn.State() == StateOpen && random.IntN(3) > 0
	}
	l.until("ticket", func() bool { return l.conn.Ticket() != nil })
	l.run(5 * time.Second)
	if l.tickets != 1 {
		t.Errorf("%d tickets", l.tickets)
	}
}

// TestTicketStore: what tickets take is bounded, and who left on purpose has
// none.
func TestTicketStore(t *testing.T) {
	l := newLab(t, nil)
	for i := range 30 {
		l.accepted = nil
		l.dial(DialOptions{ServerKey: l.server.PublicKey()})
		l.until("ticket", func() bool { return l.conn.Ticket() != nil && l.accepted != nil })
		switch c := l.accepted; i % 3 {
		case 0:
			l.conn.Close(l.now, CloseNormal, "")
			l.until("leave", func() bool { return c.State() == StateClosed })
		default:
			l.lose = func(bool, int) bool { return true }
			l.pass(11 * time.Second)
			l.lose = nil
		}
		l.run(time.Second)
		if n := len(l.server.tickets.byID); n > l.server.cfg.MaxConns || len(l.server.tickets.lost) > l.server.cfg.MaxConns {
			t.Fatalf("%d tickets of lost connections, %d in the queue", n, len(l.server.tickets.lost))
		}
		if c := l.accepted; c.send != nil || c.phases.seeds != nil {
			t.Fatal("keys stay")
		}
	}
	if len(l.server.tickets.byID) == 0 {
		t.Error("no ticket of a lost connection")
	}
	l.pass(2 * time.Minute)
	l.server.tickets.expire(l.now)
	if n := len(l.server.tickets.byID) + len(l.server.tickets.lost); n != 0 {
		t.Errorf("%d tickets after their time", n)
	}
}

// TestTicketOptions: what cannot be is said at once.
func TestTicketOptions(t *testing.T) {
	l := ticketed(t, nil)
	ticket := l.conn.Ticket()
	for name, opt := range map[string]DialOptions{
		"early without": {Early: []byte("x")},
		"long early":    {Ticket: ticket, Early: make([]byte, wire.MaxEarly+1)},
		"empty":         {Ticket: &Ticket{}},
		"other server":  {Ticket: ticket, ServerKey: l.client.PublicKey()},
	} {
		if _, err := l.client.Dial(l.now, secondPath(false), opt); err == nil {
			t.Errorf("%s: Dial takes it", name)
		}
	}
	plain := testConfig(1)
	plain.Plaintext = true
	c, err := NewCore(plain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Dial(l.now, serverPath, DialOptions{Ticket: ticket}); err == nil {
		t.Error("plaintext: Dial takes a ticket")
	}
	for _, d := range []time.Duration{time.Millisecond, 25 * time.Hour} {
		cfg := testConfig(1)
		if cfg.TicketLifetime = d; errOf(NewCore(cfg)) == nil {
			t.Errorf("TicketLifetime %v is taken", d)
		}
	}
	off := connect(t, func(s, c *Config) { s.TicketLifetime = -1 })
	if off.run(2 * time.Second); off.conn.Ticket() != nil {
		t.Error("a ticket from a server that gives none")
	}
}

func errOf(_ *Core, err error) error { return err }

// TestTicketRoute: a ticket leads to the shard that gave it.
func TestTicketRoute(t *testing.T) {
	l := ticketed(t, func(s, c *Config) { s.Shard, s.Shards = 3, 7 })
	d := l.rejoinDatagram()
	if shard := d[4] % 7; shard != 3 {
		t.Errorf("the datagram goes to shard %d", shard)
	}
}

// FuzzTicket: what is taken is what was written.
func FuzzTicket(f *testing.F) {
	b, _ := (&Ticket{lifetime: time.Minute}).MarshalBinary()
	f.Add(b)
	f.Fuzz(func(t *testing.T, in []byte) {
		var ticket Ticket
		if ticket.UnmarshalBinary(in) != nil {
			return
		}
		if out, _ := ticket.MarshalBinary(); !bytes.Equal(out, in) {
			t.Fatalf("%x is written as %x", in, out)
		}
	})
}
