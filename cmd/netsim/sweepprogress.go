package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/sweep"
)

// A sweepProgress shows how far a sweep is: a bar on a terminal, else a line
// now and then.
type sweepProgress struct {
	w           io.Writer // nil shows nothing
	terminal    bool
	began       time.Time
	shown       time.Time
	whole       int
	had         int // points that need not be measured
	done        int // of the others
	failed      int
	everyVisual time.Duration
}

// How often it is shown.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
	barWidth  = 30
)

func newSweepProgress(w io.Writer, s *sweep.Sweep, quiet bool) *sweepProgress {
	now := time.Now()
	p := &sweepProgress{
		w: w, terminal: isTerminal(w), began: now, shown: now, whole: s.Size(), had: len(s.Outcome().Points), everyVisual: lineEvery,
	}
	if p.terminal {
		p.everyVisual = barEvery
	}
	if quiet {
		p.w = nil
	} else if p.had > 0 {
		fmt.Fprintf(w, "%d of %d points are there already\n", p.had, p.whole)
	}
	return p
}

// isTerminal reports whether something is one that understands colours and
// carriage returns.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// point takes a point that was measured.
func (p *sweepProgress) point(point *sweep.Point) {
	p.done++
	if point.Error != "" || len(point.Failed) > 0 {
		p.failed++
	}
	now := time.Now()
	if p.w == nil || now.Sub(p.shown) < p.everyVisual {
		return
	}
	p.shown = now
	text := p.text(now.Sub(p.began))
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K"+p.bar()+" "+text)
	} else {
		fmt.Fprintln(p.w, text)
	}
}

// bar draws how far it is.
func (p *sweepProgress) bar() string {
	full := barWidth * (p.had + p.done) / p.whole
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "]"
}

// text says how far it is, how fast, and how long it will take.
func (p *sweepProgress) text(passed time.Duration) string {
	at := p.had + p.done
	left := time.Duration(float64(passed) * float64(p.whole-at) / float64(p.done))
	text := fmt.Sprintf("%d/%d points, %d %%, %.3g a second, %v left", at, p.whole, 100*at/p.whole,
		float64(p.done)/passed.Seconds(), left.Round(time.Second))
	if p.failed > 0 {
		text += fmt.Sprintf(", %d with something that did not hold", p.failed)
	}
	return text
}

// end takes the bar away.
func (p *sweepProgress) end() {
	if p.w != nil && p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
