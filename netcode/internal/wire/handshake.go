package wire

import "encoding/binary"

// Version is the protocol version this package speaks.
const Version = 1

// CookieLen is the length of an address cookie in bytes.
const CookieLen = 20

// A HandshakeType is the first byte of a handshake datagram (section 6.1).
// Only append.
type HandshakeType uint8

// The types of handshake datagram.
const (
	Hello    HandshakeType = 0x50 // client: are you there? padded to MaxDatagram
	Retry    HandshakeType = 0x51 // server: ask again with this cookie
	Initiate HandshakeType = 0x52 // client: cookie and first handshake message, padded
	Respond  HandshakeType = 0x53 // server: second handshake message
	Finish   HandshakeType = 0x54 // client: third handshake message
	Refuse   HandshakeType = 0x55 // server: we cannot talk, and why
	Rejoin   HandshakeType = 0x56 // client: ticket and first handshake message, padded
	Resume   HandshakeType = 0x57 // server: second handshake message, in answer to a ticket
)

// A Mode is how a connection is keyed (section 6.2). Only append.
type Mode uint8

// The modes.
const (
	ModeIK        Mode = 0 // Noise IK: the client knows the server's key
	ModeXX        Mode = 1 // Noise XX: it learns it
	ModePlaintext Mode = 2 // no encryption; CRC-32C
	ModeTicket    Mode = 3 // Noise NNpsk0: a ticket of an earlier connection
)

// A RefuseReason is why a server does not start a handshake. Only append.
type RefuseReason uint8

// The reasons to refuse.
const (
	RefuseVersion RefuseReason = 1 // the server speaks the version in the datagram
	RefuseMode    RefuseReason = 2 // one side is encrypted, the other plaintext
	RefuseKey     RefuseReason = 3 // the server has another key than the client thinks
)

// A Handshake is a handshake datagram. Which fields are used depends on Type.
type Handshake struct {
	Type     HandshakeType
	Version  uint16
	Mode     Mode
	ClientID uint64 // chosen by the client for one attempt; echoed by the server

	Cookie []byte       // Retry, Initiate: CookieLen bytes
	Reason RefuseReason // Refuse
	Ticket []byte       // Rejoin: TicketIDLen bytes
	Noise  []byte       // Initiate, Respond, Finish, Rejoin, Resume: the handshake message
}

// HandshakeHeaderLen is the length of the part all handshake datagrams share.
const HandshakeHeaderLen = 1 + 2 + 1 + 8

// MaxInitiateNoise is the room for the first handshake message.
const MaxInitiateNoise = MaxDatagram - HandshakeHeaderLen - CookieLen - 2

// TicketIDLen is the length of the name of a ticket in bytes. It is random but
// for its first byte, and who guesses it has no key to it.
const TicketIDLen = 16

// AppendHandshake appends h. Hello, Initiate and Rejoin are padded with zeros to
// MaxDatagram, so that no reply is larger than what asked for it.
func AppendHandshake(b []byte, h *Handshake) []byte {
	start := len(b)
	b = append(b, byte(h.Type))
	b = binary.LittleEndian.AppendUint16(b, h.Version)
	b = append(b, byte(h.Mode))
	b = binary.LittleEndian.AppendUint64(b, h.ClientID)
	switch h.Type {
	case Retry:
		b = append(b, h.Cookie...)
	case Initiate:
		b = append(b, h.Cookie...)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(h.Noise)))
		b = append(b, h.Noise...)
	case Rejoin:
		b = append(b, h.Ticket...)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(h.Noise)))
		b = append(b, h.Noise...)
	case Respond, Finish, Resume:
		b = append(b, h.Noise...)
	case Refuse:
		b = append(b, byte(h.Reason))
	}
	if h.Type == Hello || h.Type == Initiate || h.Type == Rejoin {
		for len(b)-start < MaxDatagram {
			b = append(b, 0)
		}
	}
	return b
}

// ConsumeHandshake decodes a whole handshake datagram. The slices of h alias
// it. Of a datagram with another version only Type, Version, Mode and
// ClientID are decoded: they stay where they are in every version.
func ConsumeHandshake(b []byte, h *Handshake) error {
	*h = Handshake{}
	if len(b) < HandshakeHeaderLen {
		return ErrShort
	}
	h.Type = HandshakeType(b[0])
	h.Version = binary.LittleEndian.Uint16(b[1:])
	h.Mode = Mode(b[3])
	h.ClientID = binary.LittleEndian.Uint64(b[4:])
	if h.Version != Version {
		return nil
	}
	if h.Mode > ModeTicket || (h.Mode == ModeTicket) != h.Type.usesTicket() && !h.Type.answersAny() {
		return ErrMalformed
	}
	size := len(b)
	b = b[HandshakeHeaderLen:]
	switch h.Type {
	case Hello:
		return checkSize(size)
	case Retry:
		if len(b) != CookieLen {
			return ErrMalformed
		}
		h.Cookie = b
	case Initiate:
		return h.consumeFirst(b, &h.Cookie, CookieLen, size)
	case Rejoin:
		return h.consumeFirst(b, &h.Ticket, TicketIDLen, size)
	case Respond, Finish, Resume:
		if len(b) == 0 {
			return ErrShort
		}
		h.Noise = b
	case Refuse:
		if len(b) != 1 {
			return ErrMalformed
		}
		h.Reason = RefuseReason(b[0])
		if h.Reason < RefuseVersion || h.Reason > RefuseKey {
			return ErrMalformed
		}
	default:
		return ErrMalformed
	}
	return nil
}

// usesTicket reports whether datagrams of type t have ModeTicket.
func (t HandshakeType) usesTicket() bool { return t == Rejoin || t == Resume }

// answersAny reports whether datagrams of type t answer, and so may have any
// mode.
func (t HandshakeType) answersAny() bool { return t == Retry || t == Refuse }

// consumeFirst decodes what a client's first message is in: proof, of n bytes,
// the message's length, the message, padding.
func (h *Handshake) consumeFirst(b []byte, proof *[]byte, n, size int) error {
	if len(b) < n+2 {
		return ErrShort
	}
	*proof = b[:n]
	length := int(binary.LittleEndian.Uint16(b[n:]))
	b = b[n+2:]
	if length > len(b) {
		return ErrShort
	}
	h.Noise = b[:length]
	return checkSize(size)
}

// checkSize requires datagrams that ask for a reply to have the full size.
// What the padding says is ignored: a bit that flips there costs nothing.
func checkSize(size int) error {
	if size != MaxDatagram {
		return ErrMalformed
	}
	return nil
}
