package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// registered returns the names of all flags in the sources of this command.
func registered(t *testing.T) (names []string) {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || len(call.Args) < 3 {
				return true
			}
			if set, ok := method.X.(*ast.Ident); !ok || set.Name != "set" {
				return true
			}
			for _, arg := range call.Args[:2] { // the name is the first or the second
				if text, ok := arg.(*ast.BasicLit); ok && text.Kind == token.STRING {
					name, _ := strconv.Unquote(text.Value)
					if name != "" {
						names = append(names, name)
					}
					break
				}
			}
			return true
		})
	}
	for _, o := range options() {
		names = append(names, o.name, "up-"+o.name, "down-"+o.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Help, parsing and completion have the same flags.
func TestFlagsAgree(t *testing.T) {
	names := registered(t)
	if len(names) < 50 {
		t.Fatalf("only %d flags are registered: %q", len(names), names)
	}
	for _, c := range commands() {
		var shown []string
		for _, f := range flagsOf(t.Context(), c.name) {
			shown = append(shown, strings.TrimLeft(f.name, "-"))
		}
		for _, name := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(names), shown...)))) {
			// The second flag makes sure that nothing runs.
			var stdout, stderr bytes.Buffer
			run(t.Context(), []string{c.name, "--" + name + "=1", "--no-such-flag"}, &stdout, &stderr)
			parsed := !strings.Contains(stderr.String(), "not defined: --"+name+"\n") && !strings.HasPrefix(c.name, "completion")
			if parsed != slices.Contains(shown, name) {
				t.Errorf("netsim %s: --%s is parsed: %v, in the help: %v; %q", c.name, name, parsed, !parsed, stderr.String())
			}
		}
	}
}

// complete returns the candidates for the last word of a line.
func complete(t *testing.T, words ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"__complete"}, words...), &stdout, &stderr); code != exitOK || stderr.Len() != 0 {
		t.Errorf("%q: exit %d, %q", words, code, stderr.String())
	}
	return stdout.String()
}

func TestComplete(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"", "proxy\tput a bad network"},
		{"pr", "presets\t"},
		{"proxy --jitter-s", "--jitter-shape\tuniform"},
		{"proxy --up-lo", "--up-loss\tup: datagrams lost"},
		{"proxy --preset lt", "lte-driving\t"},
		{"tun --scenario duel-l", "duel-lte\tOne against one"},
		{"tun --jitter-shape pareto-", "pareto-normal\n"},
		{"run duel-st", "duel-starlink\t"},
		{"run x --pcapng ", ":files"},
		{"run x --set link.l", "link.loss=\n"},
		{"compare --dow", "--down-rate\tdown: bits a second"},
		{"tun -- ec", ":files"},
		{"completion f", "fish\n"},
		{"nonsense -", ""},
	} {
		words := strings.Split(test.line, " ")
		got := complete(t, words...)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%q: %q, want %q", test.line, got, test.want)
		}
	}
}

// What the script of bash does, with bash.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	program := filepath.Join(t.TempDir(), "netsim")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for words, want := range map[string]string{
		"netsim pro":                 "proxy",
		"netsim proxy --preset lte":  "lte lte-driving",
		"netsim run --csv completio": "completion.go completion_test.go",
	} {
		script := `source <("$1" completion bash); COMP_WORDS=($2); COMP_WORDS[0]=$1; COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _netsim; echo "${COMPREPLY[*]}"`
		cmd := exec.CommandContext(t.Context(), bash, "-c", script, "bash", program, words)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		out, err := cmd.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", words, got, err, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"completion", shell}, &stdout, &stderr); code != exitOK || !strings.Contains(stdout.String(), "__complete") {
			t.Errorf("%s: exit %d", shell, code)
		}
	}
}
