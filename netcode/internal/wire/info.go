package wire

import "encoding/binary"

// MaxName is the longest name of a game, in bytes.
const MaxName = 32

// MaxHello is the most application data in the client's first encrypted
// flight, in bytes. In ModeIK it shares the first handshake message with 96
// bytes of Noise and the client's identity: 1166 bytes hold it with room to
// spare for a later token.
const MaxHello = 512

// An Identity says which game and build a peer is (section 6.5).
type Identity struct {
	Name   string // 1 to MaxName bytes
	Build  uint32
	Schema uint64
}

func appendIdentity(b []byte, id *Identity) []byte {
	b = append(b, byte(len(id.Name)))
	b = append(b, id.Name...)
	b = binary.LittleEndian.AppendUint32(b, id.Build)
	return binary.LittleEndian.AppendUint64(b, id.Schema)
}

func consumeIdentity(b []byte, id *Identity) (rest []byte, err error) {
	if len(b) < 1 {
		return nil, ErrShort
	}
	n := int(b[0])
	if n == 0 || n > MaxName {
		return nil, ErrMalformed
	}
	if len(b) < 1+n+4+8 {
		return nil, ErrShort
	}
	id.Name = string(b[1 : 1+n])
	b = b[1+n:]
	id.Build = binary.LittleEndian.Uint32(b)
	id.Schema = binary.LittleEndian.Uint64(b[4:])
	return b[12:], nil
}

// A ClientInfo is the payload of the client's first encrypted handshake
// message: the first of ModeIK, the third of ModeXX, the first of
// ModePlaintext.
type ClientInfo struct {
	Identity Identity
	Hello    []byte // the application's; aliases the message when decoded
	Token    []byte // a connect token; empty if there is none; aliases too
	Early    []byte // in a Rejoin: application data that need no answer first; aliases too
}

// AppendClientInfo appends c.
func AppendClientInfo(b []byte, c *ClientInfo) []byte {
	b = appendIdentity(b, &c.Identity)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(c.Hello)))
	b = append(b, c.Hello...)
	if len(c.Token) > 0 {
		b = appendParam(b, paramToken, c.Token)
	}
	if len(c.Early) > 0 {
		b = appendParam(b, paramEarly, c.Early)
	}
	return b
}

// ConsumeClientInfo decodes a whole ClientInfo. Parameters that this build
// does not know are skipped.
func ConsumeClientInfo(b []byte, c *ClientInfo) error {
	b, err := consumeIdentity(b, &c.Identity)
	if err != nil {
		return err
	}
	if len(b) < 2 {
		return ErrShort
	}
	n := int(binary.LittleEndian.Uint16(b))
	if n > MaxHello {
		return ErrMalformed
	}
	if len(b) < 2+n {
		return ErrShort
	}
	c.Hello = b[2 : 2+n]
	p, err := consumeParams(b[2+n:])
	c.Token, c.Early = p.token, p.early
	return err
}

// Suites is a set of ciphers, bit n for suite n (section 6.4). It is the
// payload of the first handshake message in ModeXX and precedes ClientInfo
// in ModeIK.
type Suites uint8

// A ServerInfo is the payload of the server's handshake message.
type ServerInfo struct {
	Suite     uint8  // chosen among the client's Suites
	ConnID    uint64 // for the client to put in its packets
	ConnIDLen int    // 1 to 8 bytes
	Identity  Identity
}

// AppendServerInfo appends s.
func AppendServerInfo(b []byte, s *ServerInfo) []byte {
	b = append(b, s.Suite, byte(s.ConnIDLen))
	id := s.ConnID
	for range s.ConnIDLen {
		b = append(b, byte(id))
		id >>= 8
	}
	return appendIdentity(b, &s.Identity)
}

// ConsumeServerInfo decodes a whole ServerInfo. Parameters that this build
// does not know are skipped.
func ConsumeServerInfo(b []byte, s *ServerInfo) error {
	if len(b) < 2 {
		return ErrShort
	}
	s.Suite, s.ConnIDLen = b[0], int(b[1])
	if s.ConnIDLen < 1 || s.ConnIDLen > 8 {
		return ErrMalformed
	}
	b = b[2:]
	if len(b) < s.ConnIDLen {
		return ErrShort
	}
	s.ConnID = 0
	for i := s.ConnIDLen - 1; i >= 0; i-- {
		s.ConnID = s.ConnID<<8 | uint64(b[i])
	}
	b, err := consumeIdentity(b[s.ConnIDLen:], &s.Identity)
	if err != nil {
		return err
	}
	_, err = consumeParams(b)
	return err
}
