package layers

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// TestDocComments: what a user of the library sees says what it is. Staticcheck
// judges how the comments begin; this finds those that are missing.
func TestDocComments(t *testing.T) {
	for _, s := range sources(t) {
		if !public(s) {
			continue
		}
		for _, line := range undocumented(s) {
			t.Error(line)
		}
	}
}

// public reports whether a file belongs to a package that others can import.
func public(s source) bool {
	return !s.test() && s.file.Name.Name != "main" &&
		!slices.Contains(strings.Split(s.dir(), "/"), "internal")
}

// undocumented returns a line for every exported name without a comment. In a
// group of constants or variables the group's own comment is enough.
func undocumented(s source) []string {
	var lines []string
	missing := func(n ast.Node, name string) {
		lines = append(lines, fmt.Sprintf("%s:%d: %s has no doc comment", s.name, s.at(n.Pos()), name))
	}
	for _, decl := range s.file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
				missing(d, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				name, doc := described(spec)
				if name != "" && doc == nil && d.Doc == nil {
					missing(spec, name)
				}
			}
		}
	}
	return lines
}

// exportedReceiver reports whether a function is one, or a method that users
// can see.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	exported := false
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = id.IsExported()
			return false
		}
		return !exported
	})
	return exported
}

// described returns the first exported name of a type, constant or variable
// and its own comment.
func described(spec ast.Spec) (string, *ast.CommentGroup) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() {
			return s.Name.Name, s.Doc
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if !name.IsExported() {
				continue
			}
			if s.Doc == nil {
				return name.Name, s.Comment
			}
			return name.Name, s.Doc
		}
	}
	return "", nil
}

func TestUndocumented(t *testing.T) {
	got := undocumented(madeSource(t, "engine/a.go", `package p

type T[K any] struct{}

// U is known.
type U struct{}

func (T[K]) M() {}

func (t hidden) N() {}

// Group of limits.
const (
	A = 1
	B = 2
)

const (
	C = 1 // a count
	D = 2
)

var e int

func f() {}
`))
	want := []string{
		"engine/a.go:3: T has no doc comment",
		"engine/a.go:8: M has no doc comment",
		"engine/a.go:20: D has no doc comment",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
