package netcode

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/pack"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Errors of Export and Import.
var (
	// ErrNotYet means that the connection cannot be exported now: its
	// handshake, or a change of its keys, is under way. A round trip later it
	// can.
	ErrNotYet = errors.New("netcode: the connection cannot be exported yet")

	// ErrPlaintext means that a connection without keys cannot be exported:
	// nothing would keep the old process from going on with it.
	ErrPlaintext = errors.New("netcode: a plaintext connection cannot be exported")

	// ErrExport means that what was to be imported is not an export of this
	// version, for this game, of this kind of Core.
	ErrExport = errors.New("netcode: not an export that this Core can import")

	// ErrIDInUse means that the connection ID is taken, or leads to another
	// shard.
	ErrIDInUse = errors.New("netcode: the connection ID is in use")

	// ErrFull means that MaxConns connections are open.
	ErrFull = errors.New("netcode: no room for another connection")
)

// exportVersion is the first byte of an export. It changes with every change of
// what follows: exports are for the moment, not for keeping.
const exportVersion = 1

// Export moves the connection out of this Core, for Core.Import to go on with
// in another process, at the same address. It closes with CloseMoved, and
// nothing is ever sent for it here again; an EventClosed follows. What the peer
// sends until the import is lost, and sent again like after any loss.
//
// Reliable messages on their way both ways move along, and so do messages
// received and not taken, notices, and a ticket. Unreliable messages that were
// not sent, or of which nothing is known, count as lost. What stays is the
// User, counters, and what is known of the path's capacity.
//
// The bytes contain the secrets of the connection: who has them can read and
// forge its packets. Importing them twice would use nonces twice: they are for
// one Import, and then to be forgotten. The errors are ErrClosed, ErrNotYet and
// ErrPlaintext; the connection goes on after the latter two.
func (c *Conn) Export(now time.Time) ([]byte, error) {
	switch {
	case c.state == StateClosed:
		return nil, ErrClosed
	case c.core.cfg.Plaintext:
		return nil, ErrPlaintext
	case c.state != StateOpen || c.shaking != nil || !c.phaseAcknowledged():
		return nil, ErrNotYet
	}
	c.out.GiveUp(time.Time{}) // what was in it is sent again over there
	c.loseAll(now)
	c.giveUpUnsent(now)
	b := c.appendIdentity([]byte{exportVersion})
	b = c.appendKeys(b)
	b = pack.Uint(b, uint64(c.clock(now)))
	b = c.replay.AppendState(b)
	b = c.in.AppendState(b)
	b = c.out.AppendState(b)
	b = c.queue.AppendState(b)
	for i := range c.channels {
		b = c.channels[i].appendState(b)
	}
	b = c.notices.appendState(b)
	b = pack.Uint(b, uint64(c.nextID))
	b = append(pack.Uint(pack.Uint(b, uint64(c.ecn.in)), uint64(c.ecn.peer)), c.owed&(carriesECN|carriesObserved|carriesTicket))
	b = c.appendTickets(b)
	c.finish(now, &CloseError{Reason: CloseMoved})
	return b, nil
}

// Import goes on with a connection that was exported by another Core of the
// same game, channels and role, which does not exist any more. It rekeys first:
// what it sends is under keys that the exporter never had in use, so that no
// nonce can come twice even if the exporter went on. There is no EventConnected;
// the end is told by EventClosed.
//
// The errors are ErrExport, ErrIDInUse, ErrPathInUse and ErrFull.
func (c *Core) Import(now time.Time, data []byte) (*Conn, error) {
	if len(data) == 0 || data[0] != exportVersion || c.cfg.Plaintext {
		return nil, ErrExport
	}
	r := &pack.Reader{Rest: data[1:]}
	conn := newConn(c, now, Path{}, 0)
	if err := conn.consumeIdentity(r); err != nil {
		return nil, err
	}
	if err := conn.consumeKeys(r); err != nil {
		return nil, err
	}
	conn.began = now.Add(-time.Duration(r.Uint(uint64(100 * 365 * 24 * time.Hour))))
	conn.replay.ConsumeState(r)
	conn.in.ConsumeState(now, r)
	conn.out.ConsumeState(r)
	conn.queue.ConsumeState(r, len(conn.channels))
	for i := range conn.channels {
		conn.channels[i].consumeState(r)
	}
	conn.notices.consumeState(r, len(conn.channels))
	conn.nextID = MessageID(r.Uint(handshake.MaxPacketNumber))
	conn.ecn.in, conn.ecn.peer = uint32(r.Uint(1<<32-1)), uint32(r.Uint(1<<32-1))
	conn.owed = r.Take(1)[0] & (carriesECN | carriesObserved | carriesTicket)
	conn.consumeTickets(r)
	if r.Bad || len(r.Rest) > 0 || conn.owed&carriesTicket != 0 && (conn.tickets == nil || conn.tickets.grant == nil) {
		conn.forgetKeys()
		return nil, ErrExport
	}
	if err := conn.goOn(now); err != nil {
		conn.forgetKeys()
		return nil, err
	}
	return conn, nil
}

