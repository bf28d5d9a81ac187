package netcode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// DialOptions say whom to expect and what to tell them.
type DialOptions struct {
	// ServerKey is the server's public key, from a server list, a token or a
	// file of known hosts. If zero, whatever key the server has is accepted:
	// Conn.PeerKey tells which, and the caller may compare and keep it.
	ServerKey [32]byte

	// Hello is application data for the server's EventConnected, such as the
	// player's name; at most 512 bytes. It is encrypted.
	Hello []byte

	// Token is a connect token for the server's Config.Admit. It is encrypted
	// too. Hello and Token together are at most 1,000 bytes.
	Token []byte

	// Route leads to one of several shards behind the server's address, if
	// the server has said which: number Route modulo how many there are
	// (NewShards). So the shard's number plus that of shards does, in the
	// list of matches that gives the address. If zero, to any of them.
	Route uint8

	// Ticket is what Conn.Ticket of an earlier connection to the server
	// returned: the server takes the player back without a round trip, if it
	// still knows the ticket and lets the player in, and else the ordinary
	// handshake follows by itself, with the same Hello and the Token; it also
	// says why not. Conn.Resumed tells: only then was the ticket used. A
	// connection over the same path is given up, silently.
	Ticket *Ticket

	// Early is application data for the server's EventConnected that need not
	// wait for its answer; at most 512 bytes, and only with a Ticket. They are
	// dropped if the ticket is not taken. A server takes a ticket once, but
	// who records the datagram can have it arrive late, or at the place of the
	// true one: put nothing there that would do harm then.
	Early []byte
}

// Dial begins to connect over path. The result comes as an event:
// EventConnected or EventClosed. Dial itself fails only for what is wrong on
// this side.
func (c *Core) Dial(now time.Time, path Path, opt DialOptions) (*Conn, error) {
	switch {
	case !path.Remote.IsValid():
		return nil, errors.New("netcode: Dial: path has no remote address")
	case len(opt.Hello) > wire.MaxHello:
		return nil, fmt.Errorf("netcode: DialOptions.Hello has %d bytes, want at most %d", len(opt.Hello), wire.MaxHello)
	case len(opt.Hello)+len(opt.Token) > wire.MaxFirstFlight:
		return nil, fmt.Errorf("netcode: DialOptions.Hello and Token have %d bytes, want at most %d together",
			len(opt.Hello)+len(opt.Token), wire.MaxFirstFlight)
	case c.byPeer[keyOf(path)] != nil && opt.Ticket == nil:
		return nil, ErrPathInUse
	case c.cfg.Shards > 1:
		return nil, errShardDials
	}
	if err := c.checkTicket(&opt); err != nil {
		return nil, err
	}
	id, err := c.newClientID()
	if err != nil {
		return nil, err
	}
	conn := newConn(c, now, path, routeID(id, opt.Route))
	conn.dialled = true
	conn.nat = newNATSearch(&c.cfg)
	c.trace.at(now)
	s := &shaking{
		clientID: conn.traceID, server: opt.ServerKey,
		hello: slices.Clone(opt.Hello), token: slices.Clone(opt.Token), began: now, resendAt: now,
	}
	conn.shaking = s
	if opt.Ticket != nil {
		err = conn.rejoin(&opt)
	} else {
		err = conn.shakeHands()
	}
	if err != nil {
		return nil, fmt.Errorf("netcode: Dial: %w", err)
	}
	if old := c.byPeer[keyOf(path)]; old != nil {
		old.replaced(now)
	}
	c.join(conn)
	c.trace.state(conn)
	c.byPeer[keyOf(path)] = conn
	c.wake(now)
	return conn, nil
}

// firstMessage prepares the first handshake message.
func (c *Conn) firstMessage(serverKey [32]byte) (err error) {
	s, core := c.shaking, c.core
	payload := []byte{byte(core.suites)}
	info := wire.ClientInfo{Identity: core.identity, Hello: s.hello, Token: s.token}
	if s.mode != wire.ModeXX {
		payload = wire.AppendClientInfo(payload, &info)
	}
	if s.mode == wire.ModePlaintext {
		s.message = core.handshakeChecksum(s.clientID).Seal(nil, nil, payload, 0)
		return nil
	}
	if s.noise, err = core.newNoise(s.mode, s.clientID, true, serverKey); err != nil {
		return err
	}
	s.message, err = s.noise.Write(nil, payload)
	return err
}

