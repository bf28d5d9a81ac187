package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/reckon-engine/reckon/sim/control"
)

// An eventWriter tells a desk of the lines that programs print, and keeps the
// last of them for the end.
type eventWriter struct {
	desk *control.Desk

	mu   sync.Mutex
	line []byte
	last [][]byte
}

const (
	keptLines = 20
	maxLine   = 1000
)

// Write takes what a program prints.
func (w *eventWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(b)
	for {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		w.line = append(w.line, line[:min(len(line), maxLine-min(maxLine, len(w.line)))]...)
		if !whole {
			return n, nil
		}
		w.desk.Tell("program", string(w.line))
		w.last = append(w.last, bytes.Clone(w.line))
		if len(w.last) > keptLines {
			w.last = w.last[1:]
		}
		w.line, b = w.line[:0], rest
	}
}

// flush writes the last lines where they can be read when the view is gone.
func (w *eventWriter) flush(to io.Writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.last {
		fmt.Fprintf(to, "%s\n", line)
	}
	if len(w.line) > 0 {
		fmt.Fprintf(to, "%s\n", w.line)
	}
}
