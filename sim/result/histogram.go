package result

import (
	"math/bits"
	"time"
)

// subBits is how finely a Histogram divides each power of two: 2^7 = 128
// steps, so that a bucket is at most 0.8 % wide.
const subBits = 7

// A Histogram counts durations in buckets whose width grows with the value: up
// to 128 ns exactly, above that to 0.8 % (the layout of Gil Tene's HdrHistogram
// with two significant digits). The zero value is empty. It grows to the
// largest value added and allocates no more after that.
type Histogram struct {
	// Counts are by bucket; BucketLow says where each begins.
	Counts []uint32 `json:"counts"`
	Total  uint64   `json:"total"`
	Max    int64    `json:"max_ns"` // largest value added, exactly
}

// Add counts a duration. Negative ones count as zero.
func (h *Histogram) Add(d time.Duration) {
	v := max(int64(d), 0)
	i := bucketOf(uint64(v))
	if i >= len(h.Counts) {
		grown := make([]uint32, max(i+1, 2*len(h.Counts)))
		copy(grown, h.Counts)
		h.Counts = grown
	}
	h.Counts[i]++
	h.Total++
	h.Max = max(h.Max, v)
}

// Merge adds what o counted.
func (h *Histogram) Merge(o *Histogram) {
	if len(o.Counts) > len(h.Counts) {
		grown := make([]uint32, len(o.Counts))
		copy(grown, h.Counts)
		h.Counts = grown
	}
	for i, n := range o.Counts {
		h.Counts[i] += n
	}
	h.Total += o.Total
	h.Max = max(h.Max, o.Max)
}

// Quantile returns the value that a share q of all values does not exceed, q
// in parts per million: the nearest rank, at the upper end of its bucket and
// never above Max. It returns 0 if h is empty.
func (h *Histogram) Quantile(q uint64) time.Duration {
	if h.Total == 0 {
		return 0
	}
	rank := max((h.Total*q+999_999)/1_000_000, 1)
	var seen uint64
	for i, n := range h.Counts {
		if seen += uint64(n); seen >= rank {
			return time.Duration(min(int64(BucketLow(i+1))-1, h.Max))
		}
	}
	return time.Duration(h.Max)
}

// BucketLow returns the least value of bucket i, in nanoseconds.
func BucketLow(i int) uint64 {
	if i < 1<<subBits {
		return uint64(i)
	}
	exponent := i>>subBits - 1
	return uint64(1<<subBits+i&(1<<subBits-1)) << exponent
}

func bucketOf(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	exponent := bits.Len64(v) - 1 - subBits
	return (exponent+1)<<subBits + int(v>>exponent) - 1<<subBits
}
