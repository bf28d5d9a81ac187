package netcode

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A Ticket lets a client whose connection was lost come back to its server
// without a round trip: DialOptions.Ticket. It is good once, for a while after
// the end of the connection that it was given in, and as long as the server
// runs.
//
// Who has it comes back as the player that it was given to: keep it as a
// secret. An application may write it to a file (MarshalBinary), so that a
// program that crashed can use it. A Ticket is never changed.
type Ticket struct {
	id       [wire.TicketIDLen]byte
	key      handshake.Seed
	server   [32]byte // the key that the server has proven to have
	client   [32]byte // as whom the server knows us
	lifetime time.Duration
}

// ServerKey returns the static key of the server that gave the ticket.
func (t *Ticket) ServerKey() [32]byte { return t.server }

// Lifetime returns for how long after the end of its connection, as the server
// notices it, the ticket is good.
func (t *Ticket) Lifetime() time.Duration { return t.lifetime }

// String tells nothing: a ticket in a log would be a stolen ticket.
func (t Ticket) String() string { return "netcode.Ticket" }

// ticketVersion is the first byte of a ticket that was written down.
const ticketVersion = 1

const ticketBytes = 1 + wire.TicketIDLen + 3*32 + 4

var errTicketBytes = errors.New("netcode: Ticket: not a ticket of this version")

