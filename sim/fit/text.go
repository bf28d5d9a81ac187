package fit

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/reckon-engine/reckon/sim/units"
)

// WriteText writes the report for people, without the preset.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d packets, %d of them UDP", strings.Join(r.Files, ", "), r.Counts.Packets, r.Counts.UDP)
	if r.Counts.Ignored > 0 {
		fmt.Fprintf(&b, " (%d that only one side has are left out)", r.Counts.Ignored)
	}
	fmt.Fprintf(&b, "\n%s", r.Clock)
	if r.Skew != 0 {
		fmt.Fprintf(&b, "; a skew of %g ppm was removed", r.Skew)
	}
	b.WriteString("\n")
	if r.Counts.Cut {
		fmt.Fprintf(&b, "only the first %d datagrams were read\n", mostRecords)
	}
	for _, m := range r.Models {
		fmt.Fprintf(&b, "\n%s: %d datagrams in %g s\n", m.Direction, m.Sent, m.Seconds)
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, row := range m.rows() {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", row[0], row[1], row[2])
		}
		_ = table.Flush() // a strings.Builder takes everything
		for _, unknown := range m.Unknown {
			fmt.Fprintf(&b, "  unknown: %s\n", unknown)
		}
	}
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// rows are what was found: what about, what, and how well.
func (m *Model) rows() [][3]string {
	rows := [][3]string{m.Loss.row()}
	add := func(about, what, how string) { rows = append(rows, [3]string{about, what, how}) }
	if j := m.Delay; j != nil {
		add("delay", j.text(), j.quality())
	}
	if c := m.Correlated; c != nil && *c > 0 {
		add("correlation", percent(*c), "")
	}
	if s := m.Spikes; s != nil {
		add("spikes", fmt.Sprintf("%g ms, %g datagrams long, every %g, losing %s", s.Delay, s.Length, s.Every, percent(s.Loss)), fmt.Sprintf("%d seen", s.Seen))
	}
	if o := m.Outage; o != nil {
		add("outage", fmt.Sprintf("%g s every %g s", o.For/1e3, o.Every/1e3), fmt.Sprintf("%d seen", o.Seen))
	}
	if r := m.Rate; r != nil {
		queue := ""
		if r.QueueBytes > 0 {
			queue = fmt.Sprintf(", a queue of %d bytes (%g ms)", r.QueueBytes, r.QueueTime)
		}
		add("rate", units.FormatRate(float64(r.Bits))+queue, fmt.Sprintf("saturated for %g s", r.Seconds))
	}
	if r := m.Reorder; r != nil {
		add("reorder", fmt.Sprintf("%s by %g ms", percent(r.Share), r.Delay), "")
	} else if m.Unordered {
		add("reorder", "by jitter", fmt.Sprintf("%d came late", m.Late))
	}
	if m.Config.Duplicate > 0 {
		add("duplicate", percent(m.Config.Duplicate), fmt.Sprintf("%d seen", m.Duplicated))
	}
	if m.Config.Corrupt.Probability > 0 {
		add("corrupt", percent(m.Config.Corrupt.Probability), fmt.Sprintf("%d seen", m.Corrupted))
	}
	return rows
}

func (l *Loss) row() [3]string {
	row := [3]string{"loss", l.Model, fmt.Sprintf("0 of %d: at most %s", l.Of, percent(l.High))}
	if l.Model == "none" {
		return row
	}
	row[1] = fmt.Sprintf("%s %s, bursts of %g", percent(l.Share), l.Model, l.MeanBurst)
	row[2] = fmt.Sprintf("95%%: %s to %s", percent(l.Low), percent(l.High))
	if l.P >= 0 {
		row[2] += fmt.Sprintf("; bursts χ² p %.2g", l.P)
	}
	return row
}

func (j *Jitter) text() string {
	switch j.Shape {
	case "constant":
		return fmt.Sprintf("%g ms, constant", j.Delay)
	case "table":
		return fmt.Sprintf("a table from %g to %g ms", j.Shortest, j.Longest)
	}
	return fmt.Sprintf("%g ms ± %g ms, %s", j.Delay, j.Jitter, j.Shape)
}

func (j *Jitter) quality() string {
	if j.Shape == "constant" || j.Shape == "table" {
		return ""
	}
	text := fmt.Sprintf("KS %.2g, p %.2g", j.Distance, j.P)
	if j.Hidden > 0 {
		text += fmt.Sprintf("; of %d, order hid %d", j.Known+j.Hidden, j.Hidden)
	}
	return text
}

func percent(share float64) string { return fmt.Sprintf("%.3g%%", 100*share) }
