package scenario

import (
	"embed"
	"slices"
	"strings"

	"github.com/reckon-engine/reckon/sim/internal/document"
)

//go:embed presets/*.toml
var presetFiles embed.FS

// A Preset is an access network with its figures and where they are from.
type Preset struct {
	Name    string   // as scenarios and flags name it
	Title   string   // for people
	About   string   // one line
	Sources []Source // by what they are about
	Line    Line
	Text    string // the file
}

// A Source says where the figures about something are from.
type Source struct {
	About string // "delay", "jitter", "loss", "rate", "queue", ...
	Text  string // a reference, or what begins with JUDGEMENT
}

// presetForm is a preset as it is written.
type presetForm struct {
	Title  string         `toml:"title"`
	About  string         `toml:"about"`
	Source *document.Node `toml:"source"`
	Link   *document.Node `toml:"link"`
}

// presetDraft is a preset before other layers are laid on it.
type presetDraft struct {
	Preset
	up, down draft
}

// Presets returns the presets of the library by name.
func Presets() []Preset {
	var all []Preset
	for _, name := range presetNames() {
		preset, err := FindPreset(name)
		if err != nil {
			panic("scenario: BUG: " + err.Error()) // tested
		}
		all = append(all, preset)
	}
	return all
}

// FindPreset returns a preset of the library.
func FindPreset(name string) (Preset, error) {
	data, err := presetFiles.ReadFile("presets/" + name + ".toml")
	if err != nil {
		return Preset{}, &KeyError{Key: "preset", Want: "a preset of the library: " + document.Hint(name, presetNames())}
	}
	return ParsePreset(name+".toml", data)
}

// ParsePreset reads the file of a preset. Errors are as of Parse.
func ParsePreset(name string, data []byte) (Preset, error) {
	p := &parser{Problems: document.In(name), s: &Scenario{}, files: map[string]any{}}
	d := p.presetFile(data)
	if err := p.Err(); err != nil {
		return Preset{}, err
	}
	d.Name = strings.TrimSuffix(name, ".toml")
	d.Text = string(data)
	s := site{key: "link"}
	d.Line = Line{Preset: d.Name, Up: p.finish(&d.up, &s), Down: p.finish(&d.down, &s)}
	return d.Preset, p.Err()
}

func presetNames() []string {
	entries, _ := presetFiles.ReadDir("presets") // it is embedded
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".toml")
	}
	slices.Sort(names) // "lte" before "lte-driving", unlike the files
	return names
}

// preset reads the preset that a link names: of the library, or a file beside
// the scenario.
func (p *parser) preset(n *document.Node, key string) (presetDraft, bool) {
	if n.Kind != document.String {
		p.Add(n.Line, key, "want the name of a preset; netsim presets lists them")
		return presetDraft{}, false
	}
	if known, ok := p.files["preset "+n.Text].(presetDraft); ok {
		return known.at(n, key), true
	}
	inner := &parser{Problems: document.In(n.Text), read: p.read, s: p.s, files: p.files}
	data, err := presetFiles.ReadFile("presets/" + n.Text + ".toml")
	if strings.HasSuffix(n.Text, ".toml") {
		data, err = p.read(n.Text)
		if err != nil {
			p.Add(n.Line, key, "%v", err)
			return presetDraft{}, false
		}
	}
	if err != nil {
		p.Add(n.Line, key, "no preset %q: %s", n.Text, document.Hint(n.Text, presetNames()))
		return presetDraft{}, false
	}
	d := inner.presetFile(data)
	if err := inner.Err(); err != nil {
		p.Add(n.Line, key, "%v", err)
		return presetDraft{}, false
	}
	p.files["preset "+n.Text] = d
	return d.at(n, key), true
}

// at returns a copy that shows what is wrong with what is laid on it where the
// preset is named.
func (d presetDraft) at(n *document.Node, key string) presetDraft {
	d.up, d.down = d.up.copy(), d.down.copy()
	for _, dir := range []*draft{&d.up, &d.down} {
		for name := range dir.set {
			dir.set[name] = origin{n, key, dir.set[name].order}
		}
	}
	return d
}

// presetFile reads a preset.
func (p *parser) presetFile(data []byte) presetDraft {
	d := presetDraft{up: p.newDraft(), down: p.newDraft()}
	root := document.Parse(data, p.Problems)
	if root == nil {
		return d
	}
	var form presetForm
	document.Decode(root, "", &form, p.Problems)
	d.Title, d.About = form.Title, form.About
	for _, e := range p.entries(form.Source, "source") {
		d.Sources = append(d.Sources, Source{e.Name, strings.Join(strings.Fields(e.Value.Text), " ")})
	}
	l := p.layer(form.Link, "link")
	if l.Node == nil {
		p.Add(0, "link", "want a table [link]")
		return d
	}
	if n := l.Get("preset"); n != nil {
		p.Add(n.Line, "link.preset", "want none here: a preset stands for itself")
		return d
	}
	var none string
	p.lay(l, &d.up, &d.down, &none)
	return d
}
