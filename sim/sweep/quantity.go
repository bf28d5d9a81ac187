package sweep

import (
	"math/big"
	"strings"
)

// A quantity is a number with a unit, exactly.
type quantity struct {
	value *big.Rat // in units of unit
	unit  unit
}

// A unit is one that values of a scenario may have.
type unit struct {
	suffix string // in lower case
	family string // "" for plain numbers; only units of one family convert
	factor string // how many of the family's base unit it is
}

// The first suffix that fits counts, so longer ones come first. The units are
// those of package units and of time.ParseDuration.
var unitTable = []unit{
	{"gbit", "rate", "1e9"},
	{"mbit", "rate", "1e6"},
	{"kbit", "rate", "1e3"},
	{"bit", "rate", "1"},
	{"kib", "size", "1024"},
	{"mib", "size", "1048576"},
	{"gib", "size", "1073741824"},
	{"kb", "size", "1e3"},
	{"mb", "size", "1e6"},
	{"gb", "size", "1e9"},
	{"b", "size", "1"},
	{"ns", "time", "1e-9"},
	{"us", "time", "1e-6"},
	{"µs", "time", "1e-6"},
	{"ms", "time", "1e-3"},
	{"s", "time", "1"},
	{"m", "time", "60"},
	{"h", "time", "3600"},
	{"%", "share", "1"},
	{"", "", "1"},
}

// maxDigits bounds the work on a number from outside.
const maxDigits = 18

// parseQuantity reads "3%", "20ms", "1.5mbit", "64kB" or "7".
func parseQuantity(s string) (quantity, bool) {
	number := len(s)
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' && (i > 0 || s[i] != '-') {
			number = i
			break
		}
	}
	digits, suffix := s[:number], strings.ToLower(strings.TrimSpace(s[number:]))
	if digits == "" || len(digits) > maxDigits || strings.Count(digits, ".") > 1 || strings.Trim(digits, "-.") == "" {
		return quantity{}, false
	}
	value, ok := new(big.Rat).SetString(strings.TrimSuffix(digits, "."))
	if !ok {
		return quantity{}, false
	}
	for _, u := range unitTable {
		if suffix == u.suffix || u.family == "rate" && suffix == u.suffix+"/s" {
			return quantity{value, u}, true
		}
	}
	return quantity{}, false
}

// in converts to another unit of the same family.
func (q quantity) in(u unit) *big.Rat {
	v := new(big.Rat).Mul(q.value, u.ratio(q.unit))
	return v
}

// ratio returns how many of u one of other is.
func (u unit) ratio(other unit) *big.Rat {
	of, _ := new(big.Rat).SetString(other.factor) // the table's
	to, _ := new(big.Rat).SetString(u.factor)
	return of.Quo(of, to)
}

// decimals is how exactly values of a range are written: a nanosecond where
// the unit is a second.
const decimals = 9

// text writes a number with a unit as scenarios have it.
func (u unit) text(v *big.Rat) string {
	s := v.FloatString(decimals)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".") + u.suffix
}
