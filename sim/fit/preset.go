package fit

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// finish writes the preset.
func (r *Report) finish() {
	n := 0
	for _, m := range r.Models {
		n += m.Sent
	}
	var names []string
	for _, file := range r.Files {
		names = append(names, path.Base(strings.ReplaceAll(file, `\`, "/")))
	}
	source := fmt.Sprintf("fitted from %s (%d datagrams", strings.Join(names, " and "), n)
	if r.Date != "" {
		source += ", " + r.Date
	}
	source += ")"
	var b strings.Builder
	fmt.Fprintf(&b, "title = %s\nabout = %s\n\n", strconv.Quote("Fitted"), strconv.Quote("what a capture shows, by netsim fit"))
	tables := [2]string{r.table(&r.Line.Up), r.table(&r.Line.Down)}
	b.WriteString(withTables(scenario.FormatLine(r.Line), tables))
	b.WriteString("\n[source]\n")
	for _, about := range r.figures() {
		detail := source
		switch {
		case about == "delay":
			detail = "one way; " + source + "; " + r.Clock
		case about == "queue" && r.Line.Up.QueueBytes == 0 && r.Line.Down.QueueBytes == 0:
			detail = "JUDGEMENT: the default, 100 ms at the rate; it was never full"
		}
		fmt.Fprintf(&b, "%-11s = %s\n", about, strconv.Quote(detail))
	}
	r.Preset = b.String()
}

// table writes the table of a direction, if it has one.
func (r *Report) table(c *link.Config) string {
	if c.Table == nil {
		return ""
	}
	for _, m := range r.Models {
		if m.Config.Table != c.Table {
			continue
		}
		var pairs []string
		for _, q := range m.Delay.steps {
			pairs = append(pairs, fmt.Sprintf("[%q, %q]", strconv.FormatFloat(significant(100*q.Share, 5), 'f', -1, 64)+"%", q.Delay))
		}
		return "table = [" + strings.Join(pairs, ", ") + "]"
	}
	return ""
}

// withTables puts tables, which scenario.FormatLine takes for files, into the
// sections of their directions.
func withTables(text string, tables [2]string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		key, value, _ := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "# table" || key == "shape" && value == `"table"` {
			continue
		}
		lines = append(lines, line)
	}
	if tables[0] == tables[1] {
		lines = insert(lines, "[link]", tables[0])
	} else {
		lines = insert(insert(lines, "[link.up]", tables[0]), "[link.down]", tables[1])
	}
	return strings.Join(lines, "\n") + "\n"
}

// insert puts a line into a section, which it adds if it is not there.
func insert(lines []string, section, line string) []string {
	if line == "" {
		return lines
	}
	for i := range lines {
		if lines[i] == section {
			return append(lines[:i+1:i+1], append([]string{line}, lines[i+1:]...)...)
		}
	}
	return append(lines, "", section, line)
}

// figures are what the preset needs sources of.
func (r *Report) figures() []string {
	var all []string
	add := func(name string, has func(c *link.Config) bool) {
		if has(&r.Line.Up) || has(&r.Line.Down) {
			all = append(all, name)
		}
	}
	add("delay", func(c *link.Config) bool { return c.Delay > 0 || c.Table != nil })
	add("jitter", func(c *link.Config) bool { return c.Jitter > 0 || c.Table != nil })
	add("loss", func(c *link.Config) bool {
		return c.Loss > 0 || c.Burst != link.GilbertElliott{} || c.Markov != link.FourState{}
	})
	add("spikes", func(c *link.Config) bool { return c.Spikes != link.Spikes{} })
	add("outage", func(c *link.Config) bool { return c.Outage != link.Outage{} })
	add("reorder", func(c *link.Config) bool { return c.Reorder > 0 || c.Unordered })
	add("duplicate", func(c *link.Config) bool { return c.Duplicate > 0 })
	add("corrupt", func(c *link.Config) bool { return c.Corrupt.Probability > 0 })
	add("rate", func(c *link.Config) bool { return c.Rate > 0 })
	add("queue", func(c *link.Config) bool { return c.Rate > 0 })
	return all
}
