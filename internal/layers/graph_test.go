package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A pkg is what "go list -json" tells of a package.
type pkg struct {
	ImportPath   string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	CgoFiles     []string
}

// A graph holds our packages and all they reach, by import path.
type graph map[string]*pkg

// root is the module's folder, seen from this package's tests.
const root = "../.."

// list asks the go command for the graph on one platform.
func list(t *testing.T, goos, goarch string, cgo bool) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps",
		"-json=ImportPath,Standard,Imports,TestImports,XTestImports,CgoFiles", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	if cgo {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s/%s: %v\n%s", goos, goarch, err, stderr.Bytes())
	}
	g := graph{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list for %s/%s: %v", goos, goarch, err)
		}
		g[p.ImportPath] = p
	}
	return g
}

// ours returns our packages in order.
func (g graph) ours() []*pkg {
	var found []*pkg
	for path, p := range g {
		if path == module || strings.HasPrefix(path, module+"/") {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return found
}

// reach returns every package that the given imports lead to, in the order of
// their distance, each with the chain of imports that leads there. It does not
// look inside the standard library.
func (g graph) reach(from string, imports []string) [][]string {
	seen := map[string]bool{from: true}
	var chains [][]string
	add := func(chain, imports []string) {
		for _, path := range imports {
			if !seen[path] {
				seen[path] = true
				chains = append(chains, append(slices.Clone(chain), path))
			}
		}
	}
	add([]string{from}, imports)
	for i := 0; i < len(chains); i++ {
		chain := chains[i]
		if p := g[chain[len(chain)-1]]; p != nil && !p.Standard {
			add(chain, p.Imports)
		}
	}
	return chains
}

// violations returns a line for everything in the graph that breaks the table.
func (g graph) violations() []string {
	var lines []string
	for _, p := range g.ours() {
		l, ok := layerOf(p.ImportPath)
		if !ok {
			lines = append(lines, short(p.ImportPath)+" belongs to no layer: say in rules_test.go what it may import, and why")
			continue
		}
		var broken []string
		for _, chain := range g.reach(p.ImportPath, p.Imports) {
			if slices.ContainsFunc(chain, func(path string) bool { return slices.Contains(broken, path) }) {
				continue // what a forbidden package brings along is not news
			}
			if why := l.forbids(g, chain); why != "" {
				broken = append(broken, chain[len(chain)-1])
				lines = append(lines, fmt.Sprintf("%s: %s", arrow(chain), why))
			}
		}
		if l.cgo {
			continue
		}
		// Who tests a library or a server must not need X11 either.
		tests := slices.Concat(p.TestImports, p.XTestImports)
		for _, chain := range g.reach(p.ImportPath, tests) {
			if matches(ebiten, chain[len(chain)-1]) {
				lines = append(lines, fmt.Sprintf("tests of %s: %s", arrow(chain), noEbiten))
				break
			}
		}
	}
	return lines
}

// standard reports whether a path is the standard library's. What go list did
// not list (a test's import) is judged by its name.
func (g graph) standard(path string) bool {
	if p := g[path]; p != nil {
		return p.Standard
	}
	host, _, _ := strings.Cut(path, "/")
	return !strings.Contains(host, ".")
}

// forbids returns why the last package of the chain must not be reached by the
// first, whose layer l is; "" if it may.
func (l layer) forbids(g graph, chain []string) string {
	path := chain[len(chain)-1]
	if g.standard(path) {
		if len(chain) > 2 {
			return "" // standard packages are judged by direct import
		}
		return l.reason(path)
	}
	if why := l.reason(path); why != "" {
		return why
	}
	if p := g[path]; p != nil && !l.cgo && len(p.CgoFiles) > 0 {
		return "it is written in C: servers, the library and the simulator are static binaries that build for every system from any"
	}
	if l.may != nil && !slices.ContainsFunc(l.may, func(pattern string) bool { return matches(pattern, path) }) {
		return fmt.Sprintf("%s may reach only %s", strings.Join(l.has, ", "), strings.Join(append(l.may, "the standard library"), ", "))
	}
	return ""
}

// reason returns what the layer's bad list says of a path. Of several patterns
// that match, the longest speaks.
func (l layer) reason(path string) string {
	var longest, why string
	for pattern, reason := range l.bad {
		if matches(pattern, path) && len(pattern) > len(longest) {
			longest, why = pattern, reason
		}
	}
	return why
}

// short drops the module's path.
func short(path string) string { return strings.TrimPrefix(path, module+"/") }

// arrow writes a chain of imports.
func arrow(chain []string) string {
	names := make([]string, len(chain))
	for i, path := range chain {
		names[i] = short(path)
	}
	return strings.Join(names, " → ")
}
