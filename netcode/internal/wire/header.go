// Package wire encodes and decodes what travels: packet headers, acks,
// frames and handshake datagrams. It holds no state. docs/PROTOCOL.md is the
// specification; section numbers in this package refer to it.
//
// Integers are little-endian. Every encoding is canonical: what a consume
// function accepts, the append function reproduces.
package wire

import "errors"

// Errors of consume functions. The bytes came from the network: callers
// count them and drop the datagram.
var (
	ErrShort     = errors.New("wire: too short")
	ErrMalformed = errors.New("wire: malformed")
)

// MaxDatagram is the largest datagram sent, in bytes of UDP payload. Every
// path that carries IPv6 (MTU 1280) carries it: 1280 - 40 - 8 = 1232, less 32
// for a tunnel's header (RFC 9000, section 14, uses the same figure).
const MaxDatagram = 1200

// First bytes (section 2). They stay out of the ranges of STUN (0–3), DTLS
// (20–63), TURN channels (64–79), RTP (128–191) and A2S (255), so that all
// of them can share the port (RFC 7983).
const (
	firstHandshake = 0x50 // 0x50–0x5F: handshake datagrams
	firstPacket    = 0xc0 // 0xC0–0xDF: packets of a connection
)

// A Kind is what a datagram is, by its first byte.
type Kind uint8

// The kinds of datagram.
const (
	KindForeign   Kind = iota // not of this protocol
	KindHandshake             // a handshake datagram
	KindPacket                // a packet of a connection
)

// Classify returns what a datagram is, by its first byte alone.
func Classify(datagram []byte) Kind {
	switch {
	case len(datagram) == 0:
		return KindForeign
	case datagram[0]&0xf0 == firstHandshake:
		return KindHandshake
	case datagram[0]&0xe0 == firstPacket:
		return KindPacket
	}
	return KindForeign
}

// An AckForm says how a packet's ack section is written (section 4.2).
type AckForm uint8

// The forms of the ack section.
const (
	AckShort AckForm = iota // a run, its newest in one byte
	AckRun                  // the newest and the 32 before it all arrived
	AckBits                 // 32 explicit bits
	AckWide                 // nothing yet, 2 to 8 words of 32 bits, or run lengths
)

// A Header is the part of a packet that is authenticated but not encrypted
// (section 3).
//
//	7 6 5 4 3 2 1 0
//	1 1 0 K L A A C
//
// K low bit of the key phase; L packet number of 3 bytes, else 1;
// A ack form; C a connection ID follows.
type Header struct {
	HasConnID bool
	KeyPhase  bool
	AckForm   AckForm
	ConnID    uint64 // low ConnIDLen bytes
	Number    uint64 // full when encoding; the truncated bits when decoded
	NumberLen int    // 1 or 3 bytes
}

const (
	flagKeyPhase  = 1 << 4
	flagLong      = 1 << 3
	ackFormShift  = 1
	ackFormMask   = 3 << ackFormShift
	flagHasConnID = 1 << 0
)

// MaxHeaderLen is the longest header, in bytes.
const MaxHeaderLen = 1 + 8 + 3

// AppendHeader appends h with a connection ID of connIDLen bytes.
func AppendHeader(b []byte, h Header, connIDLen int) []byte {
	first := byte(firstPacket) | byte(h.AckForm)<<ackFormShift
	if h.NumberLen > 1 {
		first |= flagLong
	}
	if h.KeyPhase {
		first |= flagKeyPhase
	}
	if h.HasConnID {
		first |= flagHasConnID
	}
	b = append(b, first)
	if h.HasConnID {
		id := h.ConnID
		for range connIDLen {
			b = append(b, byte(id))
			id >>= 8
		}
	}
	b = append(b, byte(h.Number))
	if h.NumberLen > 1 {
		b = append(b, byte(h.Number>>8), byte(h.Number>>16))
	}
	return b
}

// ConsumeHeader decodes the header of a packet. connIDLen is the length of
// the connection IDs the receiver hands out. The returned length is that of
// the header, which is the additional data of the seal.
func ConsumeHeader(b []byte, connIDLen int) (h Header, length int, err error) {
	if len(b) == 0 {
		return Header{}, 0, ErrShort
	}
	first := b[0]
	if first&0xe0 != firstPacket {
		return Header{}, 0, ErrMalformed
	}
	h.AckForm = AckForm(first & ackFormMask >> ackFormShift)
	h.KeyPhase = first&flagKeyPhase != 0
	h.HasConnID = first&flagHasConnID != 0
	h.NumberLen = 1
	if first&flagLong != 0 {
		h.NumberLen = 3
	}
	length = 1
	if h.HasConnID {
		if len(b) < length+connIDLen {
			return Header{}, 0, ErrShort
		}
		for i := connIDLen - 1; i >= 0; i-- {
			h.ConnID = h.ConnID<<8 | uint64(b[length+i])
		}
		length += connIDLen
	}
	if len(b) < length+h.NumberLen {
		return Header{}, 0, ErrShort
	}
	h.Number = uint64(b[length])
	if h.NumberLen > 1 {
		h.Number |= uint64(b[length+1])<<8 | uint64(b[length+2])<<16
	}
	return h, length + h.NumberLen, nil
}
