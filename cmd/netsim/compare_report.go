package main

import (
	"fmt"
	"slices"

	"github.com/reckon-engine/reckon/sim/compare"
	"github.com/reckon-engine/reckon/sim/report"
	"github.com/reckon-engine/reckon/sim/result"
)

// page returns the comparison as a page has it: ages first, then messages.
func (o *compareOptions) page(found *compare.Result) report.Comparison {
	ages := report.Case{Name: "Age of the newest position, at every picture", Samples: "pictures"}
	messages := report.Case{Name: "Each message, one way"}
	for i := range found.Subjects {
		s := &found.Subjects[i]
		note := fmt.Sprintf("%.0f kbit/s", s.Wire)
		if s.Stalls > 0 {
			note += fmt.Sprintf(", %d stalls", s.Stalls)
		}
		ages.Entries = append(ages.Entries, report.Entry{Name: s.Title, Note: note, Figures: agesOf(&s.Figures, &s.Down)})
		messages.Entries = append(messages.Entries, report.Entry{Name: s.Title, Note: s.About, Figures: s.Figures.Figures})
	}
	c := report.Comparison{
		Title: "How old is the newest position?", About: fmt.Sprintf("%s; %s, %.0f s each.", o.plotLine(), traffic(), found.Seconds),
		Measure: "time", Caption: "Ages are of all pictures, both ways together, and latencies of the messages that arrived",
		Cases: []report.Case{ages, messages}, Command: o.command,
	}
	if s := inOneSentence(found); s != "" {
		c.Sentences = append(c.Sentences, s)
	}
	c.Sentences = append(c.Sentences, found.Notes...)
	return c
}

// agesOf returns ages as if they were latencies, which is how they are drawn.
// The series is of the way down: what the player sees.
func agesOf(both, down *compare.Figures) result.Figures {
	f := result.Figures{
		Sent: both.Sent, Delivered: both.Delivered, Loss: both.Loss,
		P50: both.AgeP50, P99: both.AgeP99, Max: both.AgeMax,
		Latency: &result.Histogram{}, Series: &result.Series{StepSeconds: 1},
	}
	for _, age := range both.Ages {
		f.Latency.Add(age)
	}
	for second := range slices.Chunk(down.Ages, compare.PictureRate) {
		sorted := slices.Sorted(slices.Values(second))
		f.Series.P50 = append(f.Series.P50, milliseconds(sorted[len(sorted)/2]))
		f.Series.P99 = append(f.Series.P99, milliseconds(sorted[(len(sorted)*99-1)/100]))
	}
	return f
}
