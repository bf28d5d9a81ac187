package plot

import (
	"math"
	"strconv"
	"strings"
)

// A Scale maps values to places along an axis.
type Scale struct {
	// Low and High are the values at the left and right, or bottom and top. A
	// scale whose Low is above its High runs backwards.
	Low, High float64

	// Log makes equal ratios equal distances. Low and High must be above 0.
	Log bool

	// Ticks, if not nil, are the ticks, instead of those that fit.
	Ticks []Tick
}

// A Tick is a marked place of an axis.
type Tick struct {
	Value float64
	Text  string // empty for a line without a number
}

// place returns where a value is: 0 at Low and 1 at High.
func (s Scale) place(v float64) float64 {
	low, high := s.Low, s.High
	if s.Log {
		low, high, v = math.Log10(low), math.Log10(high), math.Log10(math.Max(v, math.SmallestNonzeroFloat64))
	}
	if low == high {
		return 0.5
	}
	return math.Min(math.Max((v-low)/(high-low), -0.01), 1.01)
}

// Linear returns a scale from zero, or from a value below zero, to a round
// value not below high. It is never empty.
func Linear(low, high float64) Scale {
	if high <= low {
		high = low + 1
	}
	step := Step(high-low, 5)
	return Scale{Low: math.Floor(low/step) * step, High: math.Ceil(high/step-1e-9) * step}
}

// Logarithmic returns a scale between the round values, 1, 2 or 5 times a
// power of ten, around two values above zero.
func Logarithmic(low, high float64) Scale {
	l, h := round125(low, false), round125(high, true)
	if l >= h {
		h = round125(l*1.01, true)
	}
	return Scale{Low: l, High: h, Log: true}
}

// Fitting returns a linear scale from zero, or a logarithmic one where the
// largest is more than 20 times the least and no value is zero.
func Fitting(low, high float64) Scale {
	if low > 0 && high > 20*low {
		return Logarithmic(low, high)
	}
	return Linear(math.Min(low, 0), high)
}

// Step returns the 1, 2 or 5 times a power of ten that divides a span into at
// most n parts, give or take one.
func Step(span float64, n int) float64 {
	return round125(span/float64(n)*0.999999, true)
}

// round125 returns the nearest 1, 2 or 5 times a power of ten that is not
// below v, or not above.
func round125(v float64, up bool) float64 {
	power := math.Floor(math.Log10(v))
	const slack = 1e-9 // 0.001 is not quite 1 times the minus third power
	if up {
		for _, m := range [...]float64{1, 2, 5} {
			if t := ten(m, power); t >= v*(1-slack) {
				return t
			}
		}
		return ten(1, power+1)
	}
	for _, m := range [...]float64{10, 5, 2} {
		if t := ten(m, power); t <= v*(1+slack) {
			return t
		}
	}
	return ten(1, power)
}

// ten returns m times a power of ten, as exactly as it can be.
func ten(m, power float64) float64 {
	if power < 0 {
		return m / math.Pow(10, -power)
	}
	return m * math.Pow(10, power)
}

// ticks returns the ticks of a scale, at most about n.
func (s Scale) ticks(n int) []Tick {
	if s.Ticks != nil {
		return s.Ticks
	}
	if s.Log {
		return s.logTicks(n)
	}
	step := Step(math.Abs(s.High-s.Low), max(n, 1))
	low, high := math.Min(s.Low, s.High), math.Max(s.Low, s.High)
	decimals := max(0, int(-math.Floor(math.Log10(step)+1e-9)))
	var ticks []Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+step*1e-6; i++ {
		ticks = append(ticks, Tick{i * step, Decimal(i*step, decimals)})
	}
	return ticks
}

// logTicks returns ticks at the powers of ten, and between them where there is
// room.
func (s Scale) logTicks(n int) []Tick {
	low, high := math.Min(s.Low, s.High), math.Max(s.Low, s.High)
	decades := math.Log10(high / low)
	between := [...]float64{1, 2, 5}
	steps := between[:]
	skip := 1.0
	switch {
	case decades*3 <= float64(n)+1:
	case decades <= float64(n)+1:
		steps = between[:1]
	default:
		steps, skip = between[:1], math.Ceil(decades/float64(n))
	}
	var ticks []Tick
	for p := math.Floor(math.Log10(low)); p <= math.Log10(high)+1e-9; p += skip {
		for _, m := range between {
			v := ten(m, p)
			if v < low*(1-1e-9) || v > high*(1+1e-9) {
				continue
			}
			tick := Tick{Value: v}
			if m == 1 || len(steps) > 1 {
				tick.Text = Short(v)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// Decimal writes a number with a fixed number of decimals, and commas between
// thousands.
func Decimal(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	whole, fraction, point := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
		if strings.Trim(whole+fraction, "0") == "" {
			sign = ""
		}
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + fraction
	}
	return sign + whole
}

// Short writes a number with three significant digits or all its whole ones,
// without zeros at its end.
func Short(v float64) string {
	if v == 0 {
		return "0"
	}
	if a := math.Abs(v); a >= 1e15 || a < 1e-6 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	decimals := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	s := Decimal(v, decimals)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
