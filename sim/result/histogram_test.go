package result

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestHistogramBuckets(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 129, 255, 256, 257, 1_000_000, 1<<40 + 12345} {
		i := bucketOf(v)
		if low, next := BucketLow(i), BucketLow(i+1); v < low || v >= next {
			t.Errorf("%d is in bucket %d, which is [%d, %d)", v, i, low, next)
		}
		if low, next := BucketLow(i), BucketLow(i+1); low >= 128 && float64(next-low) > 0.008*float64(low) {
			t.Errorf("bucket %d of %d is %d wide", i, v, next-low)
		}
	}
}

func TestHistogramQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	var a, b Histogram
	for range 10_000 {
		d := time.Duration(r.ExpFloat64() * 5e7)
		all = append(all, d)
		if len(all)%2 == 0 {
			a.Add(d)
		} else {
			b.Add(d)
		}
	}
	a.Merge(&b)
	slices.Sort(all)
	for _, q := range []uint64{1, 500_000, 990_000, 999_900, 1_000_000} {
		want := all[max((10_000*q+999_999)/1_000_000, 1)-1]
		if got := a.Quantile(q); got < want || float64(got) > 1.008*float64(want)+1 {
			t.Errorf("quantile %d ppm is %v, want %v to 0.8 %%", q, got, want)
		}
	}
	if got := a.Quantile(1_000_000); got != all[len(all)-1] {
		t.Errorf("the largest is %v, want %v", got, all[len(all)-1])
	}
	if got := (&Histogram{}).Quantile(500_000); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}
