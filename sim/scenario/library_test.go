package scenario

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/units"
)

// The library's kinds as far as its files use them. Packages flow and run test
// that the real ones take them, and that the assertions hold.
type (
	connectionForm struct {
		From    string        `toml:"from"`
		Timeout time.Duration `toml:"timeout"`
		Channel []struct {
			Name string    `toml:"name"`
			Mode string    `toml:"mode"`
			Up   *loadForm `toml:"up"`
			Down *loadForm `toml:"down"`
		} `toml:"channel"`
	}
	udpForm struct {
		From  string        `toml:"from"`
		Start time.Duration `toml:"start"`
		Stop  time.Duration `toml:"stop"`
		Up    *loadForm     `toml:"up"`
		Down  *loadForm     `toml:"down"`
	}
	arenaForm struct{}
	loadForm  struct {
		Size units.Size `toml:"size"`
		Rate float64    `toml:"rate"`
	}
)

func (f *connectionForm) Validate([]string) error { return nil }
func (f *udpForm) Validate([]string) error        { return nil }
func (f *arenaForm) Validate([]string) error      { return nil }
func (f *connectionForm) Connects() bool          { return true }
func (f *arenaForm) Connects() bool               { return true }

func (f *connectionForm) Channels() []string {
	var names []string
	for _, c := range f.Channel {
		names = append(names, c.Name)
	}
	return names
}

func libraryKinds() []Kind {
	return []Kind{
		{Name: "connection", New: func() Options { return &connectionForm{} }},
		{Name: "udp", New: func() Options { return &udpForm{} }},
		{Name: "arena", New: func() Options { return &arenaForm{} }},
	}
}

func TestLibrary(t *testing.T) {
	if n := len(Library()); n < 12 {
		t.Errorf("there are %d scenarios", n)
	}
	for _, name := range Library() {
		s, err := Load(name, libraryKinds()...)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if s.About == "" || len(s.Assertions) == 0 || len(s.Flows) == 0 {
			t.Errorf("%s: want about, assertions and flows", name)
		}
		check(t, s)
	}
}

// The guide's example is a scenario, and what it says of mistakes is so.
func TestGuide(t *testing.T) {
	data, err := os.ReadFile("../../docs/SCENARIOS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "```toml\n")
	example, rest, _ := strings.Cut(rest, "```")
	if _, err := Parse("duel.toml", []byte(example), libraryKinds()...); err != nil {
		t.Errorf("%v", err)
	}
	_, rest, _ = strings.Cut(rest, "```\n")
	want, _, _ := strings.Cut(rest, "\n```")
	wrong := strings.NewReplacer("channel state < 120", "channel stat < 120", "preset =", "presett =", `"1%"`, "1").Replace(example)
	if _, err := Parse("duel.toml", []byte(wrong), libraryKinds()...); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}
