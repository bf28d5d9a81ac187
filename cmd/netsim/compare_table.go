package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/reckon-engine/reckon/sim/compare"
)

// writeComparison writes a table, a sentence that says what it means, and the
// notes.
func writeComparison(w io.Writer, o *compareOptions, found *compare.Result) error {
	b := &strings.Builder{}
	where := "this kernel's TCP"
	if o.virtual {
		where = "virtual time"
	}
	fmt.Fprintf(b, "%s; %s, %.0f s each, %s.\n\n", o.line, traffic(), found.Seconds, where)
	fmt.Fprintf(b, "%-30s  %s  %s\n", "", "AGE of the newest, ms ", "LATE one way, ms")
	fmt.Fprintf(b, "%-30s  %6s %7s %7s  %6s %7s %7s  %8s %7s %9s\n", "", "median", "p99", "worst", "median", "p99", "worst", "ARRIVED", "STALLS", "KBIT/S")
	for i := range found.Subjects {
		s := &found.Subjects[i]
		arrived := 0.0
		if s.Sent > 0 {
			arrived = 100 * float64(s.Delivered) / float64(s.Sent)
		}
		fmt.Fprintf(b, "%-30s  %6.0f %7.0f %7.0f  %6.0f %7.0f %7.0f  %6.1f %% %7d %9.0f\n", s.Title,
			s.AgeP50, s.AgeP99, s.AgeMax, s.P50, s.P99, s.Max, arrived, s.Stalls, s.Wire)
	}
	if sentence := inOneSentence(found); sentence != "" {
		fmt.Fprintf(b, "\n%s\n", sentence)
	}
	for _, note := range found.Notes {
		fmt.Fprintf(b, "%s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inOneSentence says the result, or nothing if there is nothing to compare.
func inOneSentence(found *compare.Result) string {
	state, ordered := found.Find(compare.OursState), found.Find(compare.OursOrdered)
	var tcp []string
	for _, name := range []string{compare.TCPBBR, compare.TCPCubic} {
		if s := found.Find(name); s != nil {
			tcp = append(tcp, fmt.Sprintf("%.0f ms over %s", s.AgeP99, s.Title))
		}
	}
	if state == nil || ordered == nil || len(tcp) == 0 {
		return ""
	}
	return fmt.Sprintf("One picture in a hundred shows a position older than %.0f ms over Reckon (%.0f ms if all must arrive, in order), %s.",
		state.AgeP99, ordered.AgeP99, strings.Join(tcp, ", "))
}
