package secondhand

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A header is what comes before the sealed part of a packet (section 3).
type header struct {
	phase bool  // K
	short bool  // the number takes 1 byte, not 3 (L is zero)
	form  uint8 // A
	id    []byte
	low   uint32 // the low bytes of the number
}

// size returns how many bytes the number takes.
func (h header) size() int {
	if h.short {
		return 1
	}
	return 3
}

func appendHeader(b []byte, h header) []byte {
	first := byte(0xc0) | h.form<<1
	if h.phase {
		first |= 0x10
	}
	if !h.short {
		first |= 0x08
	}
	if len(h.id) > 0 {
		first |= 0x01
	}
	b = append(append(b, first), h.id...)
	if h.short {
		return append(b, byte(h.low))
	}
	return append(b, byte(h.low), byte(h.low>>8), byte(h.low>>16))
}

// consumeHeader reads a header of a packet to a client: it has no ID.
func consumeHeader(b []byte) (h header, n int, err error) {
	if len(b) == 0 || b[0]&0xe0 != 0xc0 || b[0]&1 != 0 {
		return h, 0, errors.New("not a packet to a client")
	}
	h = header{phase: b[0]&0x10 != 0, short: b[0]&0x08 == 0, form: b[0] >> 1 & 3}
	n = 4
	if h.short {
		n = 2
	}
	if len(b) < n {
		return h, 0, errors.New("short header")
	}
	for i := n - 1; i > 0; i-- {
		h.low = h.low<<8 | uint32(b[i])
	}
	return h, n, nil
}

// nearest returns the number nearest to expected that has these low bits, in
// so many bytes (section 4.1).
func nearest(low uint64, bytes int, expected uint64) uint64 {
	w := uint64(1) << (8 * bytes)
	n := expected&^(w-1) | low
	switch {
	case n > expected+w/2:
		if n >= w {
			n -= w
		}
	case n+w/2 <= expected:
		n += w
	}
	return n
}

// appendLength appends a length of section 5.
func appendLength(b []byte, n int) []byte {
	if n < 128 {
		return append(b, byte(n))
	}
	return append(b, 0x80|byte(n>>8), byte(n))
}

func consumeLength(b []byte) (n int, rest []byte, err error) {
	switch {
	case len(b) > 0 && b[0] < 0x80:
		return int(b[0]), b[1:], nil
	case len(b) < 2:
		return 0, nil, errors.New("short length")
	}
	n = int(b[0]&0x7f)<<8 | int(b[1])
	if n < 128 {
		return 0, nil, errors.New("length not shortest")
	}
	return n, b[2:], nil
}

// Kinds of frame, and control codes (sections 5 and 5.1).
const (
	kindControl = iota
	kindMessage
	kindFragment
	kindWhole
	kindFirst
	kindMiddle
	kindLast
	kindExtension
)

const (
	codePadding = iota
	codePing
	codeClose
	codeChallenge
	codeResponse
	codeTicket
	codeObserved
	codeECN
)

// A frame is one of section 5. Those of control have their code in channel.
type frame struct {
	kind, channel uint8
	number        uint16 // of a segment or a fragmented message
	index, last   uint8  // of a fragment
	reason        uint8  // of a close frame
	data          []byte
}

// size returns how many bytes the frame has before another one.
func (f frame) size() int { return len(appendFrame(nil, f, false)) }

// appendFrame appends f. The last frame of a packet has no length.
func appendFrame(b []byte, f frame, last bool) []byte {
	first := f.kind<<5 | f.channel
	if f.kind == kindControl {
		b = append(b, first)
		switch f.channel {
		case codeClose:
			b = append(b, f.reason, byte(len(f.data)))
		case codeTicket:
			b = append(b, byte(len(f.data)))
		}
		return append(b, f.data...)
	}
	if !last {
		first |= 0x10
	}
	b = append(b, first)
	switch f.kind {
	case kindFragment:
		b = append(binary.LittleEndian.AppendUint16(b, f.number), f.index, f.last)
	case kindWhole, kindFirst, kindMiddle, kindLast:
		b = binary.LittleEndian.AppendUint16(b, f.number)
	}
	if !last {
		b = appendLength(b, len(f.data))
	}
	return append(b, f.data...)
}

// consumeFrame reads the first frame of b, which reaches to the end of the
// packet.
func consumeFrame(b []byte) (f frame, rest []byte, err error) {
	f = frame{kind: b[0] >> 5, channel: b[0] & 15}
	long := b[0]&0x10 != 0
	b = b[1:]
	if f.kind == kindControl {
		if long {
			return f, nil, errors.New("control with a length")
		}
		return consumeControl(f, b)
	}
	fields := 0
	switch f.kind {
	case kindFragment:
		fields = 4
	case kindWhole, kindFirst, kindMiddle, kindLast:
		fields = 2
	}
	if len(b) < fields {
		return f, nil, errors.New("short frame")
	}
	if fields > 0 {
		f.number = binary.LittleEndian.Uint16(b)
	}
	if fields == 4 {
		f.index, f.last = b[2], b[3]
		if f.last == 0 || f.index > f.last {
			return f, nil, errors.New("no such fragment")
		}
	}
	f.data = b[fields:]
	if !long {
		return f, nil, nil
	}
	n, data, err := consumeLength(f.data)
	if err != nil {
		return f, nil, err
	}
	if n >= len(data) {
		return f, nil, errors.New("length reaches the end")
	}
	f.data = data[:n]
	return f, data[n:], nil
}

func consumeControl(f frame, b []byte) (frame, []byte, error) {
	fixed, counted := 0, -1 // bytes of data; or where their count is
	switch f.channel {
	case codePadding, codePing:
	case codeClose:
		counted = 1
	case codeTicket:
		counted = 0
	case codeChallenge, codeResponse:
		fixed = 8
	case codeObserved:
		fixed = 18
	case codeECN:
		fixed = 4
	default:
		return f, nil, fmt.Errorf("control code %d", f.channel)
	}
	if counted >= 0 {
		if len(b) <= counted {
			return f, nil, errors.New("short control frame")
		}
		if counted == 1 {
			f.reason = b[0]
		}
		fixed, b = int(b[counted]), b[counted+1:]
	}
	if len(b) < fixed || f.channel == codeTicket && fixed < 20 {
		return f, nil, errors.New("short control frame")
	}
	f.data = b[:fixed]
	return f, b[fixed:], nil
}
