// Package units reads and writes the values that people give the simulator, by
// flag or in a file: shares, rates, sizes, times. An error says what was
// expected, in one line that begins with "want".
package units

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseShare parses a probability such as "3%" or "0.5%". The sign is
// required: "1" could be one percent or all.
func ParseShare(s string) (float64, error) {
	number, isPercent := strings.CutSuffix(s, "%")
	value, err := strconv.ParseFloat(number, 64)
	share := value / 100
	if exact, err := strconv.ParseFloat(number+"e-2", 64); err == nil {
		share = exact // every number has a text, which it would not by dividing
	}
	switch {
	case err != nil || math.IsNaN(value):
		return 0, errors.New("want a share such as 3%")
	case !isPercent && value != 0:
		return 0, errors.New("want a percent sign, such as 3%")
	case value < 0 || value > 100:
		return 0, errors.New("want 0% to 100%")
	}
	return share, nil
}

// unit is the end of a value and what it multiplies by.
type unit struct {
	suffix string
	factor float64
}

// The first unit that fits counts, so longer ones come first.
var (
	rateUnits = []unit{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}}
	sizeUnits = []unit{
		{"kib", 1 << 10},
		{"mib", 1 << 20},
		{"gib", 1 << 30},
		{"kb", 1e3},
		{"mb", 1e6},
		{"gb", 1e9},
		{"b", 1},
		{"", 1},
	}
)

// parseUnits parses a number with one of the units, in any case.
func parseUnits(s string, units []unit) (float64, bool) {
	lower := strings.ToLower(s)
	for _, u := range units {
		number, ok := strings.CutSuffix(lower, u.suffix)
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || math.IsNaN(value) {
			return 0, false
		}
		return value * u.factor, true
	}
	return 0, false
}

// ParseRate parses bits per second: "2mbit", "500kbit/s", "1.5gbit". Zero is
// unlimited.
func ParseRate(s string, low, high int64) (int64, error) {
	if s == "0" {
		return 0, nil
	}
	value, ok := parseUnits(strings.TrimSuffix(strings.ToLower(s), "/s"), rateUnits)
	if !ok {
		return 0, errors.New("want a rate such as 500kbit or 2mbit")
	}
	if !(value >= float64(low) && value <= float64(high)) {
		return 0, fmt.Errorf("want %s to %s, or 0 for no limit", FormatRate(float64(low)), FormatRate(float64(high)))
	}
	return int64(math.Round(value)), nil
}

// ParseSize parses bytes: "3000", "64kB", "1.5MiB".
func ParseSize(s string, low, high int) (int, error) {
	value, ok := parseUnits(s, sizeUnits)
	if !ok {
		return 0, errors.New("want a size such as 3000, 64kB or 1MiB")
	}
	if !(value >= float64(low) && value <= float64(high)) {
		return 0, fmt.Errorf("want %d to %d bytes", low, high)
	}
	return int(math.Round(value)), nil
}

// ParseDelay parses a duration: "80ms", "1.5s".
func ParseDelay(s string, low, high time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, errors.New("want a time such as 80ms or 1.5s")
	case d < low || d > high:
		return 0, fmt.Errorf("want %v to %v", low, high)
	}
	return d, nil
}

// ParseNumber parses a number.
func ParseNumber(s string, low, high float64) (float64, error) {
	value, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(value):
		return 0, errors.New("want a number")
	case value < low || value > high:
		return 0, fmt.Errorf("want %g to %g", low, high)
	}
	return value, nil
}

// FormatRate returns bits per second for people.
func FormatRate(bits float64) string {
	for _, u := range rateUnits {
		if bits >= u.factor && u.factor > 1 {
			return strconv.FormatFloat(bits/u.factor, 'g', 4, 64) + " " + u.suffix + "/s"
		}
	}
	return strconv.FormatFloat(bits, 'f', 0, 64) + " bit/s"
}

// FormatShare returns part of whole in percent.
func FormatShare(part, whole uint64) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 2, 64) + "%"
}
