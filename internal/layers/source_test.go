package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// A source is one parsed Go file of the module.
type source struct {
	name string // slash-separated, relative to the module
	fset *token.FileSet
	file *ast.File
}

func (s source) test() bool  { return strings.HasSuffix(s.name, "_test.go") }
func (s source) dir() string { return path.Dir(s.name) }
func (s source) lines() int  { return s.fset.File(s.file.FileStart).LineCount() }

// span returns how many lines a node covers.
func (s source) span(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

func (s source) at(pos token.Pos) int { return s.fset.Position(pos).Line }

// sources parses every Go file of the module, whatever its build constraints.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == "testdata" || base == "bin" || name != root && strings.HasPrefix(base, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		s, err := parse(filepath.ToSlash(relative), name, nil)
		if err != nil {
			return err
		}
		found = append(found, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("found no Go files")
	}
	return found
}

// parse reads text, or if that is nil the file called disk.
func parse(name, disk string, text any) (source, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, disk, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{name, fset, file}, err
}

// madeSource parses text as the file of that name.
func madeSource(t *testing.T, name, text string) source {
	t.Helper()
	s, err := parse(name, name, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
