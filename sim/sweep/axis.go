package sweep

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Limits of a grid.
const (
	MaxAxes   = 8
	MaxValues = 10_000    // of an axis
	MaxPoints = 1_000_000 // of a grid
)

// An Axis is one key of the scenario and the values it takes.
type Axis struct {
	Key    string   `json:"key"`    // dotted, as of scenario.Setting
	Values []string `json:"values"` // as of scenario.Setting, each once
}

// ParseAxis reads KEY=VALUES. The values are a list with commas; an item of it
// is a value as a scenario has it, or a range of numbers with a unit:
//
//	0%..10%/11       11 values, evenly spaced, both ends included
//	20ms..100ms/+20ms  from 20ms, each 20ms more, as long as it is not beyond 100ms
//	64kbit..4mbit/x2   from 64kbit, each twice the one before
//	10ms..1s/7log    7 values, each the same multiple of the one before
//	2..8             2, 3, 4, 5, 6, 7, 8
//
// Ranges are computed exactly and rounded to 9 decimals of their unit, so that
// they are the same on every machine. The error says what was expected.
func ParseAxis(text string) (Axis, error) {
	key, list, ok := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return Axis{}, fmt.Errorf("%q: want KEY=VALUES, such as link.loss=0%%..10%%/11", text)
	}
	a := Axis{Key: key}
	items, err := splitList(list)
	if err != nil {
		return Axis{}, fmt.Errorf("%s: %w", key, err)
	}
	for _, item := range items {
		values, err := expand(item)
		if err != nil {
			return Axis{}, fmt.Errorf("%s: %q: %w", key, item, err)
		}
		if a.Values = append(a.Values, values...); len(a.Values) > MaxValues {
			return Axis{}, fmt.Errorf("%s: want at most %d values", key, MaxValues)
		}
	}
	return a, a.check()
}

// check returns an error if a value is there twice.
func (a *Axis) check() error {
	sorted := slices.Sorted(slices.Values(a.Values))
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return fmt.Errorf("%s: %s is there twice (ranges are to %d decimals)", a.Key, sorted[i], decimals)
		}
	}
	return nil
}

// splitList splits at the commas that are not in quotes or brackets.
func splitList(s string) ([]string, error) {
	var items []string
	depth, quote, from := 0, byte(0), 0
	take := func(to int) error {
		item := strings.TrimSpace(s[from:to])
		if item == "" {
			return errors.New("want values with commas between, such as 20ms,50ms")
		}
		items, from = append(items, item), to+1
		return nil
	}
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			if err := take(i); err != nil {
				return nil, err
			}
		}
	}
	if quote != 0 || depth != 0 {
		return nil, errors.New("want every quote and bracket closed")
	}
	return items, take(len(s))
}

// expand returns the values of an item: a range or itself.
func expand(item string) ([]string, error) {
	low, rest, ok := strings.Cut(item, "..")
	if !ok || !beginsNumber(low) {
		return []string{item}, nil
	}
	high, how, counted := strings.Cut(rest, "/")
	if counted && strings.HasPrefix(how, "s") { // a rate: 1mbit..4mbit/s/+1mbit
		high, how, counted = cutAfter(rest)
	}
	r, err := parseRange(strings.TrimSuffix(low, "/s"), strings.TrimSuffix(high, "/s"))
	if err != nil {
		return nil, err
	}
	if !counted {
		if r.unit.suffix != "" || !r.low.IsInt() || !r.high.IsInt() {
			return nil, errors.New("want how far apart: /11 for 11 values, /+STEP, /xFACTOR, or /7log")
		}
		how = "+1"
	}
	return r.values(how)
}

// cutAfter cuts "4mbit/s/11" at the second slash.
func cutAfter(s string) (before, after string, found bool) {
	first := strings.IndexByte(s, '/')
	before, after, found = strings.Cut(s[first+1:], "/")
	return s[:first+1] + before, after, found
}

func beginsNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

// A span is a range of numbers in one unit.
type span struct {
	low, high *big.Rat
	unit      unit
}

// parseRange reads both ends. A low end without a unit has that of the high
// one: "0..10%".
func parseRange(lowText, highText string) (span, error) {
	low, okLow := parseQuantity(strings.TrimSpace(lowText))
	high, okHigh := parseQuantity(strings.TrimSpace(highText))
	switch {
	case !okLow || !okHigh:
		return span{}, errors.New("want a range of numbers, such as 0%..10%/11 or 20ms..100ms/+20ms, or the value in quotes")
	case low.unit.family == "" && high.unit.family != "":
		low.unit = high.unit
	case low.unit.family != high.unit.family:
		return span{}, fmt.Errorf("want both ends in the same unit, not %s and %s", describe(low.unit), describe(high.unit))
	}
	return span{low.value, high.in(low.unit), low.unit}, nil
}

func describe(u unit) string {
	if u.suffix == "" {
		return "none"
	}
	return u.suffix
}

// values returns the values that follow from how far apart they are.
func (r *span) values(how string) ([]string, error) {
	if step, ok := strings.CutPrefix(how, "+"); ok {
		return r.stepped(step)
	}
	if factor, ok := strings.CutPrefix(how, "x"); ok {
		return r.multiplied(factor)
	}
	digits, geometric := strings.CutSuffix(how, "log")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 2 || n > MaxValues {
		return nil, fmt.Errorf("want /N with 2 to %d values, /+STEP, /xFACTOR, or /Nlog after a range", MaxValues)
	}
	if geometric {
		return r.geometric(n)
	}
	values := make([]string, n)
	for i := range n {
		v := new(big.Rat).Sub(r.high, r.low)
		v.Mul(v, big.NewRat(int64(i), int64(n-1)))
		values[i] = r.unit.text(v.Add(v, r.low))
	}
	return values, nil
}

// stepped returns low, low+step and so on, towards high.
func (r *span) stepped(text string) ([]string, error) {
	step, ok := parseQuantity(text)
	if ok && step.unit.family == "" {
		step.unit = r.unit
	}
	if !ok || step.unit.family != r.unit.family || step.value.Sign() <= 0 {
		return nil, fmt.Errorf("want a step above 0 in the unit of the range, not %q", text)
	}
	by, down := step.in(r.unit), r.high.Cmp(r.low) < 0
	if down {
		by.Neg(by)
	}
	var values []string
	for v := new(big.Rat).Set(r.low); v.Cmp(r.high) <= 0 != down || v.Cmp(r.high) == 0; v.Add(v, by) {
		if len(values) == MaxValues {
			return nil, fmt.Errorf("want at most %d values", MaxValues)
		}
		values = append(values, r.unit.text(v))
	}
	return values, nil
}

// multiplied returns low, low*factor and so on, up to high.
func (r *span) multiplied(text string) ([]string, error) {
	factor, ok := parseQuantity(text)
	switch {
	case !ok || factor.unit.suffix != "" || factor.value.Cmp(big.NewRat(101, 100)) < 0:
		return nil, fmt.Errorf("want a factor of at least 1.01, not %q", text)
	case r.low.Sign() <= 0 || r.high.Cmp(r.low) < 0:
		return nil, errors.New("want a range that begins above 0 and goes up, as each value is a multiple of the one before")
	}
	var values []string
	for v := new(big.Rat).Set(r.low); v.Cmp(r.high) <= 0; v.Mul(v, factor.value) {
		// A product has the digits of both: without an end they would fill
		// the memory.
		v.SetString(v.FloatString(2 * decimals))
		values = append(values, r.unit.text(v))
	}
	return values, nil
}
