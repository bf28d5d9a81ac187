package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reckon-engine/reckon/sim/result"
)

// A subject is whom a figure is of: flows, a channel of them, or links.
type subject struct {
	kind      string   // "flow", "channel" or "link"; "" for anybody
	text      string   // as it is written
	names     []string // of flows, the channel, or the links; nil for all flows
	flow      string   // of a channel; "" for all that have it
	direction string   // "up", "down", or "" for both
}

// members returns the places of a name: one, or those of a host with a count.
func (s *Scenario) members(name string) []string {
	if slices.ContainsFunc(s.Places, func(p Place) bool { return p.Name == name }) {
		return []string{name}
	}
	return s.Groups[name]
}

// figures returns what the messages of the subject went through.
func (s *subject) figures(run *result.Run) []*result.Figures {
	var all []*result.Figures
	for i := range run.Flows {
		f := &run.Flows[i]
		if s.kind == "flow" {
			if s.names == nil || slices.Contains(s.names, f.Name) {
				all = append(all, &f.Figures)
			}
			continue
		}
		if s.flow != "" && s.flow != f.Name {
			continue
		}
		for j := range f.Parts {
			if p := &f.Parts[j]; p.Channel == s.names[0] && (s.direction == "" || s.direction == p.Direction) {
				all = append(all, &p.Figures)
			}
		}
	}
	return all
}

// links returns the links of the subject.
func (s *subject) links(run *result.Run) []*result.Link {
	var all []*result.Link
	for i := range run.Links {
		if l := &run.Links[i]; slices.Contains(s.names, l.Name) && (s.direction == "" || s.direction == l.Direction) {
			all = append(all, l)
		}
	}
	return all
}

// measure returns the figure, or why there is none.
func (f *figure) measure(run *result.Run) (value float64, why string) {
	switch {
	case f.counter != "":
		return f.countOf(run)
	case f.of.kind == "link":
		links := f.of.links(run)
		if len(links) == 0 {
			return 0, "there is no such link in this run"
		}
		return f.ofLinks(links, run.VirtualSeconds)
	}
	all := f.of.figures(run)
	if len(all) == 0 {
		return 0, "nothing of that name was measured"
	}
	return f.ofMessages(all, run.VirtualSeconds)
}

// countOf returns a counter, summed over the flows that have it.
func (f *figure) countOf(run *result.Run) (sum float64, why string) {
	found := false
	var known []string
	for i := range run.Flows {
		if flow := &run.Flows[i]; f.of.names == nil || slices.Contains(f.of.names, flow.Name) {
			if v, ok := flow.Counters[f.counter]; ok {
				sum += v
				found = true
			}
			for name := range flow.Counters {
				known = append(known, name)
			}
		}
	}
	if !found {
		slices.Sort(known)
		return 0, "there is no such counter; there are: " + strings.Join(slices.Compact(known), ", ")
	}
	return sum, ""
}

// ofMessages returns a figure of messages.
func (f *figure) ofMessages(all []*result.Figures, seconds float64) (value float64, why string) {
	var sent, delivered uint64
	var lost, worst float64
	var merged result.Histogram
	exact := true
	for _, part := range all {
		sent += part.Sent
		delivered += part.Delivered
		lost += float64(part.Loss * float64(part.Sent))
		if part.Delivered == 0 {
			continue
		}
		worst = max(worst, f.summary(part))
		if exact = exact && part.Latency != nil; exact {
			merged.Merge(part.Latency)
		}
	}
	switch f.name {
	case "sent":
		return float64(sent), ""
	case "delivered":
		return float64(delivered), ""
	case "rate":
		return float64(delivered) / max(seconds, 1e-9), ""
	case "loss":
		if sent == 0 {
			return 0, "nothing was sent"
		}
		return lost / float64(sent), ""
	}
	switch {
	case delivered == 0:
		return 0, "nothing arrived"
	case exact && f.name == "mean":
		return meanOf(&merged), ""
	case exact && f.name != "max":
		return milliseconds(merged.Quantile(f.quantile)), ""
	case worst < 0:
		return 0, "not measured: this run kept only p50, p99 and max"
	}
	return worst, "" // without the histograms, the worst of the parts
}

// summary returns what a run without histograms knows of a figure, -1 if
// nothing.
func (f *figure) summary(part *result.Figures) float64 {
	switch f.name {
	case "max":
		return part.Max
	case "p50":
		return part.P50
	case "p99":
		return part.P99
	}
	return -1
}

// meanOf returns the mean in milliseconds, to the width of the buckets.
func meanOf(h *result.Histogram) float64 {
	var sum float64
	for i, n := range h.Counts {
		if n > 0 {
			middle := float64(result.BucketLow(i)+min(result.BucketLow(i+1)-1, uint64(h.Max))) / 2
			sum += float64(middle * float64(n))
		}
	}
	return sum / float64(h.Total) / 1e6
}

// ofLinks returns a figure of links.
func (f *figure) ofLinks(links []*result.Link, seconds float64) (value float64, why string) {
	var t result.Link
	var lost float64
	var queue, bursts, inBursts, longest uint64
	measured := false
	for _, l := range links {
		t.Sent += l.Sent
		t.Delivered += l.Delivered
		t.DeliveredBytes += l.DeliveredBytes
		t.DroppedQueue += l.DroppedQueue
		t.Duplicated += l.Duplicated
		t.Reordered += l.Reordered
		t.Corrupted += l.Corrupted
		lost += float64(l.Loss * float64(l.Sent))
		for i, n := range l.Bursts {
			if n > 0 {
				bursts += n
				inBursts += n * uint64(i+1)
				longest = max(longest, uint64(i+1))
			}
		}
		if l.Series != nil && l.Series.QueueBytes != nil {
			measured = true
			queue = max(queue, slices.Max(append(l.Series.QueueBytes, 0)))
		}
	}
	switch f.name {
	case "sent":
		return float64(t.Sent), ""
	case "delivered":
		return float64(t.Delivered), ""
	case "duplicated":
		return float64(t.Duplicated), ""
	case "reordered":
		return float64(t.Reordered), ""
	case "corrupted":
		return float64(t.Corrupted), ""
	case "rate":
		return float64(8*t.DeliveredBytes) / max(seconds, 1e-9), ""
	case "longest-burst":
		return float64(longest), ""
	case "mean-burst":
		return float64(inBursts) / float64(max(bursts, 1)), ""
	case "queue":
		if !measured {
			return 0, "the queue was not measured"
		}
		return float64(queue), ""
	}
	if t.Sent == 0 {
		return 0, "nothing was sent"
	}
	if f.name == "queue-loss" {
		return float64(t.DroppedQueue) / float64(t.Sent), ""
	}
	return lost / float64(t.Sent), ""
}

// trim writes a number with at most so many decimals.
func trim(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// plural writes a number of things.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