// goOn makes an imported connection one of the Core's.
func (c *Conn) goOn(now time.Time) error {
	core := c.core
	switch {
	case c.dialled && core.byPeer[keyOf(c.path)] != nil:
		return ErrPathInUse
	case c.dialled:
		c.nat = newNATSearch(&core.cfg)
		core.byPeer[keyOf(c.path)] = c
	case core.accepted >= core.cfg.MaxConns:
		return ErrFull
	default:
		if id, ok := shardID(c.localID, core.cfg.Shard, core.cfg.Shards); core.byID.of(c.localID) != nil || !ok || id != c.localID {
			return ErrIDInUse
		}
		core.byID.put(c.localID, c)
		core.accepted++
	}
	c.introduced = true
	c.state = StateOpen
	if c.tickets != nil && c.tickets.grant != nil {
		core.tickets.add(c.tickets.grant)
	}
	k := &c.phases
	k.firstSent, k.firstReceived, k.since = c.out.Next(), notYet, now
	c.sealLimit = min(k.firstSent+c.suite.MaxSealed(), handshake.MaxPacketNumber+1) - closeRepeats
	c.stats.KeyPhase = k.number
	c.ping = true // so that the peer follows
	core.trace.at(now)
	core.trace.state(c)
	core.trace.keysChanged(c, k.number, c.send, c.receive)
	core.join(c)
	c.touch(now)
	return nil
}

// appendIdentity appends who the two ends are, and where.
func (c *Conn) appendIdentity(b []byte) []byte {
	b = pack.Bytes(b, []byte(c.core.identity.Name))
	b = pack.Uint(pack.Uint(b, uint64(c.core.identity.Build)), c.core.identity.Schema)
	b = pack.Bool(pack.Bool(b, c.dialled), c.resumed)
	id := c.localID
	if c.dialled {
		id = c.remoteID
	}
	b = pack.Uint(pack.Uint(pack.Uint(b, c.traceID), id), uint64(c.idLen))
	remote, local := c.path.Remote.Addr().AsSlice(), c.path.Local.AsSlice()
	b = pack.Bytes(pack.Bytes(b, remote), local)
	b = pack.Bytes(b, []byte(c.path.Remote.Addr().Zone()))
	b = pack.Uint(pack.Uint(b, uint64(c.path.Remote.Port())), uint64(c.path.Carrier))
	return append(b, c.peerKey[:]...)
}

func (c *Conn) consumeIdentity(r *pack.Reader) error {
	id := wire.Identity{
		Name: string(r.Bytes(wire.MaxName)), Build: uint32(r.Uint(1<<32 - 1)), Schema: r.Uint(1<<64 - 1),
	}
	c.dialled, c.resumed = r.Bool(), r.Bool()
	c.traceID = r.Uint(1<<64 - 1)
	if c.dialled {
		c.remoteID, c.idLen = r.Uint(1<<64-1), int(r.Uint(8))
	} else {
		c.localID, c.idLen = r.Uint(1<<(8*connIDLen)-1), int(r.Uint(0))
	}
	remote, ok := netip.AddrFromSlice(r.Bytes(16))
	local, _ := netip.AddrFromSlice(r.Bytes(16)) // which may be unknown
	if zone := r.Bytes(64); len(zone) > 0 {
		remote = remote.WithZone(string(zone))
	}
	c.path = Path{Remote: netip.AddrPortFrom(remote, uint16(r.Uint(1<<16-1))), Local: local, Carrier: uint16(r.Uint(1<<16 - 1))}
	c.peerKey = [32]byte(r.Take(32))
	switch {
	case r.Bad || !ok || c.dialled && c.idLen == 0 || c.dialled && c.core.cfg.Shards > 1:
		return ErrExport
	case id != c.core.identity:
		return fmt.Errorf("%w: %s", ErrExport, describeMismatch(id, c.core.identity))
	}
	return nil
}

