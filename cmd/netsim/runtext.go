package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/units"
)

// maxShownEvents is how many events the tables show; --json has all.
const maxShownEvents = 20

// writeRun writes what was measured for people.
func writeRun(w io.Writer, r *result.Run) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, seed %d: %s virtual seconds in %.3g s", r.Scenario, r.Seed, trimmed(r.VirtualSeconds), r.WallSeconds)
	if r.WallSeconds > 0 {
		fmt.Fprintf(&b, ", %s × real time", thousands(r.VirtualSeconds/r.WallSeconds))
	}
	b.WriteString("\n\n")
	writeTraffic(&b, r.Flows)
	writeLinks(&b, r)
	writeEvents(&b, r.Events)
	writeAssertions(&b, r.Assertions)
	fmt.Fprintf(&b, "digest %s\n", r.Digest)
	if r.Error != "" {
		fmt.Fprintf(&b, "\n✗ FAIL  %s\n", r.Error)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTraffic writes a line for each flow and below it one for each part.
func writeTraffic(b *strings.Builder, flows []result.Flow) {
	table := &table{to: b}
	fmt.Fprintln(table, "flow\tsent\tdelivered\tloss\tp50\tp99\tmax\t")
	line := func(name string, f *result.Figures) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, thousands(float64(f.Sent)), thousands(float64(f.Delivered)),
			lossText(f.Loss), timing(f, f.P50), timing(f, f.P99), timing(f, f.Max))
	}
	for i := range flows {
		f := &flows[i]
		line(f.Name, &f.Figures)
		if len(f.Parts) < 2 {
			continue
		}
		for j := range f.Parts {
			p := &f.Parts[j]
			line("  "+p.Channel+" "+p.Direction, &p.Figures)
		}
	}
	table.flush()
	b.WriteByte('\n')
}

// timing returns a time in milliseconds, or nothing if nothing arrived.
func timing(f *result.Figures, ms float64) string {
	if f.Delivered == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f ms", ms)
}

// writeLinks writes a line for each direction of each link that was used. The
// server's is not shown while it is perfect, and of many links only those that
// did something.
func writeLinks(b *strings.Builder, r *result.Run) {
	table := &table{to: b}
	fmt.Fprintln(table, "link\tsent\tlost\tin bursts\tqueue full\tother\tdoubled\treordered\tcorrupt\tmean rate\t")
	used := 0
	for i := range r.Links {
		l := &r.Links[i]
		clean := l.Sent == l.Delivered && l.Duplicated+l.Reordered+l.Corrupted == 0
		if l.Sent == 0 || clean && (len(r.Links) > 8 || l.Name == scenario.Server) {
			continue
		}
		used++
		fmt.Fprintf(table, "%s %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", l.Name, l.Direction, thousands(float64(l.Sent)), lossText(l.Loss),
			dash(l.LostBurst), dash(l.DroppedQueue), dash(l.LostOther+l.DroppedMTU), dash(l.Duplicated), dash(l.Reordered), dash(l.Corrupted),
			units.FormatRate(float64(8*l.DeliveredBytes)/max(r.VirtualSeconds, 1e-9)))
	}
	if used == 0 {
		return
	}
	table.flush()
	b.WriteByte('\n')
}

// writeEvents writes the first events.
func writeEvents(b *strings.Builder, events []result.Event) {
	for i := range events {
		if i == maxShownEvents {
			fmt.Fprintf(b, "             and %d more\n", len(events)-i)
			break
		}
		e := &events[i]
		fmt.Fprintf(b, "%9.3f s  %-12s  %-10s  %s\n", e.Seconds, e.Kind, e.Subject, e.Text)
	}
	if len(events) > 0 {
		b.WriteByte('\n')
	}
}

// writeAssertions writes a line for each assertion, what was measured last.
func writeAssertions(b *strings.Builder, all []result.Assertion) {
	width := 0
	for i := range all {
		width = max(width, utf8.RuneCountInString(all[i].Text))
	}
	for i := range all {
		a := &all[i]
		mark := "✗ FAIL"
		if a.Pass {
			mark = "✓ pass"
		}
		fmt.Fprintf(b, "%s  %s%s  %s\n", mark, a.Text, strings.Repeat(" ", width-utf8.RuneCountInString(a.Text)), a.Measured)
	}
	if len(all) > 0 {
		b.WriteByte('\n')
	}
}

// writeFailures writes only what did not pass.
func writeFailures(w io.Writer, r *result.Run) error {
	var b strings.Builder
	if r.Error != "" {
		fmt.Fprintf(&b, "%s, seed %d: %s\n", r.Scenario, r.Seed, r.Error)
	}
	for _, a := range r.Assertions {
		if !a.Pass {
			fmt.Fprintf(&b, "%s, seed %d: FAIL %s: %s\n", r.Scenario, r.Seed, a.Text, a.Measured)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// A table aligns what is written to it: the first column to the left, the
// others, which are figures, to the right.
type table struct {
	to   *strings.Builder
	text strings.Builder
}

func (t *table) Write(p []byte) (int, error) { return t.text.Write(p) }

// flush writes the table.
func (t *table) flush() {
	var rows [][]string
	var width []int
	for line := range strings.Lines(t.text.String()) {
		cells := strings.Split(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\t"), "\t")
		for i, cell := range cells {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
		rows = append(rows, cells)
	}
	for _, cells := range rows {
		for i, cell := range cells {
			padding := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				t.to.WriteString(cell + padding)
			} else {
				t.to.WriteString("  " + padding + cell)
			}
		}
		t.to.WriteByte('\n')
	}
}

func dash(n uint64) string {
	if n == 0 {
		return "-"
	}
	return thousands(float64(n))
}

func lossText(share float64) string {
	switch {
	case share == 0:
		return "-"
	case share < 0.0001:
		return fmt.Sprintf("%.4f %%", 100*share)
	}
	return fmt.Sprintf("%.2f %%", 100*share)
}

// trimmed writes seconds without zeros at the end.
func trimmed(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", v), "0"), ".")
}

// thousands writes a whole number with commas.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
