package link

import "math/bits"

// A decision names what chance is asked for. Each has a stream of its own, so
// that switching one impairment on does not change what another decides.
// Append only: the numbers are part of what a seed means.
type decision uint64

const (
	decideLoss      decision = iota + 1 // independent loss
	decideBurstLoss                     // loss in the present Gilbert–Elliott state
	decideBurstMove                     // change of the Gilbert–Elliott state
	decideJitter
	decideDuplicate
	decideCopyJitter
	decideReorder
	decideMarkov    // move of the four-state chain
	decideSpikeLoss // loss in a spike
	decideSpikeMove // beginning or end of a spike
	decideCorrupt
	decideCorruptBit
	decideSlotLevel // of a slot, not of a datagram
	decideSlotJitter
	decideSlotLoss
	decidePIE

	decisions
)

// gamma is the increment of SplitMix64: 2^64 / golden ratio, made odd.
const gamma = 0x9e3779b97f4a7c15

// mix is the output function of SplitMix64 (Steele, Lea, Flood: Fast
// Splittable Pseudorandom Number Generators, OOPSLA 2014; constants of
// Stafford's variant 13).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// SubSeed returns the seed of part number index of whatever seed is for: the
// directions of a client, the links of a network. Equal arguments give equal
// seeds, different ones unrelated seeds.
func SubSeed(seed, index uint64) uint64 {
	return mix(mix(seed+gamma) ^ mix(index*gamma+1))
}

// randomness answers decisions about datagrams from a seed. It is SplitMix64
// used as a counter-based generator (Salmon et al.: Parallel Random Numbers:
// As Easy as 1, 2, 3, SC 2011): number n of a stream is computed on its own,
// so that nothing depends on the order of the questions.
type randomness struct {
	streams [decisions]uint64 // where each begins
}

func newRandomness(seed uint64) *randomness {
	r := &randomness{}
	for d := range r.streams {
		r.streams[d] = SubSeed(seed, uint64(d))
	}
	return r
}

// draw returns 64 random bits about datagram index.
func (r *randomness) draw(d decision, index uint64) uint64 {
	return mix(r.streams[d] + index*gamma)
}

// chance is a probability in units of 2^-53, from 0 to 2^53.
type chance uint64

// chanceOf converts p in [0, 1]. Scaling by a power of two is exact, so every
// architecture gets the same number.
func chanceOf(p float64) chance { return chance(p * (1 << 53)) }

// happens reports whether something of chance c happens to datagram index.
func (r *randomness) happens(c chance, d decision, index uint64) bool {
	return c != 0 && r.drawn(c, d, index) // small enough to be inlined
}

func (r *randomness) drawn(c chance, d decision, index uint64) bool {
	return r.draw(d, index)>>11 < uint64(c)
}

// scale maps 64 random bits to [0, n) by multiplication (Lemire: Fast Random
// Integer Generation in an Interval, TOMACS 2019), without its rejection
// step: the bias is below n/2^64.
func scale(random, n uint64) uint64 {
	high, _ := bits.Mul64(random, n)
	return high
}
