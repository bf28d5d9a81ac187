package scenario

import (
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

func TestLibrary(t *testing.T) {
	kinds := []Kind{
		{Name: "connection", New: func() Options { return &connectionForm{} }},
		{Name: "udp", New: func() Options { return &udpForm{} }},
		{Name: "arena", New: func() Options { return &arenaForm{} }},
	}
	if n := len(Library()); n < 12 {
		t.Errorf("there are %d scenarios", n)
	}
	for _, name := range Library() {
		s, err := Load(name, kinds...)
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
