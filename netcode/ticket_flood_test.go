package netcode

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// TestTicketFlood: a server that gives ticket after ticket makes its client
// derive a few keys and tell of a few, and the rest are counted.
func TestTicketFlood(t *testing.T) {
	l := ticketed(t, nil)
	l.run(2 * ticketWindow)
	l.tickets = 0
	next := byte(0)
	give := func(tickets int) { // in one packet
		plain := []byte{0}
		for range tickets {
			next++
			var data [wire.TicketLen]byte
			plain = wire.AppendFrame(plain, &wire.Frame{
				Kind: wire.FrameControl, Channel: wire.ControlTicket,
				Data: wire.AppendTicket(data[:0], &wire.Ticket{ID: [16]byte{9: next, 15: 1}, Lifetime: time.Minute}),
			}, false)
		}
		l.accepted.out.MakeRoom()
		record := l.accepted.out.Add(l.now)
		record.Eliciting = true
		number := l.accepted.out.Commit(record)
		l.client.Receive(l.now, serverPath, sealed(l.accepted, byte(wire.AckWide), number, plain))
		l.step()
	}
	give(20)
	if got := l.conn.Stats().TicketsIgnored; l.tickets != 1 || got != 19 {
		t.Errorf("of 20 in a packet %d were taken, %d ignored", l.tickets, got)
	}
	for range 100 {
		give(1)
	}
	if got := l.conn.Stats().TicketsIgnored; l.tickets != maxTickets || got != 120-maxTickets {
		t.Errorf("of 120 at once %d were taken, %d ignored; want %d", l.tickets, got, maxTickets)
	}
	l.run(ticketWindow)
	give(1)
	if id := l.conn.Ticket().id; l.tickets != maxTickets+1 || id[9] != next {
		t.Errorf("%d tickets, the last %x: a new window takes none", l.tickets, id)
	}
	l.exchange()
}
