package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
	"github.com/reckon-engine/reckon/sim/result"
)

// CSV writes flows.csv, series.csv and links.csv of a run into a directory,
// which it makes if need be. Times in a name are in that unit; a value that was
// not measured is empty. It refuses what HTML refuses, before it writes.
//
// A name that a spreadsheet would take for a formula has an apostrophe before
// it.
func CSV(dir string, r *result.Run) error {
	if err := checkRun(r); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer, *result.Run) error
	}{{"flows.csv", FlowsCSV}, {"series.csv", SeriesCSV}, {"links.csv", LinksCSV}} {
		if err := save(filepath.Join(dir, file.name), r, file.write); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

func save(path string, r *result.Run, write func(io.Writer, *result.Run) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f, r); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// cell makes a name safe for spreadsheets.
func cell(s string) string {
	s = plot.Plain(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func whole64(n uint64) string { return strconv.FormatUint(n, 10) }

// FlowsCSV writes a line for each flow and each of its channels by direction.
// The lines of whole flows have neither channel nor direction.
func FlowsCSV(w io.Writer, r *result.Run) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"flow", "kind", "channel", "direction", "sent", "delivered", "loss", "p50_ms", "p99_ms", "p999_ms", "max_ms"})
	line := func(flow, kind, channel, direction string, f *result.Figures) {
		p50, p99, p999, most := "", "", "", ""
		if f.Delivered > 0 {
			p50, p99, most = number(f.P50), number(f.P99), number(f.Max)
			if f.Latency != nil && f.Latency.Total > 0 {
				p999 = number(float64(f.Latency.Quantile(999_000)) / 1e6)
			}
		}
		_ = c.Write([]string{cell(flow), cell(kind), cell(channel), cell(direction), whole64(f.Sent), whole64(f.Delivered), number(f.Loss), p50, p99, p999, most})
	}
	for i := range r.Flows {
		f := &r.Flows[i]
		line(f.Name, f.Kind, "", "", &f.Figures)
		for j := range f.Parts {
			line(f.Name, f.Kind, f.Parts[j].Channel, f.Parts[j].Direction, &f.Parts[j].Figures)
		}
	}
	c.Flush()
	return c.Error()
}

// LinksCSV writes a line for each direction of each link.
func LinksCSV(w io.Writer, r *result.Run) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{
		"link", "direction", "sent", "delivered", "loss", "lost_random", "lost_burst", "lost_other", "dropped_queue", "dropped_mtu",
		"duplicated", "reordered", "corrupted", "sent_bytes", "delivered_bytes", "bursts", "mean_burst",
	})
	for i := range r.Links {
		l := &r.Links[i]
		line := []string{cell(l.Name), cell(l.Direction), whole64(l.Sent), whole64(l.Delivered), number(l.Loss)}
		runs := uint64(0)
		for _, n := range l.Bursts {
			runs += n
		}
		for _, n := range []uint64{
			l.LostRandom, l.LostBurst, l.LostOther, l.DroppedQueue, l.DroppedMTU,
			l.Duplicated, l.Reordered, l.Corrupted, l.SentBytes, l.DeliveredBytes, runs,
		} {
			line = append(line, whole64(n))
		}
		mean := ""
		if m := meanBurst(l); m > 0 {
			mean = number(m)
		}
		_ = c.Write(append(line, mean))
	}
	c.Flush()
	return c.Error()
}

// SeriesCSV writes a line for each step of each flow, channel and link. What is
// "flow", "channel" or "link"; seconds is when the step begins.
func SeriesCSV(w io.Writer, r *result.Run) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"what", "name", "channel", "direction", "seconds", "step_seconds", "sent", "lost", "bytes", "p50_ms", "p99_ms", "queue_bytes"})
	for i := range r.Flows {
		f := &r.Flows[i]
		seriesLines(c, []string{"flow", cell(f.Name), "", ""}, f.Series)
		for j := range f.Parts {
			seriesLines(c, []string{"channel", cell(f.Name), cell(f.Parts[j].Channel), cell(f.Parts[j].Direction)}, f.Parts[j].Series)
		}
	}
	for i := range r.Links {
		seriesLines(c, []string{"link", cell(r.Links[i].Name), "", cell(r.Links[i].Direction)}, r.Links[i].Series)
	}
	c.Flush()
	return c.Error()
}

func seriesLines(c *csv.Writer, whose []string, s *result.Series) {
	counts := func(v []uint64, i int) string {
		if i >= len(v) {
			return ""
		}
		return whole64(v[i])
	}
	times := func(v []float64, i int) string {
		if i >= len(v) || v[i] == 0 {
			return ""
		}
		return number(v[i])
	}
	line := make([]string, 0, 12)
	for i := range steps(s) {
		line = append(line[:0], whose...)
		line = append(line, strconv.FormatFloat(float64(i)*s.StepSeconds, 'f', 3, 64), number(s.StepSeconds),
			counts(s.Sent, i), counts(s.Lost, i), counts(s.Bytes, i), times(s.P50, i), times(s.P99, i), counts(s.QueueBytes, i))
		_ = c.Write(line) // an error stays until Flush
	}
}

// GridCSV writes a line for each run of a sweep: its place on each axis, its
// seed, every figure, and how many assertions did not hold.
func GridCSV(w io.Writer, g *result.Grid) error {
	if err := checkGrid(g); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	var head []string
	for i := range g.Axes {
		head = append(head, cell(axisTitle(&g.Axes[i])))
	}
	head = append(head, "seed")
	for i := range g.Figures {
		head = append(head, cell(withUnit(g.Figures[i].Name, g.Figures[i].Unit)))
	}
	_ = c.Write(append(head, "assertions_failed", "error", "replay"))
	for i := range g.Points {
		p := &g.Points[i]
		var line []string
		for k, at := range p.At {
			if a := &g.Axes[k]; a.Labels != nil {
				line = append(line, cell(a.Labels[at]))
			} else {
				line = append(line, number(a.Values[at]))
			}
		}
		line = append(line, whole64(p.Seed))
		for k := range g.Figures {
			text := ""
			if v, ok := p.Figures[g.Figures[k].Name]; ok {
				text = number(v)
			}
			line = append(line, text)
		}
		failed := uint64(0)
		for _, a := range p.Assertions {
			if !a.Pass {
				failed++
			}
		}
		_ = c.Write(append(line, whole64(failed), cell(p.Error), cell(p.Replay)))
	}
	c.Flush()
	return c.Error()
}
