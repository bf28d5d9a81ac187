package wire

import (
	"encoding/binary"
	"time"
)

// AckWords is how many words of 32 bits the widest ack has: 256 packets, two
// seconds at 128 packets a second.
const AckWords = 8

// ackDelayUnit is what one step of the ack delay byte means: fine enough
// that round-trip times are true to a quarter of a millisecond, and coarse
// enough that a byte covers a loop that flushes 16 times a second.
const ackDelayUnit = 250 * time.Microsecond

// MaxAckDelay is the longest ack delay the wire expresses; longer ones are
// sent as this, so that it may mean any longer one.
const MaxAckDelay = 255 * ackDelayUnit

// An Ack tells which packets arrived (section 4.2). The zero value is not
// an ack: a header's AckForm says whether there is one.
type Ack struct {
	Newest uint64        // newest packet received; low 16 bits when decoded
	Delay  time.Duration // between its arrival and this ack; whole units when decoded
	// Bits says which packets before Newest arrived: bit n of word w stands
	// for Newest-1-32w-n. Bits of packets before number zero are set.
	Bits  [AckWords]uint32
	Words int // of Bits in use, 1 to AckWords
}

// Form returns the shortest form that carries a.
func (a *Ack) Form() AckForm {
	switch {
	case a.Words > 1:
		return AckWide
	case a.Bits[0] == ^uint32(0):
		return AckRun
	}
	return AckBits
}

// AckLen returns the encoded length of an ack in bytes.
func AckLen(form AckForm, words int) int {
	switch form {
	case AckRun:
		return 3
	case AckBits:
		return 3 + 4
	case AckWide:
		return 3 + 1 + 4*words
	}
	return 0
}

// AppendAck appends a in its shortest form.
func AppendAck(b []byte, a *Ack) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(a.Newest))
	b = append(b, byte(min(max(a.Delay, 0)/ackDelayUnit, 255)))
	switch a.Form() {
	case AckBits:
		b = binary.LittleEndian.AppendUint32(b, a.Bits[0])
	case AckWide:
		b = append(b, byte(a.Words))
		for _, word := range a.Bits[:a.Words] {
			b = binary.LittleEndian.AppendUint32(b, word)
		}
	}
	return b
}

// ConsumeAck decodes the ack section of a packet into a.
func ConsumeAck(b []byte, form AckForm, a *Ack) (rest []byte, err error) {
	*a = Ack{}
	if form == AckNone {
		return b, nil
	}
	if len(b) < 3 {
		return nil, ErrShort
	}
	a.Newest = uint64(binary.LittleEndian.Uint16(b))
	a.Delay = time.Duration(b[2]) * ackDelayUnit
	b, a.Words = b[3:], 1
	switch form {
	case AckRun:
		a.Bits[0] = ^uint32(0)
		return b, nil
	case AckWide:
		if len(b) < 1 {
			return nil, ErrShort
		}
		a.Words = int(b[0])
		if a.Words < 2 || a.Words > AckWords {
			return nil, ErrMalformed
		}
		b = b[1:]
	}
	if len(b) < 4*a.Words {
		return nil, ErrShort
	}
	for i := range a.Words {
		a.Bits[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	if form == AckBits && a.Bits[0] == ^uint32(0) {
		return nil, ErrMalformed // has a shorter form
	}
	return b[4*a.Words:], nil
}
