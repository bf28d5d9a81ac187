package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/units"
)

// reportEverySecond writes a status line each second until ctx is done.
func reportEverySecond(ctx context.Context, p *proxy.Proxy, began time.Time, w io.Writer) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	last, before := p.Stats(), began
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			s := p.Stats()
			fmt.Fprintln(w, statusLine(&last, &s, now.Sub(began), now.Sub(before)))
			last, before = s, now
		}
	}
}

// statusLine tells what happened between two counts.
func statusLine(last, s *proxy.Stats, elapsed, passed time.Duration) string {
	return fmt.Sprintf("%4.0fs  clients %d  up %s  down %s  %d on their way",
		elapsed.Seconds(), s.Clients, flowText(last.Up, s.Up, passed), flowText(last.Down, s.Down, passed), s.Held)
}

// flowText tells what one direction did in a time.
func flowText(last, c link.Counters, passed time.Duration) string {
	sent, lost := c.Sent-last.Sent, c.Lost()-last.Lost()
	perSecond := 1 / max(passed.Seconds(), 1e-3)
	return fmt.Sprintf("%.0f/s %s %s lost", float64(sent)*perSecond,
		units.FormatRate(float64(8*(c.DeliveredBytes-last.DeliveredBytes))*perSecond), units.FormatShare(lost, sent))
}

// A flowSummary is one direction in the summary.
type flowSummary struct {
	Sent           uint64  `json:"sent"`
	Delivered      uint64  `json:"delivered"`
	LossShare      float64 `json:"loss_share"` // whatever the cause
	LostRandom     uint64  `json:"lost_random"`
	LostBurst      uint64  `json:"lost_burst"`
	DroppedQueue   uint64  `json:"dropped_queue"`
	DroppedMTU     uint64  `json:"dropped_mtu"`
	DroppedLimit   uint64  `json:"dropped_limit"`
	Duplicated     uint64  `json:"duplicated"`
	Reordered      uint64  `json:"reordered"`
	SentBytes      uint64  `json:"sent_bytes"`
	DeliveredBytes uint64  `json:"delivered_bytes"`
}

// A summary is what --json prints.
type summary struct {
	Seconds      float64     `json:"seconds"`
	Clients      uint64      `json:"clients"`
	Refused      uint64      `json:"refused_datagrams"`
	SocketErrors uint64      `json:"socket_errors"`
	Up           flowSummary `json:"up"`
	Down         flowSummary `json:"down"`
	LateP50      float64     `json:"late_p50_ms"`
	LateP99      float64     `json:"late_p99_ms"`
	LateMax      float64     `json:"late_max_ms"`

	// Of a scenario: what was measured of its links, and what it asserts
	// about them.
	Run *result.Run `json:"run,omitempty"`
}

func summaryOf(c link.Counters) flowSummary {
	s := flowSummary{
		Sent: c.Sent, Delivered: c.Delivered, LostRandom: c.LostRandom, LostBurst: c.LostBurst,
		DroppedQueue: c.DroppedQueue, DroppedMTU: c.DroppedMTU, DroppedLimit: c.DroppedLimit,
		Duplicated: c.Duplicated, Reordered: c.Reordered, SentBytes: c.SentBytes, DeliveredBytes: c.DeliveredBytes,
	}
	if c.Sent > 0 {
		s.LossShare = float64(c.Lost()) / float64(c.Sent)
	}
	return s
}

// writeSummary writes what happened in all.
func writeSummary(w io.Writer, s proxy.Stats, elapsed time.Duration, run *result.Run, from *source, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(summary{
			Seconds: elapsed.Seconds(), Clients: s.ClientsTotal, Refused: s.Refused, SocketErrors: s.SocketErrors,
			Up: summaryOf(s.Up), Down: summaryOf(s.Down),
			LateP50: milliseconds(s.Lateness.P50), LateP99: milliseconds(s.Lateness.P99), LateMax: milliseconds(s.Lateness.Max),
			Run: run,
		})
	}
	fmt.Fprintf(w, "netsim: %.1f s, clients: %d\n", elapsed.Seconds(), s.ClientsTotal)
	if err := writeFlows(w, s.Up, s.Down, elapsed); err != nil {
		return err
	}
	if run != nil {
		writeVerdicts(w, from.scenario, run)
	}
	return writeLateness(w, s.Lateness.P50, s.Lateness.P99, s.Lateness.Max)
}

// writeFlows writes what both directions did, as a table.
func writeFlows(w io.Writer, up, down link.Counters, elapsed time.Duration) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tsent\tdelivered\tlost\tin all\tqueue full\ttoo big\tduplicated\treordered\tmean rate\t")
	for _, row := range []struct {
		name string
		c    link.Counters
	}{{"up", up}, {"down", down}} {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%d\t%d\t%d\t%d\t%s\t\n", row.name, row.c.Sent, row.c.Delivered,
			row.c.LostRandom+row.c.LostBurst, units.FormatShare(row.c.Lost(), row.c.Sent), row.c.DroppedQueue+row.c.DroppedLimit,
			row.c.DroppedMTU, row.c.Duplicated, row.c.Reordered,
			units.FormatRate(float64(8*row.c.DeliveredBytes)/max(elapsed.Seconds(), 1e-3)))
	}
	return table.Flush()
}

// writeLateness writes how exact the release was.
func writeLateness(w io.Writer, p50, p99, most time.Duration) error {
	_, err := fmt.Fprintf(w, "released late by %.2f ms (p50), %.2f ms (p99), %.2f ms (most)\n",
		milliseconds(p50), milliseconds(p99), milliseconds(most))
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
