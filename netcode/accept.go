package netcode

import (
	"encoding/binary"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// receiveHandshake handles a handshake datagram from anyone.
func (c *Core) receiveHandshake(now time.Time, path Path, datagram []byte) {
	var h wire.Handshake
	if len(datagram) > wire.MaxDatagram || wire.ConsumeHandshake(datagram, &h) != nil {
		c.drop(DropMalformed)
		return
	}
	switch h.Type {
	case wire.Retry, wire.Respond, wire.Refuse, wire.Resume:
		conn := c.byPeer[keyOf(path)]
		if conn == nil {
			c.drop(DropUnknownConn)
			return
		}
		conn.receiveServer(now, &h)
		conn.touch(now)
		return
	}
	if c.cfg.MaxConns == 0 {
		c.drop(DropNotServing)
		return
	}
	switch {
	case h.Version != wire.Version:
		c.refuse(now, path, &h, wire.RefuseVersion, len(datagram))
	case (h.Mode == wire.ModePlaintext) != c.cfg.Plaintext:
		c.refuse(now, path, &h, wire.RefuseMode, len(datagram))
	case h.Type == wire.Hello:
		c.sendCookie(now, path, &h)
	case h.Type == wire.Initiate:
		c.receiveInitiate(now, path, &h)
	case h.Type == wire.Rejoin:
		c.receiveRejoin(now, path, &h)
	case h.Type == wire.Finish:
		c.receiveFinish(now, path, &h)
	}
}

// reply queues a stateless answer.
func (c *Core) reply(now time.Time, path Path, h *wire.Handshake) {
	if len(c.replies) == maxReplies {
		c.drop(DropLimit)
		return
	}
	c.replies = append(c.replies, reply{path: path})
	r := &c.replies[len(c.replies)-1]
	r.n = len(wire.AppendHandshake(r.data[:0], h))
	c.wake(now)
}

// refuse says why there can be no handshake, if the answer is no larger than
// the question.
func (c *Core) refuse(now time.Time, path Path, h *wire.Handshake, why wire.RefuseReason, asked int) {
	c.stats.Refused++
	if asked < wire.HandshakeHeaderLen+1 {
		c.drop(DropMalformed)
		return
	}
	c.reply(now, path, &wire.Handshake{
		Type: wire.Refuse, Version: wire.Version, Mode: h.Mode, ClientID: h.ClientID, Reason: why,
	})
}

// cookieJar returns the jar, made when the first client asks, and the gate
// with it.
func (c *Core) cookieJar(now time.Time) *handshake.CookieJar {
	if c.cookies == nil {
		jar, err := handshake.NewCookieJar(c.cfg.Random, now)
		if err != nil {
			return nil // no randomness: serve nobody
		}
		c.cookies, c.gate = jar, newGate(c.cfg.Random)
	}
	return c.cookies
}

// sendCookie asks a client to prove that it receives what is sent to its
// address. Nothing is kept.
func (c *Core) sendCookie(now time.Time, path Path, h *wire.Handshake) {
	jar := c.cookieJar(now)
	if jar == nil {
		c.drop(DropHandshake)
		return
	}
	if !c.gate.allowCookie(now, path, h.ClientID) {
		c.drop(DropLimit)
		return
	}
	var pathBytes [pathBytesLen]byte
	var cookie [wire.CookieLen]byte
	c.reply(now, path, &wire.Handshake{
		Type: wire.Retry, Version: wire.Version, Mode: h.Mode, ClientID: h.ClientID,
		Cookie: jar.Append(cookie[:0], now, appendPath(pathBytes[:0], path), h.ClientID),
	})
}

// receiveInitiate begins a handshake with a proven address.
func (c *Core) receiveInitiate(now time.Time, path Path, h *wire.Handshake) {
	if conn := c.pending[handshakeKey{keyOf(path), h.ClientID}]; conn != nil {
		conn.repeat(now)
		return
	}
	var pathBytes [pathBytesLen]byte
	jar := c.cookieJar(now)
	if jar != nil && jar.Fresh(now, h.Cookie) && !c.gate.check.take(now, maxChecks, maxChecks/10) {
		c.drop(DropLimit)
		return
	}
	if jar == nil || !jar.Check(now, appendPath(pathBytes[:0], path), h.ClientID, h.Cookie) {
		c.drop(DropBadCookie)
		c.sendCookie(now, path, h) // it may have expired on the way
		return
	}
	if n := len(c.pending); n >= maxPending || n >= maxPending/2 && c.pendingFrom(path.Remote.Addr()) >= maxPendingEach {
		c.drop(DropLimit)
		return
	}
	if !c.gate.allowHandshake(now, path.Remote.Addr(), c.cfg.HandshakeRate) {
		c.drop(DropLimit)
		return
	}
	c.stats.Handshakes++
	if !c.begin(now, path, h) {
		c.drop(DropHandshake)
	}
}

// pendingFrom counts the handshakes under way from the host with address a.
func (c *Core) pendingFrom(a netip.Addr) (n int) {
	host := hostOf(a)
	for key := range c.pending {
		if host.Contains(key.remote.Addr().WithZone("")) {
			n++
		}
	}
	return n
}

// repeat answers a client that did not hear our answer.
func (c *Conn) repeat(now time.Time) {
	c.shaking.again = true
	if c.ending != nil {
		c.ending.left, c.ending.sendAt = closeRepeats, now
	}
	c.touch(now)
}

// begin reads the client's first message and prepares the answer. It reports
// false if the message does not make sense.
func (c *Core) begin(now time.Time, path Path, h *wire.Handshake) bool {
	conn := newConn(c, now, path, h.ClientID)
	s := &shaking{clientID: h.ClientID, mode: h.Mode, step: awaitPacket, again: true, began: now}
	conn.shaking = s
	payload, err := conn.openInitiate(h)
	if err != nil && h.Mode == wire.ModeIK {
		c.refuse(now, path, h, wire.RefuseKey, wire.MaxDatagram) // it was written for another key
	}
	if err != nil || len(payload) == 0 {
		return false
	}
	suites := wire.Suites(payload[0]) & c.suites
	info := wire.ServerInfo{ConnIDLen: connIDLen, Identity: c.identity, Suite: chooseSuite(suites)}
	if h.Mode != wire.ModePlaintext && suites == 0 {
		return false
	}
	var client wire.ClientInfo
	if h.Mode == wire.ModeXX {
		s.step = awaitFinish
	} else if wire.ConsumeClientInfo(payload[1:], &client) != nil {
		return false
	}
	if info.ConnID, err = c.newConnID(); err != nil {
		return false
	}
	conn.localID = info.ConnID
	if !conn.answerInitiate(&info) {
		return false
	}
	c.join(conn)
	c.trace.state(conn)
	c.byID.put(conn.localID, conn)
	c.pending[conn.handshakeKey()] = conn
	if h.Mode != wire.ModeXX {
		conn.meet(now, &client)
	}
	c.wake(now)
	return true
}

// chooseSuite returns the cipher for a connection: AES where both ends have
// hardware for it, since it takes half the time there (docs/BENCHMARKS.md).
func chooseSuite(both wire.Suites) uint8 {
	if both&(1<<handshake.AES256GCM) != 0 {
		return uint8(handshake.AES256GCM)
	}
	return uint8(handshake.ChaCha20Poly1305)
}

func (c *Conn) openInitiate(h *wire.Handshake) (payload []byte, err error) {
	if h.Mode == wire.ModePlaintext {
		return c.core.handshakeChecksum(h.ClientID).Open(nil, nil, h.Noise, 0)
	}
	if c.shaking.noise, err = c.core.newNoise(h.Mode, h.ClientID, false, [32]byte{}); err != nil {
		return nil, err
	}
	return c.shaking.noise.Read(h.Noise)
}

// answerInitiate prepares the server's handshake datagram, and the keys if
// they are known after it.
func (c *Conn) answerInitiate(info *wire.ServerInfo) bool {
	s := c.shaking
	var message, payload []byte
	var err error
	if s.mode == wire.ModePlaintext {
		var salt [8]byte
		if _, err := io.ReadFull(c.core.cfg.Random, salt[:]); err != nil {
			return false
		}
		payload = wire.AppendServerInfo(append(payload, salt[:]...), info)
		message = c.core.handshakeChecksum(s.clientID).Seal(nil, nil, payload, 1)
		c.setChecksums(binary.LittleEndian.Uint64(salt[:]))
	} else if message, err = s.noise.Write(nil, wire.AppendServerInfo(payload, info)); err != nil {
		return false
	}
	c.suite = handshake.Suite(info.Suite)
	if (s.mode == wire.ModeIK || s.mode == wire.ModeTicket) && c.setKeys(info.Suite) != nil {
		return false
	}
	kind := wire.Respond
	if s.mode == wire.ModeTicket {
		kind = wire.Resume
	}
	s.datagram = wire.AppendHandshake(nil, &wire.Handshake{
		Type: kind, Version: wire.Version, Mode: s.mode, ClientID: s.clientID, Noise: message,
	})
	return true
}

// meet looks at what the client says of itself, and keeps its hello until it
// has proven that it has the keys.
func (c *Conn) meet(now time.Time, client *wire.ClientInfo) {
	c.shaking.hello, c.shaking.token = slices.Clone(client.Hello), slices.Clone(client.Token)
	if text := describeMismatch(client.Identity, c.core.identity); text != "" {
		c.Close(now, CloseWrongVersion, text)
	} else if c.core.accepted >= c.core.cfg.MaxConns {
		c.Close(now, CloseFull, "")
	}
}

// receiveFinish takes the third message of ModeXX.
func (c *Core) receiveFinish(now time.Time, path Path, h *wire.Handshake) {
	conn := c.pending[handshakeKey{keyOf(path), h.ClientID}]
	if conn == nil || conn.shaking.step != awaitFinish {
		c.drop(DropHandshake)
		return
	}
	s := conn.shaking
	payload, err := s.noise.Read(h.Noise)
	var client wire.ClientInfo
	if err != nil || wire.ConsumeClientInfo(payload, &client) != nil {
		c.drop(DropHandshake)
		return
	}
	if conn.setKeys(uint8(conn.suite)) != nil {
		c.drop(DropHandshake)
		return
	}
	// This message is the proof: only the holder of the static key could
	// have written it, in answer to our ephemeral key.
	s.step, s.again = awaitPacket, false
	conn.lastReceived = now
	conn.meet(now, &client)
	conn.confirm(now)
	conn.ping = conn.state == StateOpen // so that the client knows
	conn.touch(now)
}
