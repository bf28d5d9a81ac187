package scenario

import (
	"math"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/units"
)

// A dimension is what a figure is measured in.
type dimension uint8

const (
	count    dimension = iota
	duration           // milliseconds
	share              // from 0 to 1
	bitRate            // bits per second
	byteCount
	perSecond
	anyTime // a counter, which may be in milliseconds
)

// A figure is something that was measured of a subject.
type figure struct {
	name     string // "p99", "loss", "counter rtt_ms"
	quantile uint64 // in parts per million, of "p..."
	counter  string
	in       dimension
	of       subject
}

// figures are those that have one word, with what they may be of.
var figures = []struct {
	name string
	in   dimension
	of   []string
}{
	{"max", duration, []string{"flow", "channel"}},
	{"mean", duration, []string{"flow", "channel"}},
	{"loss", share, subjectKinds},
	{"sent", count, subjectKinds},
	{"delivered", count, subjectKinds},
	{"rate", bitRate, subjectKinds}, // of links bits, else messages per second
	{"queue-loss", share, []string{"link"}},
	{"queue", byteCount, []string{"link"}},
	{"duplicated", count, []string{"link"}},
	{"reordered", count, []string{"link"}},
	{"corrupted", count, []string{"link"}},
	{"mean-burst", count, []string{"link"}},
	{"longest-burst", count, []string{"link"}},
}

// figure reads a figure and whom it is of.
func (g *grammar) figure() (figure, error) {
	f, of, err := g.figureName()
	if err != nil {
		return f, err
	}
	if !g.accept("of") {
		if len(g.s.Flows) == 0 || !strings.Contains(strings.Join(of, " "), "flow") {
			return f, g.fail("of, and the name of a %s", strings.Join(of, " or "))
		}
		f.of = subject{kind: "flow"}
	} else if f.of, err = g.subject(of...); err != nil {
		return f, err
	}
	if f.name == "rate" && f.of.kind != "link" {
		f.in = perSecond
	}
	return f, nil
}

func (g *grammar) figureName() (f figure, of []string, err error) {
	name := g.peek()
	if q, ok := quantileOf(name); ok {
		g.take()
		return figure{name: name, quantile: q, in: duration}, []string{"flow", "channel"}, nil
	}
	if name == "counter" {
		g.take()
		counter := g.peekName()
		if !isName(counter) {
			return f, nil, g.fail("the name of a counter, such as rtt_ms")
		}
		g.take()
		f = figure{name: name, counter: counter}
		if strings.HasSuffix(counter, "_ms") {
			f.in = anyTime
		}
		return f, []string{"flow"}, nil
	}
	names := []string{"p50", "p99", "p99.9", "counter", "no", "connected", "a"}
	for _, known := range figures {
		if known.name == name {
			g.take()
			return figure{name: name, in: known.in}, known.of, nil
		}
		names = append(names, known.name)
	}
	return f, nil, g.fail("a figure or an event: %s", document.Hint(name, append(names, eventWords(g.s)...)))
}

// quantileOf reads "p99.9" into parts per million.
func quantileOf(name string) (uint64, bool) {
	digits, ok := strings.CutPrefix(name, "p")
	if !ok || digits == "" || digits[0] < '0' || digits[0] > '9' {
		return 0, false
	}
	value, err := units.ParseNumber(digits, 0, 100)
	q := uint64(math.Round(value * 10_000))
	return q, err == nil && q > 0
}

// A comparison compares a figure with a value or with another figure.
type comparison struct {
	left  figure
	sign  string // "<", "<=", ">", ">=", "within"
	share float64
	right figure  // if its name is not empty
	value float64 // else
}

// comparison reads "p99 of duel < 120 ms".
func (g *grammar) comparison() (claim, error) {
	var c comparison
	var err error
	if c.left, err = g.figure(); err != nil {
		return nil, err
	}
	switch c.sign = g.peek(); c.sign {
	case "<", "<=", ">", ">=":
		g.take()
	case "within":
		g.take()
		if c.share, err = units.ParseShare(g.peekName()); err != nil {
			return nil, g.fail("a share such as 5 %%")
		}
		g.take()
		if !g.accept("of") {
			return nil, g.fail("of, and a value")
		}
	default:
		return nil, g.fail("<, <=, >, >= or within 5 %% of")
	}
	if p := g.peekName(); p != "" && !isNumber(p) {
		if c.right, err = g.figure(); err != nil {
			return nil, err
		}
		if c.right.in != c.left.in {
			return nil, g.fail("a figure of the same kind as %s", c.left.name)
		}
		return c, nil
	}
	if c.value, err = g.value(c.left.in); err != nil {
		return nil, err
	}
	return c, nil
}

// value reads what a figure of a dimension is compared with.
func (g *grammar) value(in dimension) (float64, error) {
	text := g.peekName()
	value, want := 0., ""
	var err error
	number := func(suffix string) {
		value, err = units.ParseNumber(strings.TrimSuffix(text, suffix), 0, math.MaxFloat64)
	}
	switch in {
	case duration, anyTime:
		want = "a time such as 120 ms"
		var d time.Duration
		if d, err = units.ParseDelay(text, 0, MaxDuration); err == nil {
			value = milliseconds(d)
		} else if in == anyTime {
			number("")
		}
	case share:
		want = "a share such as 2 %"
		value, err = units.ParseShare(text)
	case bitRate:
		want = "a rate such as 2 mbit/s"
		var bits int64
		bits, err = units.ParseRate(text, 1, link.MaxRate)
		value = float64(bits)
	case byteCount:
		want = "a size such as 64 kB"
		var size int
		size, err = units.ParseSize(text, 0, link.MaxQueueBytes)
		value = float64(size)
	case perSecond:
		want = "a number a second such as 60 or 60/s"
		number("/s")
	default:
		want = "a number"
		number("")
	}
	if err != nil {
		return 0, g.fail("%s", want)
	}
	g.take()
	return value, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (c comparison) judge(run *result.Run) (bool, string) {
	left, why := c.left.measure(run)
	if why != "" {
		return false, why
	}
	right, measured := c.value, c.left.in.format(left)
	if c.right.name != "" {
		if right, why = c.right.measure(run); why != "" {
			return false, why
		}
		measured += " against " + c.right.in.format(right)
	}
	switch c.sign {
	case "<":
		return left < right, measured
	case "<=":
		return left <= right, measured
	case ">":
		return left > right, measured
	case ">=":
		return left >= right, measured
	}
	return math.Abs(left-right) <= float64(c.share*right), measured
}

// format writes a figure for people.
func (d dimension) format(v float64) string {
	switch d {
	case duration:
		return trim(v, 2) + " ms"
	case share:
		return trim(100*v, 3) + " %"
	case bitRate:
		return units.FormatRate(v)
	case byteCount:
		return trim(v, 0) + " bytes"
	case perSecond:
		return trim(v, 2) + " a second"
	}
	return trim(v, 3)
}
