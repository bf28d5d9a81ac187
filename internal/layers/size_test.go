package layers

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"
)

const (
	maxFileLines     = 500
	maxFunctionLines = 70 // of code; tests may tell a longer story
)

// longFiles maps a file over the limit to its reason.
var longFiles = map[string]string{}

// longFunctions maps "file function" over the limit to its reason.
var longFunctions = map[string]string{}

func TestSize(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if ast.IsGenerated(s.file) {
			continue
		}
		for _, long := range tooLong(s) {
			seen[long.key] = true
			if longFiles[long.key] == "" && longFunctions[long.key] == "" {
				t.Errorf("%s: %d lines, want at most %d, or a reason in size_test.go", long.key, long.lines, long.limit)
			}
		}
	}
	for _, reasons := range []map[string]string{longFiles, longFunctions} {
		for key := range reasons {
			if !seen[key] {
				t.Errorf("%s is within the limit again: remove it from size_test.go", key)
			}
		}
	}
}

type long struct {
	key          string
	lines, limit int
}

// tooLong returns the file itself and its functions that are over the limits.
func tooLong(s source) []long {
	var found []long
	if n := s.lines(); n > maxFileLines {
		found = append(found, long{s.name, n, maxFileLines})
	}
	if s.test() {
		return found
	}
	for _, decl := range s.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && s.span(f) > maxFunctionLines {
			found = append(found, long{s.name + " " + f.Name.Name, s.span(f), maxFunctionLines})
		}
	}
	return found
}

func TestTooLong(t *testing.T) {
	body := "func f() {\n" + strings.Repeat("\tg()\n", maxFunctionLines) + "}\n"
	got := tooLong(madeSource(t, "engine/a.go", "package p\n\n"+body))
	if len(got) != 1 || got[0].key != "engine/a.go f" {
		t.Errorf("a long function: got %v, want engine/a.go f", got)
	}
	if got := tooLong(madeSource(t, "engine/a_test.go", "package p\n\n"+body)); len(got) != 0 {
		t.Errorf("a long test function: got %v, want none", got)
	}
	comments := fmt.Sprint("package p\n", strings.Repeat("\n// c\n", maxFileLines/2))
	got = tooLong(madeSource(t, "engine/a_test.go", comments))
	if len(got) != 1 || got[0].key != "engine/a_test.go" {
		t.Errorf("a long file: got %v, want engine/a_test.go", got)
	}
}
