package liveview

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/reckon-engine/reckon/sim/control"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/scenario"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A fakeDesk notes what it is asked to do.
type fakeDesk struct {
	line scenario.Line
	out  bool
	did  []string
}

func (d *fakeDesk) Line() scenario.Line { return d.line }

func (d *fakeDesk) Patch(table []byte) (err error) {
	d.did = append(d.did, string(table))
	d.line, err = scenario.Adjust(d.line, table)
	return err
}

func (d *fakeDesk) Preset(name string) error {
	d.did = append(d.did, "preset "+name)
	return nil
}

func (d *fakeDesk) Reset() error {
	d.did = append(d.did, "reset")
	return errors.New("it does\n\x1b[2Jnot work")
}

func (d *fakeDesk) Outage(long time.Duration) error {
	d.did, d.out = append(d.did, fmt.Sprint("outage ", long)), true
	return nil
}

func (d *fakeDesk) Out() (time.Time, bool) { return time.Time{}, d.out }

func (d *fakeDesk) Resume() { d.did, d.out = append(d.did, "resume"), false }

func (d *fakeDesk) Events() []control.Event {
	return []control.Event{
		{Seconds: 1, Kind: "client", Text: "127.0.0.1:40000 is there"},
		{Seconds: 3661, Kind: "program", Text: "\x1b[31mred\x1b[0m\tand more " + strings.Repeat("long ", 40)},
	}
}

func (d *fakeDesk) Clients() []proxy.Client {
	return []proxy.Client{{Address: netip.MustParseAddrPort("127.0.0.1:40000"), UpCounters: link.Counters{Sent: 1_234_567, Delivered: 1_200_000}}}
}

func (d *fakeDesk) Totals() (control.Totals, time.Duration) {
	return control.Totals{Clients: 1, Held: 7}, 125 * time.Second
}

func newModel(width, height int) (*Model, *fakeDesk) {
	burst, _ := link.Bursts(0.03, 4)
	desk := &fakeDesk{line: scenario.Line{
		Up:   link.Config{Delay: 40 * time.Millisecond, Jitter: 10 * time.Millisecond, Burst: burst, Rate: 2_000_000},
		Down: link.Config{Delay: 40 * time.Millisecond, Loss: 0.005},
	}}
	m := &Model{Desk: desk, Title: "proxy", Samples: func() []control.Sample {
		list := make([]control.Sample, 45)
		for i := range list {
			list[i].Up = control.Flow{Sent: 60, Lost: uint64(i % 7), Bytes: uint64(1000 * i), Arrived: 58, Delay: time.Duration(40+i) * time.Millisecond, DelayMost: 99 * time.Millisecond, QueueBytes: 500 * (i % 3)}
			list[i].Down = control.Flow{Sent: 60, Bytes: 15_000, Arrived: 60, Delay: 40 * time.Millisecond, DelayMost: 41 * time.Millisecond}
		}
		return list
	}}
	m.Init()
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m, desk
}

// What is drawn is as it was, fits, and has nothing that a terminal would obey.
func TestView(t *testing.T) {
	for _, size := range []struct {
		name          string
		width, height int
		ascii         bool
		keys          string
	}{
		{"80x24", 80, 24, false, ""},
		{"80x24-ascii", 80, 24, true, ""},
		{"132x40-presets", 132, 40, false, "p"},
		{"60x16-drop", 60, 16, false, " "},
	} {
		m, _ := newModel(size.width, size.height)
		m.ASCII = size.ascii
		for _, r := range size.keys {
			m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
		got := m.View()
		lines := strings.Split(got, "\n")
		if len(lines) != size.height {
			t.Errorf("%s: %d lines", size.name, len(lines))
		}
		for i, line := range lines {
			if width(line) > size.width {
				t.Errorf("%s: line %d is %d wide: %q", size.name, i+1, width(line), line)
			}
		}
		if size.ascii && strings.IndexFunc(got, func(r rune) bool { return r > '~' }) >= 0 {
			t.Errorf("%s: it is not ASCII", size.name)
		}
		golden := filepath.Join("testdata", size.name+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || got != string(want) {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", size.name, err, got, want)
		}
	}
	m, _ := newModel(40, 10)
	if got := m.View(); !strings.Contains(got, "want a terminal of 60 x 16") {
		t.Errorf("too small: %q", got)
	}
}

func TestKeys(t *testing.T) {
	m, desk := newModel(80, 24)
	for _, test := range []struct{ key, did, message string }{
		{"L", `{"down":{"loss":"1.50%"},"up":{"loss":"4.00%"}}`, ""},
		{"D", `{"down":{"delay":"50ms"},"up":{"delay":"50ms"}}`, ""},
		{"j", `{"down":{"jitter":"0s"},"up":{"jitter":"5ms"}}`, ""},
		{"tab", "", ""},
		{"R", `{"up":{"rate":"1000000bit"}}`, ""},
		{"tab", "", ""},
		{"R", `{"down":{"rate":"10000000bit"}}`, ""},
		{"r", `{"down":{"rate":"20000000bit"}}`, ""},
		{"tab", "", ""},
		{"d", `{"down":{"delay":"40ms"},"up":{"delay":"40ms"}}`, ""},
		{"o", "outage 2s", ""},
		{" ", "resume", ""},
		{" ", "outage 0s", ""},
		{"0", "reset", "it does  [2Jnot work"},
		{"x", "", ""},
		{"ob", "outage 2s; outage 200ms", ""},
	} {
		desk.did = nil
		m.Update(keyOf(test.key))
		if got := strings.Join(desk.did, "; "); got != test.did || m.message != test.message {
			t.Errorf("%q: %s, %q; want %s, %q", test.key, got, m.message, test.did, test.message)
		}
	}
	m.Update(keyOf("p"))
	for _, key := range []string{"lte", "down", "up", "enter"} {
		m.Update(keyOf(key))
	}
	if got := desk.did[len(desk.did)-1]; got != "preset lte" {
		t.Errorf("chosen: %s", got)
	}
	if _, cmd := m.Update(keyOf("q")); cmd == nil {
		t.Error("q does not quit")
	}
	if _, cmd := m.Update(tickMsg(time.Now())); cmd == nil {
		t.Error("after a tick there is no other")
	}
}

func keyOf(name string) tea.KeyMsg {
	for kind, other := range map[tea.KeyType]string{tea.KeyTab: "tab", tea.KeyDown: "down", tea.KeyUp: "up", tea.KeyEnter: "enter", tea.KeySpace: " "} {
		if name == other {
			return tea.KeyMsg{Type: kind, Runes: []rune(name)[:1]}
		}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

func TestSparkline(t *testing.T) {
	for _, test := range []struct {
		values []float64
		cells  int
		want   string
	}{
		{nil, 4, "    "},
		{[]float64{0, 0}, 4, "    "},
		{[]float64{1, 8}, 60, strings.Repeat(" ", 58) + ".#"},
		{[]float64{8, 1, 1, 1}, 30, strings.Repeat(" ", 28) + "#."},
		{[]float64{5}, 0, ""},
	} {
		if got := Sparkline(test.values, test.cells, true); got != test.want {
			t.Errorf("%v in %d: %q, want %q", test.values, test.cells, got, test.want)
		}
	}
}
