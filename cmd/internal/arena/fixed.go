package arena

import "math/bits"

// oneBits is the scale of sine and cosine: 1.0 is 1<<14.
const oneBits = 14

// sine returns the sine of an angle in 4096ths of a turn, times 1<<14. The
// error is at most one in the last place.
//
// An odd polynomial of seventh degree over a quarter turn, in 30-bit fixed
// point: sin(πz/2) ≈ z·(c1 − z²(c3 − z²(c5 − z²c7))). The coefficients are
// Taylor's, the last one bent so that the curve reaches exactly 1 at z = 1.
func sine(angle int32) int32 {
	const (
		c1 = 1686629713 // π/2       · 2^30
		c3 = 693598668  // (π/2)³/3! · 2^30
		c5 = 85569306   // (π/2)⁵/5! · 2^30
		c7 = c1 - c3 + c5 - 1<<30
	)
	a := angle & (Turn - 1)
	negative := a >= HalfTurn
	a &= HalfTurn - 1
	if a > QuarterTurn {
		a = HalfTurn - a
	}
	z := int64(a) << 20 // 30 bits for a quarter turn of 10
	zz := z * z >> 30
	s := c5 - zz*c7>>30
	s = c3 - zz*s>>30
	s = c1 - zz*s>>30
	s = z * s >> 30
	r := int32((s + 1<<15) >> 16)
	if negative {
		return -r
	}
	return r
}

// cosine is like sine, a quarter turn ahead.
func cosine(angle int32) int32 { return sine(angle + QuarterTurn) }

// angleOf returns the direction of (dx, dy) in 4096ths of a turn, right to
// within two of them; zero for no direction.
//
// Within an octant: atan(r) ≈ r·π/4 − r(r−1)(0.2447 + 0.0663r), after Rajan
// et al., "Efficient approximations for the arctangent function", IEEE
// Signal Processing Magazine 23(3), 2006, equation 9.
func angleOf(dx, dy int32) uint16 {
	ax, ay := int64(abs(dx)), int64(abs(dy))
	if ax == 0 && ay == 0 {
		return 0
	}
	low, high := min(ax, ay), max(ax, ay)
	r := low << 15 / high // 0..1 in 15 bits
	// The constants are in 4096ths of a turn (651.9 to the radian) with 15 bits.
	const k1, k2 = 5227138, 1416262
	a := int32((r*(512<<15) + r*(1<<15-r)>>15*(k1+k2*r>>15)) >> 30)
	if ay > ax {
		a = QuarterTurn - a
	}
	if dx < 0 {
		a = HalfTurn - a
	}
	if dy < 0 {
		a = -a
	}
	return uint16(a & (Turn - 1))
}

// turnBetween returns the shortest turn from one angle to another, in
// [-2048, 2047].
func turnBetween(from, to uint16) int32 {
	return int32(to-from+HalfTurn)&(Turn-1) - HalfTurn
}

// squareRoot returns the integer part of the root of n, by Newton's method
// from above.
func squareRoot(n int64) int64 {
	if n <= 0 {
		return 0
	}
	x := int64(1) << ((bits.Len64(uint64(n)) + 1) / 2)
	for {
		y := (x + n/x) / 2
		if y >= x {
			return x
		}
		x = y
	}
}

// distance returns the length of (dx, dy), rounded down.
func distance(dx, dy int32) int32 {
	return int32(squareRoot(distance2(dx, dy)))
}

// distance2 returns the square of the length of (dx, dy).
func distance2(dx, dy int32) int64 {
	return int64(dx)*int64(dx) + int64(dy)*int64(dy)
}

func abs(n int32) int32 {
	if n < 0 {
		return -n
	}
	return n
}

func sign(n int32) int32 {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// clamp returns n, or the bound it lies beyond.
func clamp[T int | int16 | int32](n, low, high T) T { return max(low, min(n, high)) }

// random is a sequence of pseudo-random numbers that is the same everywhere:
// Marsaglia's xorshift32 ("Xorshift RNGs", Journal of Statistical Software
// 8(14), 2003). Zero is not a state; it is replaced.
type random uint32

// below returns a number in [0, n), n > 0. The bias of the modulus does not
// matter for the small n of the rules.
func (r *random) below(n int32) int32 {
	x := uint32(*r)
	if x == 0 {
		x = 0x9e3779b9
	}
	x ^= x << 13
	x ^= x >> 17
	x ^= x << 5
	*r = random(x)
	return int32(x % uint32(n))
}
