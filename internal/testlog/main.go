// Testlog reads the events of "go test -json" and prints what a person wants
// of them: one line for each package, the output of the tests that failed, and
// why tests were skipped.
//
//	go test -json ./... | go run ./internal/testlog -totals FILE
//
// The counts are appended to FILE as "PASSED FAILED SKIPPED", so that a script
// with several runs can add them up. A test that was skipped because a tool is
// missing (its reason starts with "needs ") is a failure when CI=true.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	totals := flag.String("totals", "", "append the counts to this `file`")
	flag.Parse()
	os.Exit(run(os.Stdin, os.Stdout, *totals, os.Getenv("CI") == "true"))
}

func run(in io.Reader, out io.Writer, totals string, ci bool) int {
	w := bufio.NewWriter(out)
	defer w.Flush()
	log := newTestLog(w, ci)
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 1<<24) // one line is one event; a failing test may print a lot in it
	for scanner.Scan() {
		log.line(scanner.Bytes())
		w.Flush()
	}
	if err := scanner.Err(); err != nil {
		fmt.Fprintln(w, "testlog:", err)
		return 1
	}
	log.finish()
	if totals != "" {
		if err := appendTotals(totals, log.counts); err != nil {
			fmt.Fprintln(w, "testlog:", err)
			return 1
		}
	}
	if log.failed > 0 {
		return 1
	}
	return 0
}

func appendTotals(name string, c counts) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, c.passed, c.failed, c.skipped)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
