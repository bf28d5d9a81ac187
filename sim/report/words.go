package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// count writes a whole number with commas.
func count(n uint64) string { return plot.Decimal(float64(n), 0) }

// percent writes a share with two significant digits at least.
func percent(share float64) string {
	p := share * 100
	switch {
	case p == 0:
		return "0\u00a0%"
	case p < 0.001:
		return "< 0.001\u00a0%"
	case p < 0.1:
		return plot.Decimal(p, 3) + "\u00a0%"
	case p < 99.95 && p > 90:
		return plot.Decimal(p, 2) + "\u00a0%"
	case p < 10:
		return plot.Decimal(p, 2) + "\u00a0%"
	}
	return plot.Decimal(p, 1) + "\u00a0%"
}

// millis writes milliseconds, as seconds from ten thousand on.
func millis(ms float64) string {
	switch {
	case ms >= 10_000:
		return plot.Decimal(ms/1000, 1) + "\u00a0s"
	case ms >= 1000:
		return plot.Decimal(ms, 0) + "\u00a0ms"
	}
	return plot.Decimal(ms, 1) + "\u00a0ms"
}

// seconds writes a duration with as many decimals as say something.
func seconds(s float64) string {
	switch {
	case s >= 100:
		return plot.Decimal(s, 0) + "\u00a0s"
	case s >= 1:
		return strings.TrimSuffix(plot.Decimal(s, 1), ".0") + "\u00a0s"
	}
	return plot.Short(math.Round(s*1e4)/10) + "\u00a0ms"
}

// plural writes a number with the word for what it counts.
func plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// subject names a part of a flow.
func subject(p *result.Part) string {
	if p.Direction == "" {
		return p.Channel
	}
	return p.Channel + " " + p.Direction
}

// sentence says in plain words what became of messages.
func sentence(who string, f *result.Figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s sent %s", who, plural(f.Sent, "message", "messages"))
	switch {
	case f.Sent == 0 && f.Delivered == 0:
		return who + " sent nothing."
	case f.Delivered == 0:
		b.WriteString("; not one arrived.")
		return b.String()
	case f.Delivered >= f.Sent:
		b.WriteString("; all arrived.")
	default:
		fmt.Fprintf(&b, "; %s arrived and %s (%s) did not.", count(f.Delivered), count(f.Sent-f.Delivered), percent(f.Loss))
	}
	if f.Delivered == 1 {
		fmt.Fprintf(&b, " It took %s.", millis(f.Max))
		return b.String()
	}
	fmt.Fprintf(&b, " Half took at most %s, 99 of 100 at most %s, and the slowest %s.", millis(f.P50), millis(f.P99), millis(f.Max))
	return b.String()
}

// A unit is one that an axis is written in.
type unit struct {
	name string
	size float64 // how many of the base unit it is
}

var (
	rateUnits = []unit{{"bit/s", 1}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}}
	byteUnits = []unit{{"bytes", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}}
	timeUnits = []unit{{"µs", 1e-3}, {"ms", 1}, {"s", 1e3}}
)

// unitFor returns the largest unit of which the value is at least one or so.
func unitFor(units []unit, v float64) unit {
	u := units[0]
	for _, larger := range units[1:] {
		if v >= larger.size*1.5 {
			u = larger
		}
	}
	return u
}

// timeUnit is unitFor for milliseconds, which stay so up to ten thousand:
// network people think in them.
func timeUnit(ms float64) unit {
	if ms >= 10_000 {
		return timeUnits[2]
	}
	if ms < 0.1 && ms > 0 {
		return timeUnits[0]
	}
	return timeUnits[1]
}

// rateText writes a rate in bits per second.
func rateText(bits float64) string {
	u := unitFor(rateUnits, bits)
	return plot.Short(bits/u.size) + "\u00a0" + u.name
}

// capital returns a text that begins with a capital.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
