package ack

import (
	"math/bits"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// How many of the newest packet numbers are remembered. The first number is
// enough for a game, and takes 32 bytes; a download, or a peer that is silent
// for seconds, makes it the second.
const (
	smallHistory = 256
	largeHistory = wire.AckReach
)

// A history remembers which of the newest packet numbers arrived: bit n%64 of
// word n/64 of a ring. It does not know which is the newest. The zero value is
// small and ready to use.
type history struct {
	small [smallHistory / 64]uint64
	large *[largeHistory / 64]uint64 // instead, once it is needed
}

func (h *history) words() []uint64 {
	if h.large != nil {
		return h.large[:]
	}
	return h.small[:]
}

// size is how many numbers are remembered, the newest included.
func (h *history) size() uint64 { return 64 * uint64(len(h.words())) }

// holds reports whether number, below next, is remembered.
func (h *history) holds(next, number uint64) bool { return next-1-number < h.size() }

func (h *history) has(number uint64) bool {
	w := h.words()
	return w[number/64%uint64(len(w))]>>(number%64)&1 != 0
}

func (h *history) set(number uint64) {
	w := h.words()
	w[number/64%uint64(len(w))] |= 1 << (number % 64)
}

// advance forgets what was remembered in the places of next to number, and
// remembers that number arrived and the others did not.
func (h *history) advance(next, number uint64) {
	w := h.words()
	if number-next >= h.size() {
		clear(w)
	} else {
		for n := next; n <= number; n = n&^63 + 64 {
			mask := ^uint64(0) << (n % 64)
			if number-n < 64 && n/64 == number/64 {
				mask &= ^uint64(0) >> (63 - number%64)
			}
			w[n/64%uint64(len(w))] &^= mask
		}
	}
	h.set(number)
}

// grow makes the history large, with next as one more than the newest.
func (h *history) grow(next uint64) {
	if h.large != nil {
		return
	}
	large := history{large: new([largeHistory / 64]uint64)}
	for n := next - min(next, smallHistory); n < next; n++ {
		if h.has(n) {
			large.set(n)
		}
	}
	*h = large
}

// word returns the 32 bits from number on: bit n is set if number+n arrived.
func (h *history) word(number uint64) uint32 {
	w := h.words()
	i := number / 64
	// 32 bits, as Go 1.26 loses the second half on 386 where the amount of
	// the shift has 64: TestWord.
	shift := uint32(number % 64)
	word := w[i%uint64(len(w))] >> shift
	if shift > 32 {
		word |= w[(i+1)%uint64(len(w))] << (64 - shift)
	}
	return uint32(word)
}

// run returns how many numbers in a row, from the number from down to oldest
// at most, arrived, or did not.
func (h *history) run(from, oldest uint64, arrived bool) uint64 {
	w := h.words()
	limit := from - oldest + 1
	count := uint64(0)
	for count < limit {
		n := from - count
		word := w[n/64%uint64(len(w))]
		if arrived {
			word = ^word // ones end the run
		}
		length := uint64(bits.LeadingZeros64(word << (63 - n%64)))
		count += min(length, n%64+1)
		if length <= n%64 {
			break
		}
	}
	return min(count, limit)
}

// firstArrived returns the first number from the number from up to newest that
// arrived, which newest did.
func (h *history) firstArrived(from, newest uint64) uint64 {
	w := h.words()
	for from < newest {
		word := w[from/64%uint64(len(w))] >> (from % 64)
		if word != 0 {
			return min(newest, from+uint64(bits.TrailingZeros64(word)))
		}
		from = from&^63 + 64
	}
	return newest
}
