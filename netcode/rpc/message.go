package rpc

import (
	"encoding/binary"
	"errors"
	"time"
)

// A kind is the first byte of a message.
//
//	request   0  call (varint)  time left in ms (varint)  method length (1)  method  body
//	response  1  call           body
//	failure   2  call           text
//	cancel    3  call
//
// Varints are those of encoding/binary (unsigned LEB128), at most 32 bits, and
// as short as can be.
type kind uint8

const (
	kindRequest kind = iota
	kindResponse
	kindFailure
	kindCancel
)

// maxMethod is the longest method name, in bytes.
const maxMethod = 64

// maxText is the longest text of a failure, in bytes; longer ones are cut.
const maxText = 512

// ErrMalformed means that a message of the peer's cannot be decoded. It was
// dropped.
var ErrMalformed = errors.New("rpc: malformed message")

// message is a decoded message; method and body alias what was decoded.
type message struct {
	kind   kind
	call   uint32
	left   time.Duration // request: until the caller stops waiting
	method string
	body   []byte
}

func (m *message) append(b []byte) []byte {
	b = append(b, byte(m.kind))
	b = binary.AppendUvarint(b, uint64(m.call))
	if m.kind == kindRequest {
		b = binary.AppendUvarint(b, uint64(m.left/time.Millisecond))
		b = append(b, byte(len(m.method)))
		b = append(b, m.method...)
	}
	return append(b, m.body...)
}

func (m *message) consume(b []byte) error {
	if len(b) == 0 || kind(b[0]) > kindCancel {
		return ErrMalformed
	}
	m.kind = kind(b[0])
	call, b, err := consumeUint32(b[1:])
	if err != nil {
		return err
	}
	m.call = call
	if m.kind == kindRequest {
		left, rest, err := consumeUint32(b)
		if err != nil {
			return err
		}
		if len(rest) < 1 || int(rest[0]) > maxMethod || len(rest) < 1+int(rest[0]) {
			return ErrMalformed
		}
		n := 1 + int(rest[0])
		m.left, m.method, b = time.Duration(left)*time.Millisecond, string(rest[1:n]), rest[n:]
	}
	if m.kind == kindCancel && len(b) > 0 {
		return ErrMalformed
	}
	m.body = b
	return nil
}

func consumeUint32(b []byte) (uint32, []byte, error) {
	v, n := binary.Uvarint(b)
	if n <= 0 || v > 1<<32-1 || n > 1 && b[n-1] == 0 {
		return 0, nil, ErrMalformed
	}
	return uint32(v), b[n:], nil
}
