package blob

import (
	"encoding/binary"
	"errors"
)

// A kind is the first byte of a message; the transfer's number follows as a
// varint (encoding/binary, unsigned, at most 32 bits). Each end numbers what it
// sends.
//
//	from the sender                      from the receiver
//	0 offer     size+1 or 0, name        4 grant     how many bytes may come in all
//	1 data      bytes                    5 refuse    text
//	2 end       how many bytes came      6 complete
//	3 cancel    text
type kind uint8

const (
	kindOffer kind = iota
	kindData
	kindEnd
	kindCancel
	kindGrant
	kindRefuse
	kindComplete
)

// Limits of what travels, in bytes.
const (
	maxName     = 255
	maxText     = 255
	headerBytes = 1 + binary.MaxVarintLen32
)

// ErrMalformed means that a message of the peer's cannot be decoded, or speaks
// of what cannot be. It was dropped.
var ErrMalformed = errors.New("blob: malformed message")

type message struct {
	kind   kind
	number uint32
	value  uint64 // offer: size+1; end: total; grant: limit
	rest   []byte // offer: name; data; cancel and refuse: text
}

func (k kind) hasValue() bool { return k == kindOffer || k == kindEnd || k == kindGrant }

func (k kind) hasRest() bool { return k != kindEnd && k != kindGrant && k != kindComplete }

func (m *message) append(b []byte) []byte {
	b = append(b, byte(m.kind))
	b = binary.AppendUvarint(b, uint64(m.number))
	if m.kind.hasValue() {
		b = binary.AppendUvarint(b, m.value)
	}
	return append(b, m.rest...)
}

func (m *message) consume(b []byte) error {
	if len(b) == 0 || kind(b[0]) > kindComplete {
		return ErrMalformed
	}
	m.kind = kind(b[0])
	number, b, ok := consumeUvarint(b[1:])
	if !ok || number > 1<<32-1 {
		return ErrMalformed
	}
	m.number, m.value = uint32(number), 0
	if m.kind.hasValue() {
		if m.value, b, ok = consumeUvarint(b); !ok || m.value > maxSize+1 {
			return ErrMalformed
		}
	}
	m.rest = b
	switch {
	case !m.kind.hasRest() && len(b) > 0,
		m.kind == kindOffer && len(b) > maxName,
		(m.kind == kindCancel || m.kind == kindRefuse) && len(b) > maxText:
		return ErrMalformed
	}
	return nil
}

func consumeUvarint(b []byte) (v uint64, rest []byte, ok bool) {
	v, n := binary.Uvarint(b)
	if n <= 0 || n > 1 && b[n-1] == 0 {
		return 0, nil, false
	}
	return v, b[n:], true
}
