package flow

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/units"
)

// A Load is what one end sends on one channel.
type Load struct {
	Size units.Size `toml:"size"` // of a message, in bytes
	Rate float64    `toml:"rate"` // messages per second
	Fill bool       `toml:"fill"` // as much as the channel takes, without a rate
}

// Limits of a Load. A rate has a resolution of a millionth.
const (
	minMessage = 4 // its number
	maxRate    = 100_000
	minRate    = 1e-4
)

// validate checks a load, which may be nil. Key is its own.
func (l *Load) validate(key string, largest int, mayFill bool) error {
	if l == nil {
		return nil
	}
	switch {
	case l.Size < minMessage || int(l.Size) > largest:
		return &scenario.KeyError{Key: key + ".size", Want: fmt.Sprintf("%d to %d bytes", minMessage, largest)}
	case l.Fill && !mayFill:
		return &scenario.KeyError{Key: key + ".fill", Want: "it on a reliable-ordered or reliable-unordered channel only"}
	case l.Fill && l.Rate != 0:
		return &scenario.KeyError{Key: key + ".rate", Want: "none where fill is true: as fast as it goes"}
	case !l.Fill && !(l.Rate >= minRate && l.Rate <= maxRate):
		return &scenario.KeyError{Key: key + ".rate", Want: fmt.Sprintf("%g to %d messages a second", minRate, maxRate)}
	}
	return nil
}

// validateHosts checks the two ends of a flow.
func validateHosts(from, to string, hosts []string) error {
	for _, end := range []struct{ key, name string }{{"from", from}, {"to", to}} {
		if !slices.Contains(hosts, end.name) {
			return &scenario.KeyError{Key: end.key, Want: fmt.Sprintf("the name of a host, not %q: there are %s", end.name, strings.Join(hosts, ", "))}
		}
	}
	if from == to {
		return &scenario.KeyError{Key: "to", Want: "another host than from"}
	}
	return nil
}

// validateTimes checks when a flow begins and ends.
func validateTimes(start, stop time.Duration) error {
	if stop != 0 && stop <= start {
		return &scenario.KeyError{Key: "stop", Want: fmt.Sprintf("a time after start, %v", start)}
	}
	return nil
}

// A schedule says when the messages of a load are due: number n is floor(n /
// rate) after the first, to the nanosecond, so that loads whose rates divide
// each other stay in step for ever, as in a game's ticks.
type schedule struct {
	first  int64  // nanoseconds since the epoch
	micros uint64 // messages in a million seconds; zero if there is no rate
}

const perRate = 1e15 // nanoseconds in a million seconds

func newSchedule(l *Load) schedule {
	if l.Fill {
		return schedule{}
	}
	return schedule{micros: uint64(math.Round(l.Rate * 1e6))}
}

// due returns when a message is due, in nanoseconds since the epoch.
func (s *schedule) due(number uint64) int64 {
	high, low := bits.Mul64(number, perRate)
	quotient, _ := bits.Div64(high, low, s.micros)
	return s.first + int64(quotient)
}

// interval returns the longest time between two messages.
func (s *schedule) interval() time.Duration {
	return time.Duration((perRate + s.micros - 1) / s.micros)
}