// receiveServer handles a handshake datagram from the server we dialled.
func (c *Conn) receiveServer(now time.Time, h *wire.Handshake) {
	s := c.shaking
	if s == nil || h.ClientID != s.clientID || c.state == StateClosed {
		c.core.drop(DropHandshake)
		return
	}
	switch {
	case h.Type == wire.Refuse && s.step != awaitPacket:
		c.refused(now, h)
	case h.Version != wire.Version || h.Mode != s.mode:
		c.core.drop(DropHandshake)
	case h.Type == wire.Retry && s.step == awaitResume:
		c.ticketRefused(now, h)
	case h.Type == wire.Resume && s.step == awaitResume:
		if !c.resume(now, h) {
			c.core.drop(DropHandshake)
		}
	case h.Type == wire.Retry && (s.step == awaitRetry || s.step == awaitRespond):
		c.retry(now, h)
	case h.Type == wire.Respond && s.step == awaitRespond:
		if !c.respond(now, h) {
			c.core.drop(DropHandshake)
		}
	default:
		c.core.drop(DropHandshake)
	}
}

// refused counts a refusal and believes it when it has come often enough.
func (c *Conn) refused(now time.Time, h *wire.Handshake) {
	reason := h.Reason
	if h.Version != wire.Version {
		reason = wire.RefuseVersion // all that another version's refusal can mean here
	}
	if c.shaking.refusals[reason]++; c.shaking.refusals[reason] < refusalsNeeded {
		return
	}
	err := &CloseError{Remote: true}
	switch reason {
	case wire.RefuseVersion:
		err.Reason, err.Text = CloseWrongVersion, describeVersion(h.Version)
	case wire.RefuseMode:
		err.Reason, err.Text = CloseWrongMode, "the server wants encryption, the client is in plaintext mode"
		if c.shaking.mode != wire.ModePlaintext {
			err.Text = "the server is in plaintext mode, the client wants encryption"
		}
	case wire.RefuseKey:
		err.Reason, err.Text = CloseWrongKey, "the server does not have the key that is pinned for it"
	}
	c.finish(now, err)
}

// retry puts the first message into a datagram with the server's cookie. It
// leaves at once for the first cookie only: a server that takes none of its
// own, say one of several behind one address, must not make us send in a loop.
func (c *Conn) retry(now time.Time, h *wire.Handshake) {
	s := c.shaking
	s.datagram = wire.AppendHandshake(s.datagram[:0], &wire.Handshake{
		Type: wire.Initiate, Version: wire.Version, Mode: s.mode, ClientID: s.clientID,
		Cookie: h.Cookie, Noise: s.message,
	})
	if s.step == awaitRetry {
		s.step, s.resendAt = awaitRespond, now
	}
	c.lastReceived = now
}

// respond takes the server's message. It reports false if it is not genuine.
func (c *Conn) respond(now time.Time, h *wire.Handshake) bool {
	s := c.shaking
	payload, salt, err := c.openRespond(h)
	var info wire.ServerInfo
	if err != nil || wire.ConsumeServerInfo(payload, &info) != nil {
		return false
	}
	c.remoteID, c.idLen = info.ConnID, info.ConnIDLen
	s.datagram = s.datagram[:0]
	mismatch := describeMismatch(c.core.identity, info.Identity)
	if s.mode == wire.ModeXX {
		message, err := s.noise.Write(nil, wire.AppendClientInfo(nil,
			&wire.ClientInfo{Identity: c.core.identity, Hello: s.hello, Token: s.token}))
		if err != nil {
			return false
		}
		s.datagram = wire.AppendHandshake(s.datagram, &wire.Handshake{
			Type: wire.Finish, Version: wire.Version, Mode: s.mode, ClientID: s.clientID, Noise: message,
		})
	}
	if s.mode == wire.ModePlaintext {
		c.setChecksums(salt)
	} else if 1<<info.Suite&c.core.suites == 0 || c.setKeys(info.Suite) != nil {
		return false
	}
	c.lastReceived = now
	s.step, s.resendAt = awaitPacket, now
	if mismatch != "" {
		c.Close(now, CloseWrongVersion, mismatch)
		return true
	}
	c.open(Event{})
	return true
}

// openRespond decrypts the server's message; salt is for plaintext mode.
func (c *Conn) openRespond(h *wire.Handshake) (payload []byte, salt uint64, err error) {
	s := c.shaking
	if s.mode != wire.ModePlaintext {
		payload, err = s.noise.Read(h.Noise)
		return payload, 0, err
	}
	payload, err = c.core.handshakeChecksum(s.clientID).Open(nil, nil, h.Noise, 1)
	if err != nil || len(payload) < 8 {
		return nil, 0, handshake.ErrMessage
	}
	return payload[8:], binary.LittleEndian.Uint64(payload), nil
}
