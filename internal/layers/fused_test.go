package layers

import (
	"bytes"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A run has the same bytes on every architecture (docs/SIMULATOR.md), so what
// decides one must not depend on how a machine rounds. Two things do. An
// x*y + z is rounded once where one instruction does it, as on arm64, and
// twice elsewhere, also if the product is a variable's value in between;
// float64(x*y) + z is the same everywhere (the Go specification,
// "Floating-point operators"). And most functions of package math are assembly
// on some architectures.

// exact are the functions of package math whose result IEEE 754 or their
// definition fixes to the last bit.
var exact = []string{
	"Abs", "Ceil", "Copysign", "FMA", "Float32bits", "Float32frombits", "Float64bits", "Float64frombits", "Floor",
	"Frexp", "Inf", "IsInf", "IsNaN", "Ldexp", "Max", "Min", "Mod", "Modf", "NaN", "Nextafter", "Nextafter32", "Round", "RoundToEven", "Signbit", "Sqrt", "Trunc",
}

// approximate are packages and files that may round as they like.
var approximate = map[string]string{
	"sim/report":            "pages are looked at",
	"sim/report/...":        "pages are looked at",
	"sim/compare/plot.go":   "a picture is looked at",
	"sim/link/internal/...": "programs that made tables, which are in the repository",
	"sim/link/fourstate.go": "what a model gives in the long run; no fate asks for it",
	"sim/fit/...":           "a search for figures that a person then takes",
}

// decides reports whether what is in a file can decide a run.
func decides(name, dir string) bool {
	for pattern := range approximate {
		if name == pattern || matches(pattern, dir) {
			return false
		}
	}
	for _, pattern := range []string{"netcode/...", "engine/...", "server", "client", "sim/...", "cmd/internal/arena", "cmd/internal/stage"} {
		if matches(pattern, dir) {
			return true
		}
	}
	return false
}

// TestMathIsExact looks for functions that differ between architectures.
func TestMathIsExact(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || !decides(s.name, s.dir()) {
			continue
		}
		for _, line := range inexact(s) {
			t.Error(line)
		}
	}
}

func inexact(s source) []string {
	imported := slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == strconv.Quote("math") })
	if !imported {
		return nil
	}
	var lines []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "math" && !slices.Contains(exact, sel.Sel.Name) {
				lines = append(lines, fmt.Sprintf("%s:%d: math.%s gives other bits on other architectures: use integers, a table, or what is exact", s.name, s.at(n.Pos()), sel.Sel.Name))
			}
		}
		return true
	})
	return lines
}

func TestMathIsExactForbids(t *testing.T) {
	text := "package p\n\nimport \"math\"\n\nvar x = math.Sqrt(2)\nvar y = math.Exp(x)\n"
	got := inexact(madeSource(t, "netcode/x.go", text))
	if len(got) != 1 || !strings.HasPrefix(got[0], "netcode/x.go:6: math.Exp") {
		t.Errorf("got %q, want one about line 6", got)
	}
}

// TestNothingFuses looks for fused operations in what netsim becomes on arm64:
// all that any run is made of, Arena included.
func TestNothingFuses(t *testing.T) {
	if testing.Short() {
		t.Skip("builds netsim")
	}
	for _, line := range fused(disassembly(t, root, "./cmd/netsim", `^github.com/reckon-engine/reckon/`)) {
		t.Error(line)
	}
}

// TestNothingFusesForbids shows that it sees what fuses, and that a conversion
// helps.
func TestNothingFusesForbids(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module " + module + "\n\ngo 1.26\n",
		"sim/link/link.go": `package link

//go:noinline
func Fuses(x, y, z float64) float64 {
	product := x * y
	return product + z
}

//go:noinline
func Rounds(x, y, z float64) float64 { return float64(x*y) + z }
`,
		"main.go": "package main\n\nimport \"" + module + "/sim/link\"\n\nfunc main() { println(link.Fuses(1, 2, 3), link.Rounds(1, 2, 3)) }\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := fused(disassembly(t, dir, ".", "^"+module+"/sim/link"))
	if len(got) != 1 || !strings.HasPrefix(got[0], "link.go:6: FMADDD in sim/link.Fuses") {
		t.Errorf("got %q, want one about line 6", got)
	}
}

// disassembly builds a program for arm64 and returns the instructions of the
// functions whose names match.
func disassembly(t *testing.T, dir, program, functions string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	build := exec.Command("go", "build", "-trimpath", "-o", file, program)
	build.Dir = dir
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	var stderr bytes.Buffer
	dump := exec.Command("go", "tool", "objdump", "-s", functions, file)
	dump.Stderr = &stderr
	out, err := dump.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", dump, err, stderr.Bytes())
	}
	if len(out) == 0 {
		t.Fatal("no function matches")
	}
	return out
}

var (
	functionLine = regexp.MustCompile(`^TEXT (\S+)\(SB\) (\S+)`)
	fusedLine    = regexp.MustCompile(`^\s+(\S+\.go:\d+)\s.*\s(FN?M(?:ADD|SUB)[SD])\s`)
)

// fused returns a line for every fused operation in a function that decides
// runs. The line is where it stands; what is inlined stands in another file
// than the function.
func fused(listing []byte) []string {
	var lines []string
	var function, file string
	for line := range strings.Lines(string(listing)) {
		if m := functionLine.FindStringSubmatch(line); m != nil {
			function, file = short(m[1]), short(m[2])
			continue
		}
		m := fusedLine.FindStringSubmatch(line)
		if m == nil || !decides(file, filepath.ToSlash(filepath.Dir(file))) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s in %s (%s): where it is rounded once the run is another: write float64(x*y) + z", m[1], m[2], function, file))
	}
	return lines
}
