package wire

import (
	"encoding/binary"
	"time"
)

// AckWords is how many words of 32 bits the widest ack in words has.
const AckWords = 8

// AckRuns is how many runs the longest ack in runs has: what a count of seven
// bits holds, and odd, since it begins and ends with packets that arrived.
const AckRuns = 63

// AckReach is how many packets before the newest an ack in runs may tell of:
// as many as senders here remember, or 0.8 s at 5,000 packets a second.
const AckReach = 4096

// MaxAckLen is the longest ack section sent, in bytes, so that a frame of the
// greatest size still fits beside it: 1,200 less the longest header (12), the
// frame (7 + 1,100) and the tag (16) leaves 65, of which control frames get 13.
const MaxAckLen = 52

// ackDelayUnit is what one step of the ack delay byte means: fine enough
// that round-trip times are true to a quarter of a millisecond, and coarse
// enough that a byte covers a loop that flushes 16 times a second.
const ackDelayUnit = 250 * time.Microsecond

// MaxAckDelay is the longest ack delay the wire expresses; longer ones are
// sent as this, so that it may mean any longer one.
const MaxAckDelay = 255 * ackDelayUnit

// An Ack tells which packets arrived (section 4.2): by bits or by runs. The
// zero value says that none did.
type Ack struct {
	Newest uint64        // newest packet received; its low bits when decoded
	Delay  time.Duration // between its arrival and this ack; whole units when decoded
	Short  bool          // one byte of Newest is enough where the ack is a run

	// Bits says which packets before Newest arrived: bit n of word w stands
	// for Newest-1-32w-n. Bits of packets before number zero are set.
	Bits  [AckWords]uint32
	Words int // of Bits in use, 1 to AckWords; 0 if there is nothing to tell

	// Runs are the lengths of the runs of packets that arrived and that are
	// missing, in turns, down from Newest-1. The first may be zero.
	Runs     [AckRuns]uint16
	RunCount int // of Runs in use, odd; 0 if Bits are used
}

// ackRuns marks a count as one of runs.
const ackRuns = 1 << 7

// Form returns the shortest form that carries a.
func (a *Ack) Form() AckForm {
	switch {
	case a.Words != 1:
		return AckWide
	case a.Bits[0] != ^uint32(0):
		return AckBits
	case a.Short:
		return AckShort
	}
	return AckRun
}

// newestLen is how many bytes of the newest number a form carries.
func newestLen(form AckForm) int {
	if form == AckShort {
		return 1
	}
	return 2
}

// AckLen returns the encoded length of a in bytes.
func AckLen(a *Ack) int {
	switch a.Form() {
	case AckShort:
		return 1 + 1
	case AckRun:
		return 2 + 1
	case AckBits:
		return 2 + 1 + 4
	}
	if a.RunCount == 0 {
		if a.Words == 0 {
			return 1
		}
		return 1 + 2 + 1 + 4*a.Words
	}
	n := 1 + 2 + 1
	for _, run := range a.Runs[:a.RunCount] {
		n += RunLen(int(run))
	}
	return n
}

// RunLen returns how many bytes a run of n packets takes.
func RunLen(n int) int { return lengthLen(n) }

// AppendAck appends a in its shortest form.
func AppendAck(b []byte, a *Ack) []byte {
	form := a.Form()
	if form == AckWide {
		b = append(b, wideCount(a))
		if a.Words == 0 && a.RunCount == 0 {
			return b
		}
	}
	b = append(b, byte(a.Newest))
	if newestLen(form) == 2 {
		b = append(b, byte(a.Newest>>8))
	}
	b = append(b, byte(min(max(a.Delay, 0)/ackDelayUnit, 255)))
	for _, run := range a.Runs[:a.RunCount] {
		b = appendLength(b, int(run))
	}
	if form == AckBits || form == AckWide && a.RunCount == 0 {
		for _, word := range a.Bits[:a.Words] {
			b = binary.LittleEndian.AppendUint32(b, word)
		}
	}
	return b
}

func wideCount(a *Ack) byte {
	if a.RunCount > 0 {
		return ackRuns | byte(a.RunCount)
	}
	return byte(a.Words)
}

// ConsumeAck decodes the ack section of a packet into a.
func ConsumeAck(b []byte, form AckForm, a *Ack) (rest []byte, err error) {
	*a = Ack{Words: 1, Short: form == AckShort}
	if form == AckWide {
		if len(b) < 1 {
			return nil, ErrShort
		}
		count := b[0]
		b = b[1:]
		if a.Words = int(count); count >= ackRuns {
			a.Words, a.RunCount = 0, int(count&^ackRuns)
		}
		switch {
		case count == 0:
			return b, nil
		case count < ackRuns && (a.Words < 2 || a.Words > AckWords),
			count >= ackRuns && (a.RunCount%2 == 0 || a.RunCount > AckRuns):
			return nil, ErrMalformed
		}
	}
	size := newestLen(form)
	if len(b) < size+1 {
		return nil, ErrShort
	}
	a.Newest = uint64(b[0])
	if size == 2 {
		a.Newest |= uint64(b[1]) << 8
	}
	a.Delay = time.Duration(b[size]) * ackDelayUnit
	b = b[size+1:]
	switch {
	case newestAlone(form):
		a.Bits[0] = ^uint32(0)
		return b, nil
	case a.RunCount > 0:
		return consumeRuns(b, a)
	}
	return consumeWords(b, form, a)
}

// newestAlone reports whether a form says nothing but the newest and that a
// run of others arrived with it.
func newestAlone(form AckForm) bool { return form == AckShort || form == AckRun }

func consumeWords(b []byte, form AckForm, a *Ack) (rest []byte, err error) {
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

// consumeRuns decodes the lengths of the runs. Only the first may be zero,
// and together they stay within AckReach, which bounds what a peer can make
// us do.
func consumeRuns(b []byte, a *Ack) (rest []byte, err error) {
	total := 0
	for i := range a.RunCount {
		var n int
		if n, b, err = consumeLength(b); err != nil {
			return nil, err
		}
		if total += n; n == 0 && i > 0 || total >= AckReach {
			return nil, ErrMalformed
		}
		a.Runs[i] = uint16(n)
	}
	return b, nil
}
