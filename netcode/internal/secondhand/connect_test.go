package secondhand

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/flynn/noise"
)

// hello begins an attempt (section 6.2).
func (c *client) hello(now time.Time) {
	c.random.Read(c.clientID[:])
	if c.ticket != nil {
		c.clientID[0] = c.ticket.id[0]
	}
	c.attempt, c.state = c.mode, awaitRetry
	c.begin(appendDatagram(typeHello, c.mode, c.clientID, nil, handshakeSize), now)
}

// rejoin begins with a ticket (section 6.12).
func (c *client) rejoin(now time.Time) {
	c.random.Read(c.clientID[:])
	c.clientID[0] = c.ticket.id[0]
	c.attempt, c.state, c.giveUpAt = modeRejoin, awaitResume, now.Add(time.Second)
	var err error
	c.handshake, err = noise.NewHandshakeState(noise.Config{
		CipherSuite: cipherSuite, Random: c.random, Pattern: noise.HandshakeNN, Initiator: true,
		Prologue:     prologue(modeRejoin, c.clientID),
		PresharedKey: c.ticket.key, PresharedKeyPlacement: 0,
	})
	if err != nil {
		panic(err)
	}
	payload := append([]byte{c.suites()}, clientInfo(c.options, nil, c.early)...)
	message, _, _, err := c.handshake.WriteMessage(nil, payload)
	if err != nil {
		panic(err)
	}
	body := appendInitiate(c.ticket.id[:], message)
	c.begin(appendDatagram(typeRejoin, modeRejoin, c.clientID, body, handshakeSize), now)
}

func (c *client) suites() byte {
	if c.offer != 0 {
		return c.offer
	}
	return offerBoth
}

// begin sends a handshake datagram, to be repeated.
func (c *client) begin(datagram []byte, now time.Time) {
	if c.version != 0 {
		datagram[1] = c.version
	}
	c.datagram, c.repeatAt = datagram, now
}

func (c *client) repeatHandshake(now time.Time) {
	if c.state == awaitResume && !now.Before(c.giveUpAt) {
		c.hello(now)
	}
	c.repeatAt = now.Add(200 * time.Millisecond)
	if c.datagram != nil {
		c.out(c.local, c.datagram)
	}
	if c.state == awaitPacket {
		c.ping(0)
	}
}

// receiveHandshake takes a handshake datagram.
func (c *client) receiveHandshake(b []byte, now time.Time) {
	if len(b) < 12 || !bytes.Equal(b[4:12], c.clientID[:]) {
		return
	}
	if b[0] == typeRefuse && len(b) == 13 {
		c.receiveRefuse(b)
		return
	}
	if b[1] != version || b[2] != 0 || b[3] != c.attempt {
		return
	}
	body := b[12:]
	switch {
	case b[0] == typeRetry && len(body) == 20 && (c.state == awaitRetry || c.state == awaitResume):
		c.initiate(body, now)
	case b[0] == typeRetry && len(body) == 20 && c.state == awaitRespond:
		c.datagram = appendDatagram(typeInitiate, c.mode, c.clientID, appendInitiate(body, c.message), handshakeSize)
	case b[0] == typeRespond && c.state == awaitRespond, b[0] == typeResume && c.state == awaitResume:
		c.receiveRespond(body, now)
	}
}

func (c *client) receiveRefuse(b []byte) {
	reason := b[12]
	if v := binary.LittleEndian.Uint16(b[1:]); v != version {
		reason = 1
	}
	if c.state > awaitResume || reason < 1 || reason > 3 {
		return
	}
	if c.refusals[reason]++; c.refusals[reason] == 2 {
		c.refused, c.state = reason, closed
	}
}

// initiate answers a Retry with the first message.
func (c *client) initiate(cookie []byte, now time.Time) {
	c.attempt, c.state = c.mode, awaitRespond
	payload := []byte{c.suites()}
	if c.mode != modeXX {
		payload = append(payload, clientInfo(c.options, c.token, nil)...)
	}
	if c.mode == modePlaintext {
		c.message = handshakeChecksum(c.clientID).seal(0, nil, payload)
	} else {
		c.handshake = newNoise(c.mode, c.clientID, c.static, c.serverKey, c.random)
		var err error
		if c.message, _, _, err = c.handshake.WriteMessage(nil, payload); err != nil {
			panic(err)
		}
	}
	c.begin(appendDatagram(typeInitiate, c.mode, c.clientID, appendInitiate(cookie, c.message), handshakeSize), now)
}

// receiveRespond takes the server's message. One that does not open changes
// nothing.
func (c *client) receiveRespond(message []byte, now time.Time) {
	if c.mode == modePlaintext && c.attempt != modeRejoin {
		c.respondPlaintext(message, now)
		return
	}
	payload, up, down, err := c.handshake.ReadMessage(nil, message)
	if err != nil {
		return
	}
	info, err := consumeServerInfo(payload)
	if err != nil {
		c.violation = err
		return
	}
	if !bytes.Equal(info.identity, c.game.identity()) {
		c.state, c.closeReason = closed, 5
		return
	}
	c.datagram = nil
	if c.attempt == modeXX {
		c.serverKey = bytes.Clone(c.handshake.PeerStatic())
		finish, first, second, err := c.handshake.WriteMessage(nil, clientInfo(c.options, c.token, nil))
		if err != nil {
			panic(err)
		}
		up, down = first, second
		c.datagram = appendDatagram(typeFinish, modeXX, c.clientID, finish, 0)
	}
	upKey, downKey := up.UnsafeKey(), down.UnsafeKey()
	keys, err := newPhases(info.suite, c.handshake.ChannelBinding(), upKey[:], downKey[:])
	if err != nil {
		c.violation = err
		return
	}
	c.resumeSecret = expand(keys.upPRK, "reckon v1 resume", 32)
	c.connect(info, keys, now)
}

func (c *client) respondPlaintext(message []byte, now time.Time) {
	payload, err := handshakeChecksum(c.clientID).open(1, nil, message)
	if err != nil || len(payload) < 8 {
		return
	}
	info, err := consumeServerInfo(payload[8:])
	if err != nil {
		return
	}
	if !bytes.Equal(info.identity, c.game.identity()) {
		c.state, c.closeReason = closed, 5
		return
	}
	sum := packetChecksum(c.game.name, c.clientID, payload[:8])
	c.datagram = nil
	c.connect(info, &phases{up: sum, down: sum}, now)
}

// connect goes on with packets; the first is a ping.
func (c *client) connect(info serverInfo, keys *phases, now time.Time) {
	c.id, c.suite, c.keys = info.id, info.suite, keys
	c.state, c.repeatAt = awaitPacket, now.Add(200*time.Millisecond)
	if c.datagram != nil {
		c.out(c.local, c.datagram)
	}
	c.ping(0)
}

// ticketKey derives the key of a ticket that came (section 6.12).
func (c *client) ticketKey(id []byte) []byte {
	label := "reckon v1 ticket" + string(id) + string(c.static.Public) + string(c.serverKey)
	return expand(c.resumeSecret, label, 32)
}
