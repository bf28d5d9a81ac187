package main

import (
	"strings"
	"testing"
)

// events are written as go writes them; see go doc test2json.
const events = `
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestGood"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestGood","Elapsed":0.1}
{"Action":"run","Package":"p","Test":"TestTool"}
{"Action":"output","Package":"p","Test":"TestTool","Output":"=== RUN   TestTool\n"}
{"Action":"output","Package":"p","Test":"TestTool","Output":"    a_test.go:7: needs xvfb-run: apt-get install xvfb\n"}
{"Action":"output","Package":"p","Test":"TestTool","Output":"--- SKIP: TestTool (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestTool","Elapsed":0}
{"Action":"pass","Package":"p","Elapsed":0.2}`

const failure = `
{"Action":"run","Package":"q","Test":"TestBad"}
{"Action":"run","Package":"q","Test":"TestBad/case"}
{"Action":"output","Package":"q","Test":"TestBad/case","Output":"    b_test.go:9: got 1, want 2\n"}
{"Action":"fail","Package":"q","Test":"TestBad/case","Elapsed":0}
{"Action":"fail","Package":"q","Test":"TestBad","Elapsed":0}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q","Elapsed":0.1}`

const brokenBuild = `
{"ImportPath":"r","Action":"build-output","Output":"r/x.go:1:1: undefined: y\n"}
{"ImportPath":"r","Action":"build-fail"}
{"Action":"output","Package":"r","Output":"FAIL\tr [build failed]\n"}
{"Action":"fail","Package":"r","Elapsed":0,"FailedBuild":"r"}`

func TestLog(t *testing.T) {
	for _, test := range []struct {
		name   string
		events string
		ci     bool
		code   int
		counts counts
		has    string
		hasNot string
	}{
		{"quiet about what passes", events, false, 0, counts{1, 0, 1}, "ok  \tp\t0.200s", "noise"},
		{"says why a test was skipped", events, false, 0, counts{1, 0, 1}, "skipped p TestTool: needs xvfb-run", "FAIL"},
		{"a missing tool fails in CI", events, true, 1, counts{1, 1, 0}, "FAIL: TestTool skipped in CI: needs xvfb-run", ""},
		{"shows what failed", failure, false, 1, counts{0, 1, 0}, "got 1, want 2", "ok"},
		{"a build error counts once", brokenBuild, false, 1, counts{0, 1, 0}, "undefined: y", "ok"},
		{"passes go's own words through", "go: cannot find x", false, 0, counts{}, "go: cannot find x", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			if code := run(strings.NewReader(strings.TrimSpace(test.events)), &out, "", test.ci); code != test.code {
				t.Errorf("exit code = %d, want %d", code, test.code)
			}
			log := newTestLog(&strings.Builder{}, test.ci)
			for line := range strings.Lines(strings.TrimSpace(test.events)) {
				log.line([]byte(line))
			}
			if log.counts != test.counts {
				t.Errorf("counts = %+v, want %+v", log.counts, test.counts)
			}
			if !strings.Contains(out.String(), test.has) {
				t.Errorf("output lacks %q:\n%s", test.has, out.String())
			}
			if test.hasNot != "" && strings.Contains(out.String(), test.hasNot) {
				t.Errorf("output has %q:\n%s", test.hasNot, out.String())
			}
		})
	}
}
