package sweep

import (
	"errors"
	"fmt"
	"math/big"
)

// Geometric ranges have values of so many significant digits.
const (
	significant = 4
	maxLog      = 200 // values, which bounds the size of the integers below
)

// geometric returns n values of which each is the same multiple of the one
// before. They are rounded down to 4 digits, in integers: math.Pow differs
// between architectures. The ends are as they are written.
func (r *span) geometric(n int) ([]string, error) {
	if r.low.Sign() <= 0 || r.high.Sign() <= 0 {
		return nil, errors.New("want a range above 0, as each value is a multiple of the one before")
	}
	if n > maxLog {
		return nil, fmt.Errorf("want at most %d values of a log range", maxLog)
	}
	values := []string{r.unit.text(r.low)}
	for i := 1; i < n-1; i++ {
		values = append(values, r.unit.text(r.between(i, n-1)))
	}
	return append(values, r.unit.text(r.high)), nil
}

// between returns low * (high/low)^(i/n): the largest v of a few digits whose
// n-th power is not above low^(n-i) * high^i.
func (r *span) between(i, n int) *big.Rat {
	want := power(r.low, n-i)
	want.Mul(want, power(r.high, i))
	// Find its power of ten first, then one digit after the other.
	ten := big.NewRat(10, 1)
	unit, v := big.NewRat(1, 1), new(big.Rat)
	for power(unit, n).Cmp(want) <= 0 {
		unit.Mul(unit, ten)
	}
	for power(unit, n).Cmp(want) > 0 {
		unit.Quo(unit, ten)
	}
	for range significant {
		for {
			next := new(big.Rat).Add(v, unit)
			if power(next, n).Cmp(want) > 0 {
				break
			}
			v = next
		}
		unit.Quo(unit, ten)
	}
	return v
}

// power returns x to the power of n.
func power(x *big.Rat, n int) *big.Rat {
	e := big.NewInt(int64(n))
	return new(big.Rat).SetFrac(new(big.Int).Exp(x.Num(), e, nil), new(big.Int).Exp(x.Denom(), e, nil))
}
