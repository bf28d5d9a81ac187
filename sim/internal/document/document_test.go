package document

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/units"
)

type inner struct {
	Size units.Size `toml:"size"`
	Rate float64    `toml:"rate"`
}

type everyType struct {
	Text     string        `toml:"text"`
	On       bool          `toml:"on"`
	Count    int           `toml:"count"`
	Port     uint16        `toml:"port"`
	Pause    time.Duration `toml:"pause"`
	Loss     units.Share   `toml:"loss"`
	Names    []string      `toml:"names"`
	Optional *inner        `toml:"optional"`
	List     []inner       `toml:"list"`
	Raw      *Node         `toml:"raw"`
	Hidden   int
}

func TestDecode(t *testing.T) {
	problems := In("f.toml")
	root := Parse([]byte(`
text = "a"
on = true
count = 0x1_0
port = 65535
pause = "80ms"
loss = "3%"
names = ["x",
	"y"]
optional.size = 64
optional.rate = 2
raw = [1, { a = 2.5 }]
[[list]]
size = "64kB"
[[list]]
rate = 1.5
`), problems)
	var got everyType
	Decode(root, "", &got, problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if got.Text != "a" || !got.On || got.Count != 16 || got.Port != 65535 || got.Pause != 80*time.Millisecond || got.Loss != 0.03 {
		t.Errorf("the scalars are %+v", got)
	}
	if !slices.Equal(got.Names, []string{"x", "y"}) || *got.Optional != (inner{64, 2}) || !slices.Equal(got.List, []inner{{64_000, 0}, {0, 1.5}}) {
		t.Errorf("the lists are %+v, %+v", got, got.Optional)
	}
	if short := got.Raw.Short(); short != "[1, { a = 2.5 }]" {
		t.Errorf("what is raw is %s", short)
	}
	for key, want := range map[string]int{"names.1": 9, "optional.rate": 11, "list.1.rate": 16, "list.1.missing": 15, "list.7": 13, "raw.1.a": 12, "nothing": 1} {
		if got := root.LineOf(key); got != want {
			t.Errorf("%s is in line %d, want %d", key, got, want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for text, want := range map[string]string{
		`text = 1`:                       "f.toml:1: text: want a text, not 1",
		`on = "yes"`:                     `f.toml:1: on: want true or false, not "yes"`,
		`count = 1.5`:                    "f.toml:1: count: want a whole number, not 1.5",
		`port = 65536`:                   "f.toml:1: port: want a whole number from 0, not 65536",
		`pause = 3`:                      `f.toml:1: pause: want a time such as "80ms" or "1.5s", not 3`,
		`pause = "-3s"`:                  `f.toml:1: pause: want 0s to 8760h0m0s, not "-3s"`,
		`loss = 3`:                       "f.toml:1: loss: want a percent sign, such as 3%, not 3",
		`loss = true`:                    "f.toml:1: loss: want a text, not true",
		`names = "x"`:                    `f.toml:1: names: want a list, not "x"`,
		`optional = 3`:                   "f.toml:1: optional: want a table, not 3",
		`optional.sise = 3`:              "f.toml:1: optional.sise: unknown key: did you mean size?",
		"[list]\nsize = 3":               "f.toml:1: list: want a list of tables: [[list]]",
		`list = [3]`:                     "f.toml:1: list: want a table, not 3",
		`list = [{ rate = [] }]`:         "f.toml:1: list.rate: want a number, not a list",
		`list = [{ rate = nan }]`:        "f.toml:1: list.rate: want a number, not nan",
		`hidden = 3`:                     "f.toml:1: hidden: unknown key: there is text, on, count, port, pause, loss, names, optional, list and raw",
		`text = 2026-11-23`:              "f.toml:1: text: want a text, not a date",
		"a = 1\na = 2":                   "f.toml:2: key a is already defined",
		"[a]\n[a]":                       "f.toml:2: ",
		"a = \"\\x\"":                    "f.toml:1: ",
		strings.Repeat("\n", 9) + "x = ": "f.toml:10: ",
	} {
		problems := In("f.toml")
		if root := Parse([]byte(text), problems); root != nil {
			Decode(root, "", &everyType{}, problems)
		}
		if err := problems.Err(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestManyProblems(t *testing.T) {
	problems := In("f.toml")
	root := Parse([]byte(strings.Repeat("[[list]]\nbad = 1\n", 5000)), problems)
	Decode(root, "", &everyType{}, problems)
	err := problems.Err()
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 11 || lines[10] != "and 990 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	if deep := Parse([]byte("a = "+strings.Repeat("[", 1<<20)), In("f.toml")); deep != nil {
		t.Error("a million brackets are a list")
	}
}

// Whatever is in a file, it is a tree in which every line is one of the file,
// or a problem.
func FuzzParse(f *testing.F) {
	f.Add([]byte("a.b = [1, { c = \"d\" }]\n[[e]]\nf = 2026-11-23\n[e.g]\n[h]\n"))
	f.Add([]byte("a = '''\n\n'''\nb = \"\"\"x\n\"\"\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		problems := In("f.toml")
		root := Parse(data, problems)
		if (root == nil) != problems.Any() {
			t.Fatalf("a tree %v, and problems %v", root, problems.Err())
		}
		if root == nil {
			return
		}
		lines := strings.Count(string(data), "\n") + 1
		var walk func(n *Node)
		walk = func(n *Node) {
			if n.Line < 1 || n.Line > lines {
				t.Fatalf("line %d of %d", n.Line, lines)
			}
			for _, e := range n.Entries {
				walk(e.Value)
			}
			for _, item := range n.Items {
				walk(item)
			}
		}
		walk(root)
		Decode(root, "", &everyType{}, problems)
		if err := root.Set(string(data[:len(data)/2]), string(data[len(data)/2:])); err == nil {
			Decode(root, "", &everyType{}, In("f.toml"))
		}
	})
}
