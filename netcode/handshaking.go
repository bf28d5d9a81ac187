package netcode

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/handshake"
	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// A shaking is a handshake under way. It goes away when the peer has proven
// that it has the keys.
type shaking struct {
	clientID uint64
	mode     wire.Mode
	noise    *handshake.State // nil in plaintext mode
	step     step
	datagram []byte   // sent last, and again until there is an answer
	message  []byte   // client: first handshake message, kept for a new cookie
	hello    []byte   // the application's
	token    []byte   // a connect token, or nothing
	again    bool     // server: the client repeated itself
	server   [32]byte // client: the key that is pinned, or zero
	credit   int      // server, ModeTicket: bytes that came from the client's address, less those sent

	began    time.Time
	resendAt time.Time // client

	refusals [wire.RefuseKey + 1]int
}

// A step is what a handshake waits for.
//
//	client: awaitRetry → awaitRespond → awaitPacket
//	client with a ticket: awaitResume → awaitPacket, or from awaitRetry on
//	server: awaitFinish (ModeXX) or awaitPacket
type step uint8

const (
	awaitRetry   step = iota // client: for a cookie
	awaitRespond             // client: for the server's message
	awaitFinish              // server: for the client's last message
	awaitPacket              // for the first packet that opens with the new keys
	awaitResume              // client with a ticket: for the server's message
)

// resendInterval is how often a client repeats itself: fifty tries in ten
// seconds, of which two with their answers arrive in all but one of a million
// handshakes at 30 % loss and 30 % corruption. It does not back off: five
// datagrams a second are half of what netcode's clients send.
const resendInterval = 200 * time.Millisecond

// pendingTimeout is how long a server keeps a handshake that goes nowhere.
const pendingTimeout = 5 * time.Second

// refusalsNeeded is how many refusals a client believes. They are not
// authenticated, and one may be the echo of a corrupted datagram.
const refusalsNeeded = 2

// flushHandshake repeats what was not answered and gives up in the end. It
// reports whether the connection may send packets as well.
func (c *Conn) flushHandshake(now time.Time, out Sender) bool {
	s := c.shaking
	if !c.dialled {
		if s.answer() {
			c.spend(len(s.datagram))
			c.core.send(out, c.path, s.datagram)
		}
		switch over := now.Sub(s.began) >= pendingTimeout; {
		case over && c.state == StateConnecting:
			c.gone = true
			return false
		case over && c.unproven():
			c.finish(now, &CloseError{Reason: CloseTimeout, Text: "came back, and fell silent"})
			c.gone = true
			return false
		}
		return c.send != nil
	}
	if now.Sub(s.began) >= c.core.cfg.HandshakeTimeout {
		c.finish(now, c.handshakeTimeout())
		return false
	}
	if s.step == awaitResume && now.Sub(s.began) >= rejoinPatience {
		c.ticketRefused(now, nil)
	}
	if !now.Before(s.resendAt) {
		s.resendAt = now.Add(resendInterval)
		c.ping = c.send != nil // whose answer ends the handshake
		if len(s.datagram) > 0 {
			c.core.send(out, c.path, s.datagram)
		}
	}
	return c.send != nil
}

// handshakeTimeout says what little is known about a server that is silent.
func (c *Conn) handshakeTimeout() *CloseError {
	text := "no answer from " + c.path.Remote.String()
	if c.shaking.step == awaitRespond {
		text = c.path.Remote.String() + " answered, but the handshake did not finish"
	}
	return &CloseError{Reason: CloseTimeout, Text: text}
}

// answer reports whether the server's message is to be sent again now.
func (s *shaking) answer() bool {
	again := s.again
	s.again = false
	return again && len(s.datagram) > 0
}

// deadline returns when flushHandshake has something to do, but for an answer,
// which does not wait.
func (s *shaking) deadline() time.Time {
	if s.resendAt.IsZero() {
		return s.began.Add(pendingTimeout)
	}
	return s.resendAt
}

// confirm ends the handshake: the peer sent a packet that opens.
func (c *Conn) confirm(now time.Time) {
	s := c.shaking
	if s == nil || s.step != awaitPacket {
		return
	}
	delete(c.core.pending, c.handshakeKey())
	c.shaking = nil
	if c.state == StateConnecting {
		c.admit(now, s.hello, s.token)
	}
	c.issueTicket()
}

// prologue binds what both ends know before the handshake into it.
func prologue(mode wire.Mode, clientID uint64) []byte {
	b := append([]byte("reckon"), 0, 0, byte(mode))
	binary.LittleEndian.PutUint16(b[6:], wire.Version)
	return binary.LittleEndian.AppendUint64(b, clientID)
}

// newNoise returns the handshake state for an encrypted mode.
func (c *Core) newNoise(mode wire.Mode, clientID uint64, initiator bool, server [32]byte) (*handshake.State, error) {
	p := handshake.Params{
		Pattern: handshake.IK, Initiator: initiator, Static: c.cfg.Key, Parsed: c.key,
		Prologue: prologue(mode, clientID), Random: c.cfg.Random,
	}
	if mode == wire.ModeXX {
		p.Pattern = handshake.XX
	} else if initiator {
		p.PeerStatic = server
	}
	return handshake.New(p)
}

// setKeys takes the transport keys from a finished Noise handshake.
func (c *Conn) setKeys(suite uint8) error {
	c.suite = handshake.Suite(suite)
	if c.shaking.mode != wire.ModeTicket { // which shows no key
		c.peerKey = c.shaking.noise.PeerStatic()
	}
	secrets, err := c.shaking.noise.Secrets(c.suite)
	if err != nil {
		return err
	}
	return c.startPhases(secrets)
}

// Plaintext mode has no Noise: its handshake messages are payloads under a
// checksum salted with the client ID, and its packets under one salted by
// both ends.
func (c *Core) handshakeChecksum(clientID uint64) handshake.Protector {
	var salt [8]byte
	binary.LittleEndian.PutUint64(salt[:], clientID)
	return handshake.NewChecksum(plaintextID, salt)
}

func (c *Conn) setChecksums(serverSalt uint64) {
	h := fnv.New64a()
	h.Write(binary.LittleEndian.AppendUint64(nil, c.shaking.clientID))
	h.Write(binary.LittleEndian.AppendUint64(nil, serverSalt))
	var salt [8]byte
	binary.LittleEndian.PutUint64(salt[:], h.Sum64())
	c.sealLimit = handshake.MaxPacketNumber + 1 - closeRepeats
	id := protocolID(c.core.identity)
	c.send, c.receive = handshake.NewChecksum(id, salt), handshake.NewChecksum(id, salt)
	c.core.trace.keysChanged(c, 0, c.send, c.receive)
}

// plaintextID stands in for the protocol ID while the peers do not know yet
// whether they run the same game.
const plaintextID = 0x7265636b6f6e0001 // "reckon", version 1
