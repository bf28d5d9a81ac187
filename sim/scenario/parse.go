package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/internal/document"
)

// Limits of a scenario.
const (
	MaxDuration = 7 * 24 * time.Hour
	MaxPlaces   = 4096   // hosts and routers
	MaxFlows    = 256    //
	MaxChanges  = 10_000 // of the timeline, with every repetition and of every link
	maxFileSize = 1 << 20
)

// defaultSeconds is how long a run takes if the file does not say.
const defaultSeconds = 60

// Load reads a scenario from a file, or from the library if there is no such
// file and the name is one of Library's. Errors are as of Parse.
func Load(name string, kinds ...Kind) (*Scenario, error) {
	file, data, err := Read(name)
	if err != nil {
		return nil, err
	}
	return Parse(file, data, kinds...)
}

// Read returns what Load would parse, and what it is called in messages.
func Read(name string) (file string, data []byte, err error) {
	data, err = os.ReadFile(name)
	if err != nil {
		if text, ok := librarian(name); ok {
			return strings.TrimSuffix(name, ".toml") + ".toml", text, nil
		}
		if errors.Is(err, os.ErrNotExist) && !strings.ContainsAny(name, `/\.`) {
			return "", nil, fmt.Errorf("%s: no such file, and no scenario of the library: %s", name, document.Hint(name, Library()))
		}
		return "", nil, err
	}
	return name, data, nil
}

// Parse reads a scenario. Name is what it is called in messages; presets,
// traces and tables that it names are files in the same folder. The flows may
// be of the kinds given.
//
// The error lists everything that is wrong that can be told at once, each on a
// line of its own: "FILE:LINE: key: what was expected".
func Parse(name string, data []byte, kinds ...Kind) (*Scenario, error) {
	return ParseWith(name, data, nil, kinds...)
}

// A Setting is a value in place of the one in a file, as of a command line or
// of a point of a sweep.
type Setting struct {
	// Key is dotted: "link.loss", "seconds", "routers.home.link.up.rate". A
	// [[flow]] or a channel goes by its name or its number from 0:
	// "flow.duel.channel.state.up.rate".
	Key string

	// Value is as in the file, but texts need no quotes: "5%", "60".
	Value string
}

// ParseWith is Parse with other values than those of the file. What is wrong
// with them has no line.
func ParseWith(name string, data []byte, settings []Setting, kinds ...Kind) (*Scenario, error) {
	folder, sum := filepath.Dir(name), sha256.New()
	sum.Write(data)
	s, err := parse(name, data, settings, kinds, func(file string) ([]byte, error) {
		content, err := readBeside(folder, file)
		fmt.Fprintf(sum, "\x00%s\x00%d\x00", file, len(content))
		sum.Write(content)
		return content, err
	})
	if err == nil {
		s.Sum = hex.EncodeToString(sum.Sum(nil))
	}
	return s, err
}

// maxBesideSize bounds traces and tables.
const maxBesideSize = 256 << 20

// readBeside reads a file in a folder or below, never elsewhere.
func readBeside(folder, file string) ([]byte, error) {
	if !filepath.IsLocal(file) {
		return nil, errors.New("want a file beside the scenario")
	}
	path := filepath.Join(folder, file)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("no such file: %s", path)
	case !info.Mode().IsRegular() || info.Size() > maxBesideSize:
		return nil, fmt.Errorf("want a file of at most %d MiB", maxBesideSize>>20)
	}
	return os.ReadFile(path)
}

// A parser makes a Scenario out of a document.
type parser struct {
	*document.Problems
	read  func(file string) ([]byte, error) // a file beside the scenario
	kinds []Kind

	s        *Scenario
	relinked int              // how often the timeline changes a link
	places   map[string]*site // by name
	order    []*site          // as in the file
	files    map[string]any   // traces, tables and presets that were read, by their names
}

// fileForm is a scenario as it is written.
type fileForm struct {
	Name    string         `toml:"name"`
	About   string         `toml:"about"`
	Seconds float64        `toml:"seconds"`
	Seed    uint64         `toml:"seed"`
	IPv6    bool           `toml:"ipv6"`
	Assert  *document.Node `toml:"assert"`
	Link    *document.Node `toml:"link"`
	Hosts   *document.Node `toml:"hosts"`
	Routers *document.Node `toml:"routers"`
	Flow    *document.Node `toml:"flow"`
	At      *document.Node `toml:"at"`
}

func parse(name string, data []byte, settings []Setting, kinds []Kind, read func(string) ([]byte, error)) (*Scenario, error) {
	p := &parser{
		Problems: document.In(name), read: read, kinds: kinds, s: &Scenario{File: name, Groups: map[string][]string{}},
		places: map[string]*site{}, files: map[string]any{},
	}
	if len(data) > maxFileSize {
		p.Add(0, "", "want at most %d bytes", maxFileSize)
		return nil, p.Err()
	}
	root := document.Parse(data, p.Problems)
	if root == nil {
		return nil, p.Err()
	}
	for _, set := range settings {
		if err := root.Set(set.Key, set.Value); err != nil {
			p.Add(0, "", "%v", err)
		}
	}
	form := fileForm{Seconds: defaultSeconds, Seed: 1}
	p.misplaced(root)
	document.Decode(root, "", &form, p.Problems)
	p.head(root, &form)
	p.topology(&form)
	p.flows(form.Flow)
	p.timeline(form.At)
	p.assertions(form.Assert)
	if err := p.Err(); err != nil {
		return nil, err
	}
	return p.s, nil
}

// head takes what the file says about the whole run.
func (p *parser) head(root *document.Node, form *fileForm) {
	p.s.Name, p.s.About, p.s.Seed, p.s.IPv6 = form.Name, form.About, form.Seed, form.IPv6
	if form.Name == "" {
		base := filepath.Base(p.s.File)
		p.s.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	for _, key := range []string{"name", "about"} {
		if n := root.Get(key); n != nil && strings.ContainsAny(n.Text, "\r\n") {
			p.Add(n.Line, key, "want one line")
		}
	}
	if !(form.Seconds > 0 && form.Seconds <= MaxDuration.Seconds()) {
		p.Add(root.LineOf("seconds"), "seconds", "want more than 0 to %.0f, which is a week", MaxDuration.Seconds())
		form.Seconds = defaultSeconds
	}
	p.s.Duration = max(1, time.Duration(form.Seconds*float64(time.Second)))
}

// misplaced explains what TOML does with keys of the file that come after a
// table.
func (p *parser) misplaced(root *document.Node) {
	for _, e := range root.Entries {
		tables := e.Value.Items
		if e.Value.Kind == document.Table {
			tables = []*document.Node{e.Value}
		}
		for _, table := range tables {
			for _, key := range []string{"assert", "seconds", "seed", "about"} {
				if n := table.Get(key); n != nil && table.Kind == document.Table {
					p.Add(n.Line, e.Name+"."+key, "want %s above the first [table]: in TOML what follows a [table] belongs to it", key)
				}
			}
		}
	}
}
