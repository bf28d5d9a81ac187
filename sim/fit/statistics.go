package fit

import (
	"math"
	"slices"
)

// chiSquareP returns the probability that a χ² of so many degrees of freedom
// is at least x: the upper regularised incomplete gamma function, by its series
// or its continued fraction (Abramowitz, Stegun 6.5.29 and 6.5.31).
func chiSquareP(x float64, freedom int) float64 {
	a, z := float64(freedom)/2, x/2
	if z <= 0 || freedom < 1 {
		return 1
	}
	gamma, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(z) - z - gamma)
	if z < a+1 {
		term, sum := 1/a, 1/a
		for n := 1; term > sum*1e-16; n++ {
			term *= z / (a + float64(n))
			sum += term
		}
		return 1 - front*sum
	}
	b := z + 1 - a // Lentz
	c, d := 1e300, 1/b
	h := d
	for n := 1; n < 10_000; n++ {
		an := -float64(n) * (float64(n) - a)
		b += 2
		d = 1 / (an*d + b)
		c = b + an/c
		h *= c * d
		if math.Abs(c*d-1) < 1e-15 {
			break
		}
	}
	return front * h
}

// kolmogorovP returns the probability that n samples are at least distance
// from their own distribution.
func kolmogorovP(distance float64, n int) float64 {
	d := distance * math.Sqrt(float64(n))
	if d < 0.2 {
		return 1 // the series converges slowly there, towards 1
	}
	p, sign := 0.0, 2.0
	for k := 1.0; k < 100; k++ {
		p += sign * math.Exp(-2*k*k*d*d)
		sign = -sign
	}
	return min(1, max(0, p))
}

// normalQuantile is the inverse of the standard normal distribution.
func normalQuantile(share float64) float64 { return math.Sqrt2 * math.Erfinv(2*share-1) }

func normalShare(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// quantile returns what a share of sorted numbers is below; 0 if there are
// none.
func quantile(sorted []int64, share float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(share*float64(len(sorted)-1)+0.5)]
}

func median(values []int64) int64 {
	slices.Sort(values)
	return quantile(values, 0.5)
}

// significant rounds to a number of digits.
func significant(v float64, digits int) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
