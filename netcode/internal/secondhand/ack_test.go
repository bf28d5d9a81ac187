package secondhand

import (
	"encoding/binary"
	"errors"
	"time"
)

// Forms of the ack section (section 4.2).
const (
	formShort = iota
	formRun
	formBits
	formWide
)

// An ack is what an ack section says. One with none set says nothing.
type ack struct {
	none   bool
	newest uint32 // low bits
	width  uint64 // 2⁸ or 2¹⁶: what newest is modulo
	delay  time.Duration
	vague  bool // the delay is this or longer
	words  []uint32
	runs   []int
}

const allOnes = 0xffffffff

func consumeAck(form uint8, b []byte) (a ack, rest []byte, err error) {
	short := errors.New("short ack")
	count := 0
	if form == formWide {
		if len(b) == 0 {
			return a, nil, short
		}
		count, b = int(b[0]), b[1:]
		if count == 0 {
			return ack{none: true}, b, nil
		}
	}
	a.width = 1 << 16
	if form == formShort {
		a.width = 1 << 8
		if len(b) < 2 {
			return a, nil, short
		}
		a.newest, b = uint32(b[0]), b[1:]
	} else {
		if len(b) < 3 {
			return a, nil, short
		}
		a.newest, b = uint32(binary.LittleEndian.Uint16(b)), b[2:]
	}
	a.delay, a.vague, b = time.Duration(b[0])*250*time.Microsecond, b[0] == 255, b[1:]
	words := 0
	switch {
	case form < formBits:
		a.words = []uint32{allOnes}
		return a, b, nil
	case form == formBits:
		words = 1
	case count >= 2 && count <= 8:
		words = count
	case count >= 0x81 && count <= 0xbf && count&1 == 1:
		return consumeRuns(a, count&0x7f, b)
	default:
		return a, nil, errors.New("no such count of words or runs")
	}
	if len(b) < 4*words {
		return a, nil, short
	}
	for ; words > 0; words-- {
		a.words, b = append(a.words, binary.LittleEndian.Uint32(b)), b[4:]
	}
	if form == formBits && a.words[0] == allOnes {
		return a, nil, errors.New("bits that are all ones")
	}
	return a, b, nil
}

func consumeRuns(a ack, k int, b []byte) (ack, []byte, error) {
	sum := 0
	for i := range k {
		n, rest, err := consumeLength(b)
		if err != nil {
			return a, nil, err
		}
		if n == 0 && i > 0 {
			return a, nil, errors.New("empty run")
		}
		a.runs, b = append(a.runs, n), rest
		sum += n
	}
	if sum > 4095 {
		return a, nil, errors.New("runs too long")
	}
	return a, b, nil
}

// full returns the newest number, if those below acknowledged may be known to
// have arrived, and no other.
func (a ack) full(acknowledged uint64) uint64 {
	from := max(acknowledged, 1) - 1
	return from + (uint64(a.newest)-from)%a.width
}

// each calls received for every number that a tells of, newest being the full
// newest one.
func (a ack) each(newest uint64, received func(uint64)) {
	received(newest)
	at := newest // one above the next to look at
	for _, word := range a.words {
		for bit := range 32 {
			if at == 0 {
				return
			}
			at--
			if word>>bit&1 == 1 {
				received(at)
			}
		}
	}
	for i, n := range a.runs {
		for ; n > 0 && at > 0; n-- {
			at--
			if i%2 == 0 {
				received(at)
			}
		}
	}
}

// A history is what was received, for the acks to tell (section 4.2).
type history struct {
	any         bool
	newest      uint64
	newestShort bool // its number took one byte
	newestAt    time.Time
	told        uint64          // c: an ack with a newest one below this one arrived
	seen        map[uint64]bool // only numbers that are to be told of
}

func (h *history) record(number uint64, short bool, at time.Time) {
	if h.seen == nil {
		h.seen = map[uint64]bool{}
	}
	h.seen[number] = true
	if !h.any || number > h.newest {
		h.any, h.newest, h.newestShort, h.newestAt = true, number, short, at
		delete(h.seen, number-4096)
	}
}

// has says whether number was received; those below zero were.
func (h *history) has(number int64) bool { return number < 0 || h.seen[uint64(number)] }

// appendAck appends an ack section in at most 52 bytes and returns its form.
func (h *history) appendAck(b []byte, now time.Time) ([]byte, uint8) {
	if !h.any {
		return append(b, 0), formWide
	}
	delay := byte(min(255, now.Sub(h.newestAt)/(250*time.Microsecond)))
	word := func(w int) (bits uint32) {
		for n := range 32 {
			if h.has(int64(h.newest) - 1 - int64(32*w) - int64(n)) {
				bits |= 1 << n
			}
		}
		return bits
	}
	gap := int64(h.newest) - int64(h.told) // numbers below the newest that must be told of
	if gap <= 32 {
		first := word(0)
		switch {
		case first == allOnes && h.newestShort:
			return append(b, byte(h.newest), delay), formShort
		case first == allOnes:
			return append(b, byte(h.newest), byte(h.newest>>8), delay), formRun
		}
		b = append(b, byte(h.newest), byte(h.newest>>8), delay)
		return binary.LittleEndian.AppendUint32(b, first), formBits
	}
	runs, k, reach := h.runs(gap)
	words := min(8, int(gap+31)/32)
	wordsReach := int64(words) * 32
	useRuns := min(reach, gap) > min(wordsReach, gap)
	if min(reach, gap) == min(wordsReach, gap) {
		useRuns = len(runs) < 4*words
	}
	count := byte(words)
	if useRuns {
		count = 0x80 | byte(k)
	}
	b = append(b, count, byte(h.newest), byte(h.newest>>8), delay)
	if useRuns {
		return append(b, runs...), formWide
	}
	for w := range words {
		b = binary.LittleEndian.AppendUint32(b, word(w))
	}
	return b, formWide
}

// runs returns runs in at most 48 bytes, how many they are, and how far below
// the newest number they tell of all that was received.
func (h *history) runs(gap int64) (b []byte, k int, reach int64) {
	at, end := int64(h.newest)-1, max(int64(h.newest)-gap, int64(h.newest)-4095)
	var whole []byte // up to the last run of received ones that fits
	count := 0
	for received := true; at >= end || count == 0; received = !received {
		n := 0
		for at >= end && h.has(at) == received {
			at, n = at-1, n+1
		}
		b, count = appendLength(b, n), count+1
		if len(b) > 48 || count > 63 {
			return whole, k, reach
		}
		if received {
			whole, k, reach = b, count, int64(h.newest)-1-at
		}
	}
	return whole, k, gap // below the last run nothing was received
}
