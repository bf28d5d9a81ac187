package netcode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/ack"
	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Coming back with a ticket (docs/PROTOCOL.md, section 6.12).

// rejoinPatience is how long a client waits for an answer to its ticket before
// it begins an ordinary handshake: five tries. Then the server has restarted as
// something else, or cannot hear us, or does not know tickets.
const rejoinPatience = time.Second

// minCredit is how much must be left of what may go to an address that is not
// proven for a packet to be sent there at all: a header, the longest ack, a tag,
// and a message worth the trouble.
const minCredit = 160

// checkTicket reports what is wrong with the Ticket and Early of opt.
func (c *Core) checkTicket(opt *DialOptions) error {
	switch {
	case opt.Ticket == nil && len(opt.Early) > 0:
		return errors.New("netcode: DialOptions.Early needs a Ticket")
	case opt.Ticket == nil:
		return nil
	case c.cfg.Plaintext:
		return errors.New("netcode: DialOptions.Ticket is for encrypted connections")
	case opt.Ticket.key == handshake.Seed{}:
		return errors.New("netcode: DialOptions.Ticket is empty")
	case opt.ServerKey != [32]byte{} && opt.ServerKey != opt.Ticket.server:
		return errors.New("netcode: DialOptions.Ticket is of another server than ServerKey")
	case len(opt.Early) > wire.MaxEarly:
		return fmt.Errorf("netcode: DialOptions.Early has %d bytes, want at most %d", len(opt.Early), wire.MaxEarly)
	}
	return nil
}

// Resumed reports whether the connection began with a ticket: to a client, that
// the server took it, and DialOptions.Early with it.
func (c *Conn) Resumed() bool { return c.resumed }

// newTicketNoise returns the handshake state for a ticket.
func (c *Core) newTicketNoise(key handshake.Seed, clientID uint64, initiator bool) (*handshake.State, error) {
	return handshake.New(handshake.Params{
		Pattern: handshake.NNpsk0, Initiator: initiator, Shared: key,
		Prologue: prologue(wire.ModeTicket, clientID), Random: c.cfg.Random,
	})
}

// rejoin prepares the datagram that a client comes back with. Its client ID
// leads to the shard that gave the ticket.
func (c *Conn) rejoin(opt *DialOptions) error {
	s, t := c.shaking, opt.Ticket
	s.clientID = s.clientID&^0xff | uint64(t.id[0])
	c.traceID = s.clientID
	s.mode, s.step, s.server = wire.ModeTicket, awaitResume, opt.ServerKey
	c.tickets = &ticketing{used: t}
	var err error
	if s.noise, err = c.core.newTicketNoise(t.key, s.clientID, true); err != nil {
		return err
	}
	payload := wire.AppendClientInfo([]byte{byte(c.core.suites)},
		&wire.ClientInfo{Identity: c.core.identity, Hello: s.hello, Early: opt.Early})
	message, err := s.noise.Write(nil, payload)
	if err != nil {
		return err
	}
	s.datagram = wire.AppendHandshake(nil, &wire.Handshake{
		Type: wire.Rejoin, Version: wire.Version, Mode: s.mode, ClientID: s.clientID, Ticket: t.id[:], Noise: message,
	})
	return nil
}

// shakeHands begins the ordinary handshake: with it, or because a ticket was
// of no use.
func (c *Conn) shakeHands() error {
	s := c.shaking
	s.mode, s.step = wire.ModeXX, awaitRetry
	switch {
	case c.core.cfg.Plaintext:
		s.mode = wire.ModePlaintext
	case s.server != [32]byte{}:
		s.mode = wire.ModeIK
	}
	if err := c.firstMessage(s.server); err != nil {
		return err
	}
	s.datagram = wire.AppendHandshake(s.datagram[:0], &wire.Handshake{
		Type: wire.Hello, Version: wire.Version, Mode: s.mode, ClientID: s.clientID,
	})
	return nil
}

