package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// FormatLine writes a link as a file has it: [link], and [link.up] and
// [link.down] for what differs. Parse makes the same link of it, but for
// tables and traces, which are files: their keys name them "table" and
// "link.trace", as comments.
func FormatLine(l Line) string {
	up, down := settings(&l.Up), settings(&l.Down)
	var both, onlyUp, onlyDown []setting
	for i, s := range up {
		if s == down[i] {
			both = append(both, s)
			continue
		}
		onlyUp, onlyDown = append(onlyUp, s), append(onlyDown, down[i])
	}
	var b strings.Builder
	writeSettings(&b, "[link]", both)
	writeSettings(&b, "\n[link.up]", onlyUp)
	writeSettings(&b, "\n[link.down]", onlyDown)
	return b.String()
}

// A setting is a key and its value, "" if it is as without it.
type setting struct{ key, value string }

func writeSettings(b *strings.Builder, header string, all []setting) {
	width := 0
	for _, s := range all {
		if s.value != "" {
			width = max(width, len(s.key))
		}
	}
	if width == 0 && header != "[link]" {
		return
	}
	b.WriteString(header + "\n")
	for _, s := range all {
		if s.value != "" {
			fmt.Fprintf(b, "%-*s = %s\n", width, s.key, s.value)
		}
	}
}

// settings returns the keys of a direction, always the same in the same order.
func settings(c *link.Config) []setting {
	loss, burst := c.Loss, ""
	var ge string
	if simple, err := link.Bursts(c.Burst.MeanLoss(), 1/max(c.Burst.R, 1e-6)); err == nil && c.Loss == 0 && c.Burst.P > 0 && near(simple, c.Burst) {
		loss, burst = c.Burst.MeanLoss(), number(1/c.Burst.R)
	} else if c.Burst != (link.GilbertElliott{}) {
		bad := c.Burst.BadLoss
		if bad == 0 {
			bad = 1
		}
		ge = table("p", shareText(c.Burst.P), "r", shareText(c.Burst.R), "bad-loss", shareText(bad), "good-loss", shareText(c.Burst.GoodLoss))
	}
	shape := ""
	if c.Shape != link.Uniform {
		shape = strconv.Quote(c.Shape.String())
	}
	return []setting{
		{"delay", timeText(c.Delay)},
		{"jitter", timeText(c.Jitter)},
		{"shape", shape},
		{"correlation", shareText(c.Correlation)},
		{"unordered", truth(c.Unordered)},
		{"loss", shareText(loss)},
		{"burst", burst},
		{"gilbert-elliott", ge},
		{"four-state", table("p13", shareText(c.Markov.P13), "p31", shareText(c.Markov.P31), "p32", shareText(c.Markov.P32), "p23", shareText(c.Markov.P23), "p14", shareText(c.Markov.P14))},
		{"drop", quoted(c.Drop.String())},
		{"spikes", table("every", number(c.Spikes.Every), "length", number(c.Spikes.Length), "delay", timeText(c.Spikes.Delay), "loss", shareText(c.Spikes.Loss))},
		{"duplicate", shareText(c.Duplicate)},
		{"reorder", shareText(c.Reorder)},
		{"reorder-delay", timeText(c.ReorderDelay)},
		{"corrupt", table("share", shareText(c.Corrupt.Probability), "bits", number(float64(c.Corrupt.Bits)))},
		{"rate", rateText(c.Rate)},
		{"# trace", file(c.Trace != nil, "link.trace")},
		{"# table", file(c.Table != nil, "table")},
		{"queue", queueText(c)},
		{"aqm", aqmText(c.AQM)},
		{"overhead", overheadText(c.Overhead)},
		{"mtu", number(float64(c.MTU))},
		{"outage", table("from", timeText(c.Outage.From), "for", timeText(c.Outage.For), "every", timeText(c.Outage.Every), "hold", truth(c.Outage.Hold))},
		{"slots", slotsText(&c.Slots)},
	}
}

// near reports whether two models are the same but for rounding.
func near(a, b link.GilbertElliott) bool {
	close := func(x, y float64) bool { return x-y < 1e-9 && y-x < 1e-9 }
	return close(a.P, b.P) && close(a.R, b.R) && b.GoodLoss == 0 && (b.BadLoss == 1 || b.BadLoss == 0)
}

// table writes an inline table of the pairs whose values are not empty.
func table(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			parts = append(parts, pairs[i]+" = "+pairs[i+1])
		}
	}
	if parts == nil {
		return ""
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}

func timeText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.Quote(d.String())
}

// shareText writes a share so that reading it gives the same number: by moving
// the point.
func shareText(share float64) string {
	if share == 0 {
		return ""
	}
	whole, part, _ := strings.Cut(strconv.FormatFloat(share, 'f', -1, 64), ".")
	part += "00"
	whole, part = strings.TrimLeft(whole+part[:2], "0"), strings.TrimRight(part[2:], "0")
	if whole == "" {
		whole = "0"
	}
	if part != "" {
		whole += "." + part
	}
	return strconv.Quote(whole + "%")
}

func number(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func truth(v bool) string {
	if !v {
		return ""
	}
	return "true"
}

func file(has bool, name string) string {
	if !has {
		return ""
	}
	return strconv.Quote(name)
}

func rateText(bits int64) string {
	switch {
	case bits == 0:
		return ""
	case bits%1000 != 0:
		return strconv.Quote(strconv.FormatInt(bits, 10) + "bit")
	case bits < 1_000_000:
		return strconv.Quote(strconv.FormatInt(bits/1000, 10) + "kbit")
	}
	return strconv.Quote(strconv.FormatFloat(float64(bits)/1e6, 'f', -1, 64) + "mbit")
}

func queueText(c *link.Config) string {
	packets := quoted(strings.TrimPrefix(number(float64(c.QueuePackets))+" packets", " packets"))
	bytes := number(float64(max(c.QueueBytes, 0)))
	switch {
	case c.QueueBytes < 0:
		bytes = `"none"`
	case c.QueuePackets == 0:
		return bytes
	case c.QueueBytes == 0:
		return packets
	}
	if c.QueuePackets == 0 {
		return bytes
	}
	return "[" + bytes + ", " + packets + "]"
}

func aqmText(a link.ActiveQueue) string {
	if a.Algorithm == link.DropTail {
		return ""
	}
	burst := timeText(max(a.MaxBurst, 0))
	if a.MaxBurst < 0 {
		burst = `"none"`
	}
	return table("algorithm", quoted(a.Algorithm.String()), "target", timeText(a.Target), "interval", timeText(a.Interval), "max-burst", burst)
}

// overheadText writes what is not the usual.
func overheadText(n int) string {
	if n == udpOverhead {
		return ""
	}
	return strconv.Itoa(n)
}

func slotsText(s *link.Slots) string {
	var phases []string
	for _, p := range s.Phases {
		if p.For > 0 {
			from := timeText(p.From)
			if p.From == 0 {
				from = `"0s"`
			}
			phases = append(phases, table("from", from, "for", timeText(p.For), "delay", timeText(p.Delay), "jitter", timeText(p.Jitter), "loss", shareText(p.Loss)))
		}
	}
	list := ""
	if phases != nil {
		list = "[" + strings.Join(phases, ", ") + "]"
	}
	return table("period", timeText(s.Period), "level", timeText(s.Level), "phases", list)
}