// MarshalBinary returns t as 117 bytes, secrets included. The error is nil.
func (t *Ticket) MarshalBinary() ([]byte, error) {
	b := append(make([]byte, 0, ticketBytes), ticketVersion)
	b = append(b, t.id[:]...)
	b = append(b, t.key[:]...)
	b = append(b, t.server[:]...)
	b = append(b, t.client[:]...)
	return binary.LittleEndian.AppendUint32(b, uint32(t.lifetime/time.Second)), nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (t *Ticket) UnmarshalBinary(b []byte) error {
	if len(b) != ticketBytes || b[0] != ticketVersion {
		return errTicketBytes
	}
	b = b[1:]
	t.id, b = [wire.TicketIDLen]byte(b), b[wire.TicketIDLen:]
	t.key, b = handshake.Seed(b), b[32:]
	t.server, b = [32]byte(b), b[32:]
	t.client, b = [32]byte(b), b[32:]
	t.lifetime = time.Duration(binary.LittleEndian.Uint32(b)) * time.Second
	return nil
}

// ticketing is what a connection has to do with tickets.
type ticketing struct {
	grant  *grant  // server: what was given out
	ticket *Ticket // client: what was received
	used   *Ticket // client: what the connection began with

	window time.Time // client: when the count of those taken began
	taken  int       // since
	packet uint64    // that the last one came in
}

// A client takes one ticket of a packet, and no more than maxTickets in
// ticketWindow: each costs a key and an event. A server has reason to give one
// in a connection (docs/PROTOCOL.md, section 6.12), and another may after it
// handed the connection to another process.
const (
	maxTickets   = 4
	ticketWindow = 10 * time.Second
)

// mayTake reports whether a ticket in a packet is to be taken, and counts it.
func (t *ticketing) mayTake(now time.Time, packet uint64) bool {
	if t.window.IsZero() || now.Sub(t.window) >= ticketWindow {
		t.window, t.taken = now, 0
	} else if t.taken == maxTickets || t.packet == packet {
		return false
	}
	t.taken++
	t.packet = packet
	return true
}

// A grant is a ticket as the server remembers it.
type grant struct {
	id      [wire.TicketIDLen]byte
	key     handshake.Seed
	conn    *Conn     // that it was given to
	expires time.Time // zero while conn is open
}

// A ticketStore holds the tickets that a Core gave out: one for each open
// connection, and those of lost ones until they expire, at most as many again.
type ticketStore struct {
	byID map[[wire.TicketIDLen]byte]*grant
	lost []*grant // in the order in which they expire
}

// issueTicket gives the client of an accepted connection a ticket, once.
func (c *Conn) issueTicket() {
	core := c.core
	if c.dialled || c.state != StateOpen || core.cfg.TicketLifetime < 0 || c.phases.seeds == nil || c.tickets != nil {
		return
	}
	g := &grant{conn: c}
	if _, err := io.ReadFull(core.cfg.Random, g.id[:]); err != nil {
		return // no randomness: no ticket
	}
	g.id[0] = byte(c.localID) // by which its use finds this shard
	g.key = c.phases.seeds.Resume.Ticket(g.id, c.peerKey, core.cfg.Key.Public)
	c.tickets = &ticketing{grant: g}
	c.owed |= carriesTicket
	core.tickets.add(g)
}

func (s *ticketStore) add(g *grant) {
	if s.byID == nil {
		s.byID = map[[wire.TicketIDLen]byte]*grant{}
	}
	s.byID[g.id] = g
}

// retireTicket decides what becomes of a server's ticket when its connection
// ends: who just fell silent may come back, who was sent away or left may not.
func (c *Conn) retireTicket(now time.Time) {
	if c.tickets == nil || c.tickets.grant == nil {
		return
	}
	g, store := c.tickets.grant, &c.core.tickets
	if c.err.Reason != CloseTimeout || store.byID[g.id] != g {
		store.remove(g)
		return
	}
	g.expires = now.Add(c.core.cfg.TicketLifetime)
	if store.lost = append(store.lost, g); len(store.lost) > c.core.cfg.MaxConns {
		store.removeOldest()
	}
	store.expire(now)
}

func (s *ticketStore) expire(now time.Time) {
	for len(s.lost) > 0 && !now.Before(s.lost[0].expires) {
		s.removeOldest()
	}
}

func (s *ticketStore) removeOldest() {
	g := s.lost[0]
	s.lost[0] = nil
	if s.lost = s.lost[1:]; s.byID[g.id] == g {
		s.remove(g)
	}
}

// remove makes a ticket void. One of a lost connection stays in its queue,
// empty, until its time comes.
func (s *ticketStore) remove(g *grant) {
	delete(s.byID, g.id)
	clear(g.key[:])
	g.conn = nil
}

// find returns the ticket with the given name if it is good at now; or nil.
func (s *ticketStore) find(now time.Time, id [wire.TicketIDLen]byte) *grant {
	s.expire(now)
	return s.byID[id]
}

// appendTicket appends the frame with the ticket.
func (c *Conn) appendTicket(plain []byte) []byte {
	var data [wire.TicketLen]byte
	f := &c.core.frame[0]
	*f = wire.Frame{Kind: wire.FrameControl, Channel: wire.ControlTicket, Data: wire.AppendTicket(data[:0],
		&wire.Ticket{ID: c.tickets.grant.id, Lifetime: c.core.cfg.TicketLifetime})}
	return wire.AppendFrame(plain, f, false)
}

// takeTicket keeps the ticket that a server gave us in a packet.
func (c *Conn) takeTicket(now time.Time, packet uint64, data []byte) {
	var w wire.Ticket
	if !c.dialled || c.phases.seeds == nil || wire.ConsumeTicket(data, &w) != nil {
		return // a client's ticket means nothing
	}
	if c.tickets == nil {
		c.tickets = &ticketing{}
	}
	if old := c.tickets.ticket; old != nil && old.id == w.ID {
		return // again, because our ack was lost
	}
	if !c.tickets.mayTake(now, packet) {
		c.stats.TicketsIgnored++
		return
	}
	t := &Ticket{id: w.ID, server: c.peerKey, client: c.core.cfg.Key.Public, lifetime: w.Lifetime}
	if used := c.tickets.used; used != nil {
		t.client = used.client
	}
	t.key = c.phases.seeds.Resume.Ticket(t.id, t.client, t.server)
	c.tickets.ticket = t
	c.core.emit(Event{Kind: EventTicket, Conn: c})
}

// Ticket returns what a client can come back with when this connection is
// lost; nil if the server has given none (yet: see EventTicket).
func (c *Conn) Ticket() *Ticket {
	if c.tickets == nil {
		return nil
	}
	return c.tickets.ticket
}