// ticketRefused goes on without a ticket: with the cookie in the server's
// Retry, or, if nobody answered, from the beginning, under another client ID,
// because a server may be answering to the old one.
func (c *Conn) ticketRefused(now time.Time, retry *wire.Handshake) {
	s := c.shaking
	c.tickets = nil
	if retry == nil {
		id, err := c.core.newClientID()
		if err != nil {
			return // the ticket is tried again
		}
		s.clientID = id&^0xff | s.clientID&0xff // the same shard
		c.traceID = s.clientID
	}
	if err := c.shakeHands(); err != nil {
		c.finish(now, &CloseError{Reason: CloseTimeout, Text: err.Error()})
		return
	}
	s.resendAt = now
	if retry != nil {
		c.retry(now, retry)
	}
}

// resume takes the server's answer to a ticket. It reports false if it is not
// genuine.
func (c *Conn) resume(now time.Time, h *wire.Handshake) bool {
	s := c.shaking
	payload, err := s.noise.Read(h.Noise)
	var info wire.ServerInfo
	if err != nil || wire.ConsumeServerInfo(payload, &info) != nil {
		return false
	}
	c.remoteID, c.idLen = info.ConnID, info.ConnIDLen
	c.peerKey = c.tickets.used.server
	if 1<<info.Suite&c.core.suites == 0 || c.setKeys(info.Suite) != nil {
		return false
	}
	s.datagram = s.datagram[:0]
	c.lastReceived, c.resumed = now, true
	s.step, s.resendAt = awaitPacket, now
	if mismatch := describeMismatch(c.core.identity, info.Identity); mismatch != "" {
		c.Close(now, CloseWrongVersion, mismatch)
		return true
	}
	c.open(Event{})
	c.ping = true // at once, even if a packet came with the answer: it proves our address
	return true
}

// receiveRejoin lets a client with a ticket back in. No address is proven and
// no cookie asked for: without the ticket's key, refusing it takes a look-up, or
// two hashes if its name was overheard, and no public-key operation.
func (c *Core) receiveRejoin(now time.Time, path Path, h *wire.Handshake) {
	if conn := c.pending[handshakeKey{keyOf(path), h.ClientID}]; conn != nil {
		conn.shaking.credit += wire.MaxDatagram
		conn.repeat(now)
		return
	}
	g := c.tickets.find(now, [wire.TicketIDLen]byte(h.Ticket))
	if g == nil || len(c.pending) >= maxPending {
		c.stats.TicketsRefused++
		c.sendCookie(now, path, h) // whose use is the ordinary handshake
		return
	}
	noise, err := c.newTicketNoise(g.key, h.ClientID, false)
	if err != nil {
		c.drop(DropHandshake)
		return
	}
	payload, err := noise.Read(h.Noise)
	var client wire.ClientInfo
	if err != nil || len(payload) == 0 || wire.ConsumeClientInfo(payload[1:], &client) != nil || !c.welcomeBack(now, path, h, g, noise, payload[0], &client) {
		c.drop(DropHandshake)
	}
}

// mayComeBack reports whether a client whose ticket is good is let in, and the
// application's User for it. A denial changes nothing: the client keeps its
// ticket, and the connection that it was given in.
func (c *Core) mayComeBack(now time.Time, path Path, prior *Conn, client *wire.ClientInfo) (user any, ok bool) {
	open := c.accepted
	if prior.state == StateOpen {
		open-- // whose place it takes
	}
	if describeMismatch(client.Identity, c.identity) != "" || open >= c.cfg.MaxConns {
		return nil, false
	}
	user, err := c.ask(now, Applicant{Path: path, PeerKey: prior.peerKey, Hello: client.Hello, Prior: prior})
	if user == nil {
		user = prior.user
	}
	return user, err == nil
}

