package wire

import "encoding/binary"

// A FrameKind is the upper three bits of a frame's first byte (section 5):
//
//	7 6 5 4 3 2 1 0
//	k k k L c c c c
//
// L says that a length follows; without it the data reach to the end of the
// packet. c is the channel, or the control code if k is zero.
type FrameKind uint8

// The kinds of frame.
const (
	FrameControl   FrameKind = 0 // not about a message: see the Control codes
	FrameMessage   FrameKind = 1 // a whole unreliable message
	FrameFragment  FrameKind = 2 // a piece of an unreliable message
	FrameWhole     FrameKind = 3 // a segment that is a whole reliable message
	FrameFirst     FrameKind = 4 // the first segment of a reliable message
	FrameMiddle    FrameKind = 5 // one between
	FrameLast      FrameKind = 6 // the last segment of a reliable message
	FrameExtension FrameKind = 7 // of a later build: skipped by whoever does not know it (section 10)
)

// The codes of control frames.
const (
	ControlPadding   = 0 // does nothing
	ControlPing      = 1 // asks for an acknowledgement
	ControlClose     = 2 // ends the connection
	ControlChallenge = 3 // asks for the same 8 bytes back, on the same path
	ControlResponse  = 4 // gives them
	ControlTicket    = 5 // server: to come back with
	ControlObserved  = 6 // where the sender sees the receiver: see AppendAddress
	ControlECN       = 7 // how many packets arrived that a router had marked, 4 bytes
)

// Bytes of data in the control frames that always have the same number.
const (
	ChallengeLen = 8
	ObservedLen  = 16 + 2
	ECNLen       = 4
)

const frameHasLength = 1 << 4

// A Frame is one frame of a packet.
type Frame struct {
	Kind    FrameKind
	Channel uint8  // 0–15; the control code for FrameControl, the type for FrameExtension
	Number  uint64 // FrameFragment: message; reliable kinds: segment. Low 16 bits when decoded
	Index   uint8  // FrameFragment: this fragment
	Last    uint8  // FrameFragment: index of the last fragment, at least 1
	Reason  uint8  // ControlClose
	Data    []byte // ControlClose: text; ControlTicket: see Ticket; other codes: all of it. Aliases the packet when decoded
}

// IsReliable reports whether the frame carries a segment.
func (f *Frame) IsReliable() bool { return f.Kind >= FrameWhole && f.Kind <= FrameLast }

// MaxFrameOverhead is the most that framing adds to a message's data.
const MaxFrameOverhead = 1 + 2 + 2 + 2

// MaxFrameData is what a length can express.
const MaxFrameData = 1<<14 - 1

// FrameLen returns the encoded length of f in bytes.
func FrameLen(f *Frame, last bool) int {
	n := 1 + len(f.Data)
	switch {
	case f.Kind == FrameControl:
		switch f.Channel {
		case ControlClose:
			return n + 1 + 1
		case ControlTicket:
			return n + 1
		}
		return n
	case f.Kind == FrameFragment:
		n += 4
	case f.IsReliable():
		n += 2
	}
	if !last {
		n += lengthLen(len(f.Data))
	}
	return n
}

func lengthLen(n int) int {
	if n < 1<<7 {
		return 1
	}
	return 2
}

// appendLength appends n in one byte if it is less than 128, else in two
// with the top bit of the first set, most significant bits first.
func appendLength(b []byte, n int) []byte {
	if n < 1<<7 {
		return append(b, byte(n))
	}
	return append(b, byte(n>>8)|1<<7, byte(n))
}

func consumeLength(b []byte) (n int, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, ErrShort
	}
	if b[0] < 1<<7 {
		return int(b[0]), b[1:], nil
	}
	if len(b) < 2 {
		return 0, nil, ErrShort
	}
	n = int(b[0]&^(1<<7))<<8 | int(b[1])
	if n < 1<<7 || n > MaxFrameData {
		return 0, nil, ErrMalformed
	}
	return n, b[2:], nil
}

// AppendFrame appends f. The last frame of a packet needs no length.
func AppendFrame(b []byte, f *Frame, last bool) []byte {
	first := byte(f.Kind)<<5 | f.Channel
	if f.Kind == FrameControl {
		b = append(b, first)
		switch f.Channel {
		case ControlClose:
			b = append(b, f.Reason, byte(len(f.Data)))
		case ControlTicket:
			b = append(b, byte(len(f.Data)))
		}
		return append(b, f.Data...)
	}
	if !last {
		first |= frameHasLength
	}
	b = append(b, first)
	switch {
	case f.Kind == FrameFragment:
		b = binary.LittleEndian.AppendUint16(b, uint16(f.Number))
		b = append(b, f.Index, f.Last)
	case f.IsReliable():
		b = binary.LittleEndian.AppendUint16(b, uint16(f.Number))
	}
	if !last {
		b = appendLength(b, len(f.Data))
	}
	return append(b, f.Data...)
}

// ConsumeFrame decodes one frame into f.
func ConsumeFrame(b []byte, f *Frame) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, ErrShort
	}
	first := b[0]
	b = b[1:]
	*f = Frame{Kind: FrameKind(first >> 5), Channel: first & 0xf}
	if f.Kind == FrameControl {
		return consumeControl(b, first, f)
	}
	switch {
	case f.Kind == FrameFragment:
		if len(b) < 4 {
			return nil, ErrShort
		}
		f.Number = uint64(binary.LittleEndian.Uint16(b))
		f.Index, f.Last = b[2], b[3]
		if f.Last == 0 || f.Index > f.Last {
			return nil, ErrMalformed
		}
		b = b[4:]
	case f.IsReliable():
		if len(b) < 2 {
			return nil, ErrShort
		}
		f.Number = uint64(binary.LittleEndian.Uint16(b))
		b = b[2:]
	}
	if first&frameHasLength == 0 {
		f.Data = b
		return nil, nil
	}
	n, b, err := consumeLength(b)
	if err != nil {
		return nil, err
	}
	if len(b) <= n {
		if len(b) == n {
			return nil, ErrMalformed // the last frame has no length
		}
		return nil, ErrShort
	}
	f.Data = b[:n]
	return b[n:], nil
}

func consumeControl(b []byte, first byte, f *Frame) (rest []byte, err error) {
	if first&frameHasLength != 0 {
		return nil, ErrMalformed
	}
	n := 0
	switch f.Channel {
	case ControlPadding, ControlPing:
		return b, nil
	case ControlClose:
		if len(b) < 2 {
			return nil, ErrShort
		}
		f.Reason, n, b = b[0], int(b[1]), b[2:]
	case ControlTicket:
		if len(b) < 1 {
			return nil, ErrShort
		}
		if n, b = int(b[0]), b[1:]; n < TicketLen {
			return nil, ErrMalformed
		}
	case ControlChallenge, ControlResponse:
		n = ChallengeLen
	case ControlObserved:
		n = ObservedLen
	case ControlECN:
		n = ECNLen
	default:
		return nil, ErrMalformed
	}
	if len(b) < n {
		return nil, ErrShort
	}
	f.Data = b[:n]
	return b[n:], nil
}
