package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// An event is a line of "go test -json" (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build-output, instead of Package
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// counts are of top-level tests, examples and fuzz targets; subtests belong to
// theirs.
type counts struct{ passed, failed, skipped int }

// A testLog turns events into text.
type testLog struct {
	counts
	out io.Writer
	ci  bool

	output   map[testID][]string // of what has not ended yet; Test "" is the package itself
	builds   map[string][]string // compiler output by import path
	failures map[string]int      // failed tests of each package, subtests included
	lines    []string            // skipped tests and why
}

type testID struct{ Package, Test string }

func newTestLog(out io.Writer, ci bool) *testLog {
	return &testLog{
		out:      out,
		ci:       ci,
		output:   map[testID][]string{},
		builds:   map[string][]string{},
		failures: map[string]int{},
	}
}

// line takes one line of input. What is no event (go itself complaining) is
// passed through.
func (l *testLog) line(text []byte) {
	var e event
	if err := json.Unmarshal(text, &e); err != nil || e.Action == "" {
		fmt.Fprintf(l.out, "%s\n", text)
		return
	}
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		l.builds[e.ImportPath] = append(l.builds[e.ImportPath], e.Output)
	case "build-fail":
		fmt.Fprint(l.out, strings.Join(l.builds[e.ImportPath], ""))
		delete(l.builds, e.ImportPath)
	case "output":
		l.output[id] = append(l.output[id], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			l.endPackage(e)
		} else {
			l.endTest(e, id)
		}
	}
}

func (l *testLog) endTest(e event, id testID) {
	output := l.output[id]
	delete(l.output, id)
	top := !strings.Contains(e.Test, "/")
	switch e.Action {
	case "pass":
		if top {
			l.passed++
		}
	case "skip":
		l.endSkipped(e, skipReason(output), top)
	case "fail":
		l.failures[e.Package]++
		if top {
			l.failed++
		}
		fmt.Fprint(l.out, strings.Join(output, ""))
	}
}

func (l *testLog) endSkipped(e event, reason string, top bool) {
	if l.ci && strings.HasPrefix(reason, "needs ") {
		l.failures[e.Package]++
		l.failed++
		fmt.Fprintf(l.out, "--- FAIL: %s skipped in CI: %s\n", e.Test, reason)
		return
	}
	if top {
		l.skipped++
	}
	l.lines = append(l.lines, fmt.Sprintf("skipped %s %s: %s", short(e.Package), e.Test, reason))
}

func (l *testLog) endPackage(e event) {
	id := testID{e.Package, ""}
	output := l.output[id]
	delete(l.output, id)
	switch {
	case e.Action == "fail":
		// With no failed test to show, the package's own output says what
		// happened: a panic, a time-out, a failed TestMain, a build error.
		if l.failures[e.Package] == 0 {
			l.failed++
		}
		fmt.Fprint(l.out, strings.Join(output, ""))
	case e.Action == "pass":
		fmt.Fprintf(l.out, "ok  \t%s\t%.3fs\n", e.Package, e.Elapsed)
	}
}

// finish prints what was skipped.
func (l *testLog) finish() {
	for _, line := range l.lines {
		fmt.Fprintln(l.out, line)
	}
}

// skipReason finds what the test said: "    file.go:12: why".
func skipReason(output []string) string {
	for _, line := range output {
		if !strings.HasPrefix(line, "    ") {
			continue
		}
		if _, why, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			return why
		}
	}
	return "no reason given"
}

// short drops the module's path.
func short(importPath string) string {
	return strings.TrimPrefix(importPath, "github.com/reckon-engine/reckon/")
}
