package link

import "fmt"

// MaxCorruptBits is how many bits of one datagram Corruption flips at most.
const MaxCorruptBits = 64

// Corruption flips bits of datagrams that arrive. Which ones, and where,
// depends on the seed and the datagram's index alone. The zero value flips
// none.
type Corruption struct {
	// Probability is that of a datagram to be corrupted. From 0 to 1.
	Probability float64

	// Bits is how many different bits of a corrupted datagram are flipped
	// (all, if it is shorter). Zero means 1. At most MaxCorruptBits.
	Bits int
}

func (c Corruption) validate() error {
	if err := firstError(
		checkProbability("Corrupt.Probability", c.Probability),
		checkInt("Corrupt.Bits", c.Bits, 0, MaxCorruptBits),
	); err != nil {
		return err
	}
	if c.Probability == 0 && c.Bits != 0 {
		return &FieldError{"Corrupt.Probability", "0", fmt.Sprintf("more than 0 where Corrupt.Bits is %d", c.Bits)}
	}
	return nil
}

// bits is Bits with its default.
func (c Corruption) bits() int { return max(1, c.Bits) }

// flip flips bits of a datagram, chosen by its index. It flips no bit twice.
func (c Corruption) flip(random *randomness, index uint64, datagram []byte) {
	total := uint64(len(datagram)) * 8
	var chosen [MaxCorruptBits]uint64
	drawn := random.draw(decideCorruptBit, index)
	for n := range min(uint64(c.bits()), total) {
		drawn = mix(drawn + gamma)
		// The drawn-th of the bits not chosen yet, which chosen lists in
		// order: it moves up past each that is not above it.
		bit := scale(drawn, total-n)
		at := uint64(0)
		for at < n && chosen[at] <= bit {
			bit++
			at++
		}
		copy(chosen[at+1:n+1], chosen[at:n])
		chosen[at] = bit
		datagram[bit/8] ^= 1 << (bit % 8)
	}
}
