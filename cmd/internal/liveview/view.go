package liveview

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/lipgloss"

	"github.com/reckon-engine/reckon/sim/control"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/units"
)

// The least that makes sense.
const (
	minWidth  = 60
	minHeight = 16
)

var (
	bold    = lipgloss.NewStyle().Bold(true)
	faint   = lipgloss.NewStyle().Faint(true)
	reverse = lipgloss.NewStyle().Reverse(true)
)

// View draws the view. It implements tea.Model.
func (m *Model) View() string {
	switch {
	case m.width == 0:
		return ""
	case m.width < minWidth || m.height < minHeight:
		return fmt.Sprintf("netsim: want a terminal of %d x %d or more", minWidth, minHeight)
	}
	lines := m.head()
	foot := m.foot()
	room := m.height - len(lines) - len(foot)
	if m.chooser != nil {
		lines = append(lines, m.presets(room)...)
	} else {
		lines = append(lines, m.lists(room)...)
	}
	for len(lines) < m.height-len(foot) {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, foot...), "\n")
}

// head is the title, the links and the sparklines.
func (m *Model) head() []string {
	s := &m.now
	right := fmt.Sprintf("%s  %d on their way", clock(s.elapsed), s.totals.Held)
	if s.clients != nil {
		right = fmt.Sprintf("clients %d  ", s.totals.Clients) + right
	}
	title := cut("netsim "+m.Title, m.width-len(right)-2)
	lines := []string{bold.Render(title) + strings.Repeat(" ", max(1, m.width-width(title)-len(right))) + right}
	lines = append(lines,
		m.mark(up)+cut("up    "+m.describe(&s.line.Up), m.width-2),
		m.mark(down)+cut("down  "+m.describe(&s.line.Down), m.width-2))
	switch {
	case s.out && s.left > 0:
		lines = append(lines, reverse.Render(fmt.Sprintf(" OUTAGE: nothing passes for %.1f s ", s.left.Seconds())))
	case s.out:
		lines = append(lines, reverse.Render(" DROPPING ALL: space ends it "))
	default:
		lines = append(lines, "")
	}
	return append(lines, m.sparklines()...)
}

// mark shows which directions keys change.
func (m *Model) mark(d direction) string {
	if m.only == both || m.only == d {
		return "* "
	}
	return "  "
}

// A figure is a row of sparklines.
type figure struct {
	name string
	of   func(*control.Flow) float64
	text func(float64) string
}

var figures = []figure{
	{"delay", func(f *control.Flow) float64 { return float64(f.Delay) / 1e6 }, func(v float64) string { return fixed(v, " ms") }},
	{"worst", func(f *control.Flow) float64 { return float64(f.DelayMost) / 1e6 }, func(v float64) string { return fixed(v, " ms") }},
	{"loss", func(f *control.Flow) float64 { return 100 * f.LossShare() }, func(v float64) string { return fixed(v, " %") }},
	{"rate", func(f *control.Flow) float64 { return 8 * float64(f.Bytes) }, shortRate},
	{"sent", func(f *control.Flow) float64 { return float64(f.Sent) }, func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) + " /s" }},
	{"queue", func(f *control.Flow) float64 { return float64(f.QueueBytes) }, shortBytes},
}

const (
	nameWidth  = 6
	valueWidth = 11
)

// sparklines are the rows of figures, up on the left and down on the right.
func (m *Model) sparklines() []string {
	spark := (m.width - nameWidth - 2*valueWidth - 4) / 2
	header := fmt.Sprintf("%-*s%-*s", nameWidth, "", valueWidth+spark+3, "up, the last minute")
	lines := []string{faint.Render(cut(header+"  down", m.width))}
	for _, f := range figures {
		var row strings.Builder
		fmt.Fprintf(&row, "%-*s", nameWidth, f.name)
		for d := range 2 {
			values := make([]float64, len(m.now.samples))
			for i := range m.now.samples {
				flow := &m.now.samples[i].Up
				if d == 1 {
					flow = &m.now.samples[i].Down
				}
				values[i] = f.of(flow)
			}
			last := "-"
			if n := len(values); n > 0 {
				last = f.text(values[n-1])
			}
			fmt.Fprintf(&row, "%*s %s", valueWidth, last, Sparkline(values, spark, m.ASCII))
			if d == 0 {
				row.WriteString("  ")
			}
		}
		lines = append(lines, row.String())
	}
	return append(lines, "")
}

