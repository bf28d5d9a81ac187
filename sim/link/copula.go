package link

import "math/bits"

const (
	// copulaFractionBits is the unit of a copula's state: 2^-28 standard
	// deviations, so that its product with a factor fits 64 bits.
	copulaFractionBits = 28

	// factorBits is the unit of its factors: 2^-30.
	factorBits = 30
)

// A copula correlates what is drawn one after the other without changing the
// distribution it is drawn from: a normally distributed number z wanders as an
// autoregressive process of order one,
//
//	z' = ρ·z + √(1-ρ²)·n
//
// with n normal and independent, which leaves z standard normal; and the share
// of a normal distribution below z is then evenly distributed, and is what a
// quantile is drawn from.
//
// (netem mixes instead the last even number with the new one, ρ·last +
// (1-ρ)·new. The mixture is not even any more: at ρ = 0.5 its standard
// deviation has shrunk by 42 %, and with it the jitter.)
type copula struct {
	keep, add int64 // ρ and √(1-ρ²), in units of 2^-factorBits; 0 = off
	z         int64 // in units of 2^-copulaFractionBits
	started   bool
}

func (c *copula) set(correlation float64) {
	c.keep = int64(correlation * (1 << factorBits)) // a power of two: exact everywhere
	c.add = int64(squareRoot(1<<(2*factorBits) - uint64(c.keep)*uint64(c.keep)))
	if c.keep == 0 {
		c.started = false
	}
}

// next returns z of datagram index.
func (c *copula) next(random *randomness, index uint64) int64 {
	n := gauss(random.draw(decideJitter, index))
	if !c.started {
		c.started, c.z = true, n
		return n
	}
	c.z = (c.keep*c.z + c.add*n + 1<<(factorBits-1)) >> factorBits
	return c.z
}

// gauss returns a standard normal number from 64 random bits, in units of
// 2^-copulaFractionBits. It ends at 4.9 standard deviations.
func gauss(random uint64) int64 {
	const drop = 32 + shapeFractionBits - copulaFractionBits
	if random>>63 == 0 {
		return -(gaussTail.beyond(random) >> drop)
	}
	return gaussTail.beyond(^random) >> drop
}

// gaussShare returns the share of a normal distribution below z, in units of
// 2^-64.
func gaussShare(z int64) uint64 {
	const stepBits = copulaFractionBits - normalTailStepBits
	distance := uint64(max(z, -z))
	above := uint64(0)
	if i := distance >> stepBits; i < uint64(len(normalTail)-1) {
		low, high := normalTail[i+1], normalTail[i]
		part, _ := bits.Mul64(high-low, distance<<(64-stepBits))
		above = high - part
	}
	if z < 0 {
		return above
	}
	return ^above
}