// welcomeBack makes the connection of a client whose ticket is good, if it is
// let in. It reports false if there is no cipher, or no randomness.
//
// What asks for nothing in return comes first. Then the ticket is void, before
// there are keys or an answer: whatever happens from there on, it is good for
// nobody else.
func (c *Core) welcomeBack(now time.Time, path Path, h *wire.Handshake, g *grant, noise *handshake.State, offered byte, client *wire.ClientInfo) bool {
	suites, prior := wire.Suites(offered)&c.suites, g.conn
	id, err := c.newConnID()
	if suites == 0 || err != nil {
		return false
	}
	user, ok := c.mayComeBack(now, path, prior, client)
	if !ok {
		c.stats.RejoinsDenied++
		c.sendCookie(now, path, h) // the ordinary handshake says why
		return true
	}
	c.tickets.remove(g)
	conn := newConn(c, now, path, h.ClientID)
	conn.shaking = &shaking{
		clientID: h.ClientID, mode: wire.ModeTicket, step: awaitPacket, noise: noise,
		again: true, began: now, credit: wire.MaxDatagram,
	}
	conn.localID, conn.peerKey, conn.user, conn.resumed = id, prior.peerKey, user, true
	if !conn.answerInitiate(&wire.ServerInfo{ConnID: id, ConnIDLen: connIDLen, Identity: c.identity, Suite: chooseSuite(suites)}) {
		return false
	}
	prior.replaced(now)
	c.stats.Rejoins++
	c.join(conn)
	c.trace.state(conn)
	c.byID.put(id, conn)
	c.pending[conn.handshakeKey()] = conn
	conn.open(Event{Hello: slices.Clone(client.Hello), Prior: prior, Early: slices.Clone(client.Early)})
	conn.touch(now)
	return true
}

// replaced ends a connection in whose place there is a new one. Its peer is told
// nothing: it knows.
func (c *Conn) replaced(now time.Time) {
	if c.ending = nil; c.state != StateClosed {
		c.finish(now, &CloseError{Reason: CloseReplaced})
	}
	if c.gone = true; c.dialled {
		c.unlistAll()
	}
	c.touch(now) // it may have been waiting to repeat its good-bye
}

// unproven reports whether the client's address is not proven yet: it came back
// with a ticket, and no packet of its has followed.
func (c *Conn) unproven() bool {
	return c.shaking != nil && c.shaking.mode == wire.ModeTicket && !c.dialled
}

// sendable returns how large a datagram may be: to an address that is not
// proven goes no more than came from there (RFC 9000, section 8.1, allows three
// times as much).
func (c *Conn) sendable() int {
	if !c.unproven() {
		return c.MaxDatagram()
	}
	if c.shaking.credit < minCredit {
		return 0
	}
	return min(wire.MaxDatagram, c.shaking.credit)
}

// spend counts bytes that were sent to an address that is not proven.
func (c *Conn) spend(bytes int) {
	if c.unproven() {
		c.shaking.credit -= bytes
	}
}

// flushUnproven sends what may go to an address that is not proven. Unreliable
// messages beyond that are lost: they are of now, and there is no telling when
// they could leave.
func (c *Conn) flushUnproven(now time.Time, out Sender) {
	c.urged = false
	for c.wantsPacket(now) && c.sendable() > 0 && c.sendPacket(now, out) {
	}
	c.giveUpUnsent(now)
	c.emptied()
}

// giveUpUnsent says that the unreliable messages which have not left are lost.
func (c *Conn) giveUpUnsent(now time.Time) {
	f := &c.core.frame[0]
	for i := range c.channels {
		ch := &c.channels[i]
		if ch.outbox == nil {
			continue
		}
		for ch.outbox.Waiting() {
			if id, ok := ch.outbox.Next(c.clock(now), wire.MaxDatagram, f); ok {
				c.noteUnreliable(ack.Item{Channel: uint8(i), Number: id, Fragment: f.Kind == wire.FrameFragment}, false)
			}
		}
		c.tell(uint8(i))
	}
}

// newClientID draws the ID of one attempt to connect.
func (c *Core) newClientID() (uint64, error) {
	var id [8]byte
	if _, err := io.ReadFull(c.cfg.Random, id[:]); err != nil {
		return 0, fmt.Errorf("netcode: client ID: %w", err)
	}
	return binary.LittleEndian.Uint64(id[:]), nil
}