// lists are the clients and the events, the newest last.
func (m *Model) lists(room int) []string {
	var lines []string
	if clients := m.now.clients; len(clients) > 0 && room >= 5 {
		lines = append(lines, faint.Render("clients"))
		most := min(len(clients), max(1, room/2-2), 8)
		for i := range most {
			c := &clients[i]
			text := fmt.Sprintf("  %-22v up %s lost %s  down %s lost %s", c.Address, number(c.UpCounters.Sent), units.FormatShare(c.UpCounters.Lost(), c.UpCounters.Sent),
				number(c.DownCounters.Sent), units.FormatShare(c.DownCounters.Lost(), c.DownCounters.Sent))
			if c.Up != m.now.line.Up || c.Down != m.now.line.Down {
				text += "  own link"
			}
			lines = append(lines, cut(text, m.width))
		}
		if more := len(clients) - most; more > 0 {
			lines = append(lines, fmt.Sprintf("  and %d more", more))
		}
	}
	left := room - len(lines) - 1
	if left < 1 {
		return lines
	}
	lines = append(lines, faint.Render("events"))
	events := m.now.events
	if len(events) > left {
		events = events[len(events)-left:]
	}
	for i := range events {
		lines = append(lines, cut(fmt.Sprintf("  %s  %-8s %s", clock(time.Duration(events[i].Seconds*1e9)), events[i].Kind, oneLine(events[i].Text)), m.width))
	}
	return lines
}

// presets are those to choose from.
func (m *Model) presets(room int) []string {
	c := m.chooser
	lines := []string{bold.Render("preset: "+c.filter+"_") + "  type to filter, up, down, enter, esc"}
	fitting := c.fitting()
	rows := max(1, room-1)
	first := max(0, min(c.at-rows/2, len(fitting)-rows))
	for i := first; i < len(fitting) && i < first+rows; i++ {
		text := cut(fmt.Sprintf("  %-26s %s", fitting[i].Name, oneLine(fitting[i].About)), m.width)
		if i == c.at {
			text = reverse.Render(">" + text[1:])
		}
		lines = append(lines, text)
	}
	if len(fitting) == 0 {
		lines = append(lines, "  none has that in its name")
	}
	return lines
}

// foot is what went wrong with the last key, and the help.
func (m *Model) foot() []string {
	lines := []string{cut(m.message, m.width)}
	row := ""
	for _, help := range append(helps(), "q quit") {
		if row != "" && len(row)+2+len(help) > m.width {
			lines, row = append(lines, faint.Render(row)), ""
		}
		if row != "" {
			row += "  "
		}
		row += help
	}
	return append(lines, faint.Render(row))
}

func helps() []string {
	list := make([]string, len(keys))
	for i := range keys {
		list[i] = keys[i].help
	}
	return list
}

// describe says what a link does, as far as it fits in a line.
func (m *Model) describe(c *link.Config) string {
	var text strings.Builder
	text.WriteString(c.Delay.String())
	if c.Jitter > 0 {
		sign := " ± "
		if m.ASCII {
			sign = " +-"
		}
		text.WriteString(sign + c.Jitter.String())
	}
	text.WriteString("  loss " + fixed(100*lossOf(c), "%"))
	if c.Burst.R > 0 && c.Burst.P > 0 {
		text.WriteString(fmt.Sprintf(" in bursts of %.3g", 1/c.Burst.R))
	}
	switch {
	case c.Trace != nil:
		text.WriteString("  rate of a trace")
	case c.Rate > 0:
		text.WriteString("  " + shortRate(float64(c.Rate)))
	}
	for _, extra := range []struct {
		on   bool
		name string
	}{
		{c.Duplicate > 0, "duplicates"},
		{c.Reorder > 0, "reorders"},
		{c.Corrupt.Probability > 0, "corrupts"},
		{c.Spikes.Every > 0, "spikes"},
		{c.Slots.Period > 0, "slots"},
		{c.Outage.For > 0, "outages"},
		{c.Markov.P13 > 0, "four states"},
	} {
		if extra.on {
			text.WriteString("  " + extra.name)
		}
	}
	return text.String()
}

// fixed writes a number with as many decimals as make sense.
func fixed(v float64, unit string) string {
	decimals := 1
	if v >= 100 || v == 0 {
		decimals = 0
	}
	return strconv.FormatFloat(v, 'f', decimals, 64) + unit
}

func shortRate(bits float64) string {
	switch {
	case bits >= 1e9:
		return fixed(bits/1e9, " Gbit/s")
	case bits >= 1e6:
		return fixed(bits/1e6, " Mbit/s")
	case bits >= 1e3:
		return fixed(bits/1e3, " kbit/s")
	}
	return fixed(bits, " bit/s")
}

func shortBytes(bytes float64) string {
	if bytes >= 1e6 {
		return fixed(bytes/1e6, " MB")
	}
	if bytes >= 1e3 {
		return fixed(bytes/1e3, " kB")
	}
	return strconv.FormatFloat(bytes, 'f', 0, 64) + " B"
}

func number(n uint64) string {
	if n >= 1e6 {
		return fixed(float64(n)/1e6, "M")
	}
	return strconv.FormatUint(n, 10)
}

// clock writes a time since the beginning.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// oneLine takes out what a terminal would obey.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.Join(strings.Fields(s), " "))
}

func width(s string) int { return lipgloss.Width(s) }

// cut returns what of s fits in so many columns.
func cut(s string, columns int) string {
	if width(s) <= columns {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && width(string(runes)) > columns-1 {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "~"
}