// appendKeys appends the secrets of the next phase, and what opens packets of
// this one. What seals them is left behind.
func (c *Conn) appendKeys(b []byte) []byte {
	b = pack.Uint(append(b, byte(c.suite)), c.phases.number)
	s := c.phases.seeds
	b = append(append(append(b, s.Send[:]...), s.Receive[:]...), s.Resume[:]...)
	key, iv, _ := handshake.Secret(c.receive)
	return append(append(b, key[:]...), iv[:]...)
}

// consumeKeys takes what appendKeys appended, and goes one phase on.
func (c *Conn) consumeKeys(r *pack.Reader) (err error) {
	c.suite = handshake.Suite(r.Take(1)[0])
	number := r.Uint(handshake.MaxPacketNumber)
	s := &handshake.Secrets{}
	for _, seed := range []*handshake.Seed{&s.Send, &s.Receive, &s.Resume} {
		*seed = handshake.Seed(r.Take(len(seed)))
	}
	key, iv := [32]byte(r.Take(32)), [12]byte(r.Take(12))
	if r.Bad || c.suite.MaxSealed() == 0 {
		return ErrExport
	}
	c.phases = phases{number: number + 1, seeds: s}
	if c.phases.previous, err = handshake.FromSecret(key, iv, c.suite); err != nil {
		return err
	}
	if c.receive, err = s.Receive.Protector(c.suite); err != nil {
		return err
	}
	if c.send, err = s.Send.Protector(c.suite); err != nil {
		return err
	}
	s.Send.Next(c.suite)
	s.Receive.Next(c.suite)
	return nil
}

// appendTickets appends the ticket that was given out, or that we have.
func (c *Conn) appendTickets(b []byte) []byte {
	t := c.tickets
	if b = pack.Bool(b, t != nil); t == nil {
		return b
	}
	if b = pack.Bool(b, t.grant != nil); t.grant != nil {
		b = append(append(b, t.grant.id[:]...), t.grant.key[:]...)
	}
	for _, ticket := range []*Ticket{t.ticket, t.used} {
		if b = pack.Bool(b, ticket != nil); ticket != nil {
			written, _ := ticket.MarshalBinary()
			b = append(b, written...)
		}
	}
	return b
}

func (c *Conn) consumeTickets(r *pack.Reader) {
	if !r.Bool() {
		return
	}
	c.tickets = &ticketing{}
	if r.Bool() {
		g := &grant{conn: c}
		g.id = [wire.TicketIDLen]byte(r.Take(wire.TicketIDLen))
		g.key = handshake.Seed(r.Take(len(g.key)))
		c.tickets.grant = g
	}
	for _, to := range []**Ticket{&c.tickets.ticket, &c.tickets.used} {
		if r.Bool() {
			if *to = new(Ticket); (*to).UnmarshalBinary(r.Take(ticketBytes)) != nil {
				r.Fail()
			}
		}
	}
	if c.dialled == (c.tickets.grant != nil) {
		r.Fail()
	}
}

func (ch *channelState) appendState(b []byte) []byte {
	switch {
	case ch.incoming != nil:
		return ch.incoming.AppendState(ch.outgoing.AppendState(b))
	case ch.latest != nil:
		return ch.latest.AppendState(ch.values.AppendState(b))
	}
	return ch.inbound.AppendState(ch.outbox.AppendState(b))
}

func (ch *channelState) consumeState(r *pack.Reader) {
	switch {
	case ch.incoming != nil:
		ch.outgoing.ConsumeState(r)
		ch.incoming.ConsumeState(r)
	case ch.latest != nil:
		ch.values.ConsumeState(r)
		ch.latest.ConsumeState(r)
	default:
		ch.outbox.ConsumeState(r)
		ch.inbound.ConsumeState(r)
	}
}

func (n *notices) appendState(b []byte) []byte {
	b = pack.Uint(b, n.tail-n.head)
	for i := n.head; i < n.tail; i++ {
		notice := n.ring[i&uint64(len(n.ring)-1)]
		b = pack.Uint(pack.Uint(b, uint64(notice.ID)), uint64(notice.Channel))
		b = pack.Bool(b, notice.Delivered)
	}
	return b
}

func (n *notices) consumeState(r *pack.Reader, channels int) {
	for range r.Count(maxNotices) {
		n.push(Notice{
			ID:      MessageID(r.Uint(handshake.MaxPacketNumber)),
			Channel: int(r.Uint(uint64(channels - 1))), Delivered: r.Bool(),
		})
	}
}
