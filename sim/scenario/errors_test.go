package scenario

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/bad/*.want anew")

// The messages of files that are wrong, exactly: they are what a person sees.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(file, data, chatKind)
		if err == nil {
			t.Errorf("%s: no error", file)
			continue
		}
		got := strings.ReplaceAll(filepath.ToSlash(err.Error()), "testdata/bad/", "") + "\n"
		golden := strings.TrimSuffix(file, ".toml") + ".want"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	if _, err := Load("duel-ltee"); err == nil || !strings.Contains(err.Error(), "did you mean duel-lte?") {
		t.Errorf("a slip in a name: %v", err)
	}
	if _, err := Load("./missing.toml"); err == nil {
		t.Error("a missing file was read")
	}
}

// Whatever is in a file, it is a scenario or an error in which every line
// begins with the file's name.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/bad/*.toml")
	for _, file := range files {
		data, _ := os.ReadFile(file)
		f.Add(data)
	}
	f.Add([]byte(duel))
	for _, name := range Library() {
		text, _ := LibraryText(name)
		f.Add(text)
	}
	read := func(string) ([]byte, error) { return []byte("0\n1\n2\n"), nil }
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse("f.toml", data, nil, []Kind{chatKind}, read)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "f.toml:") && !strings.HasPrefix(line, "and ") {
					t.Errorf("not a message: %q", line)
				}
			}
			return
		}
		check(t, s)
	})
}

// check checks what a scenario promises to those who run it.
func check(t *testing.T, s *Scenario) {
	t.Helper()
	routers := map[string]bool{"": true}
	for _, p := range s.Places {
		if !routers[p.Parent] {
			t.Errorf("%s hangs on %s, which does not come before it", p.Name, p.Parent)
		}
		routers[p.Name] = p.Router
		if err := p.Line.Up.Validate(); err != nil {
			t.Error(err)
		}
		if err := p.Line.Down.Validate(); err != nil {
			t.Error(err)
		}
	}
	last := s.Timeline
	for i, c := range s.Timeline {
		if c.At < 0 || c.At > s.Duration || i > 0 && c.At < last[i-1].At {
			t.Errorf("a change at %v, out of order or after %v", c.At, s.Duration)
		}
		for _, l := range c.Links {
			if err := l.Line.Up.Validate(); err != nil {
				t.Error(err)
			}
		}
	}
}
