package link

import "math/bits"

//go:generate go run ./internal/normaltable -out normal_table.go

// jitterer draws delays around a mean.
type jitterer struct {
	delay  int64 // nanoseconds
	jitter int64 // range or standard deviation, nanoseconds
	shape  Shape
}

func (j *jitterer) set(c *Config) {
	j.delay, j.jitter, j.shape = int64(c.Delay), int64(c.Jitter), c.Shape
}

// delayOf returns the delay of datagram index, never negative.
func (j *jitterer) delayOf(random randomness, d decision, index uint64) int64 {
	if j.jitter == 0 {
		return j.delay
	}
	drawn := random.draw(d, index)
	if j.shape == Normal {
		return max(0, j.delay+normal(drawn, j.jitter))
	}
	return j.delay - j.jitter + int64(scale(drawn, uint64(2*j.jitter)+1))
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
