package link

import "math/bits"

//go:generate go run ./internal/normaltable -out normal_table.go
//go:generate go run ./internal/shapetables -out shape_tables.go

// jitterer draws delays around a mean.
type jitterer struct {
	delay  int64 // nanoseconds
	jitter int64 // range or standard deviation, nanoseconds
	shape  Shape
	table  *DelayTable
	copula copula
}

// set changes the distribution; where a correlated jitter stands stays.
func (j *jitterer) set(c *Config) {
	j.delay, j.jitter, j.shape, j.table = int64(c.Delay), int64(c.Jitter), c.Shape, c.Table
	j.copula.set(c.Correlation)
}

// delayOf returns the delay of datagram index, never negative. It must be
// asked once about every datagram: correlated jitter moves.
func (j *jitterer) delayOf(random *randomness, index uint64) int64 {
	if j.copula.keep == 0 {
		return j.independent(random, decideJitter, index)
	}
	z := j.copula.next(random, index)
	if j.shape == Normal {
		return max(0, j.delay+scaleDeviation(z, j.jitter, copulaFractionBits))
	}
	return j.quantile(gaussShare(z))
}

// independent returns a delay that depends on nothing but the decision and
// the index: of a copy, and of all datagrams if jitter has no correlation.
func (j *jitterer) independent(random *randomness, d decision, index uint64) int64 {
	if j.jitter == 0 && j.table == nil {
		return j.delay
	}
	drawn := random.draw(d, index)
	if j.shape == Normal {
		return max(0, j.delay+normal(drawn, j.jitter))
	}
	return j.quantile(drawn)
}

// quantile returns the delay below which a share of all delays lies, given by
// 64 random bits. It rises with them.
func (j *jitterer) quantile(share uint64) int64 {
	switch j.shape {
	case Pareto:
		return max(0, j.delay+scaleDeviation(shapeQuantile(share, &paretoLower, &paretoUpper), j.jitter, 32+shapeFractionBits))
	case ParetoNormal:
		return max(0, j.delay+scaleDeviation(shapeQuantile(share, &paretoNormalLower, &paretoNormalUpper), j.jitter, 32+shapeFractionBits))
	case Tabled:
		return max(0, j.delay+j.table.at(share, j.jitter))
	}
	return j.delay - j.jitter + int64(scale(share, uint64(2*j.jitter)+1))
}

// normal returns a normally distributed number of mean zero and standard
// deviation sigma, by the inverse of the distribution function: a quantile of
// the half above the mean, interpolated between the entries of
// normalQuantiles, and a sign.
func normal(random uint64, sigma int64) int64 {
	entry := random >> (64 - normalIndexBits)
	between := int64(random >> (64 - normalIndexBits - 16) & 0xffff)
	low, high := int64(normalQuantiles[entry]), int64(normalQuantiles[entry+1])
	z := low<<16 + (high-low)*between // standard deviations in units of 2^-32

	upper, lower := bits.Mul64(uint64(sigma), uint64(z))
	n := int64(upper<<32 | lower>>32) // sigma·z/2^32
	if random&1 != 0 {
		return -n
	}
	return n
}

// A shapeHalf holds quantiles of one half of a distribution, from the median
// outwards. The shares beyond them are 1/2, 63/128, 62/128, ... 32/128,
// 63/256, ...: each halving of the share has equal steps, so that the tail is
// as fine as the middle.
type shapeHalf [shapeOctaves<<shapeStepBits + 1]int32

// shapeQuantile returns the quantile of a share given by 64 random bits, in
// units of 2^-(32+shapeFractionBits) standard deviations.
func shapeQuantile(share uint64, lower, upper *shapeHalf) int64 {
	if share>>63 == 0 {
		return lower.beyond(share)
	}
	return upper.beyond(^share)
}

// beyond returns the number beyond which a share below 2^63, in units of
// 2^-64, lies.
func (h *shapeHalf) beyond(share uint64) int64 {
	share <<= 1
	octave := bits.LeadingZeros64(share)
	if octave >= shapeOctaves {
		return int64(h[len(h)-1]) << 32
	}
	share <<= octave + 1 // without its leading one
	step := int(share >> (64 - shapeStepBits))
	between := int64(share << shapeStepBits >> 32)
	i := octave<<shapeStepBits + 1<<shapeStepBits - step
	far, near := int64(h[i]), int64(h[i-1])
	return far<<32 + (near-far)*between
}
