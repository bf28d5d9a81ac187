package scenario

import (
	"testing"

	"github.com/reckon-engine/reckon/sim/link"
)

// TestFormatLine: what is written is read as the same link.
func TestFormatLine(t *testing.T) {
	lines := map[string]Line{}
	for _, p := range Presets() {
		lines[p.Name] = p.Line
	}
	s, err := parse("everything.toml", []byte(everything), nil, nil, func(string) ([]byte, error) { return []byte("0\n5\n"), nil })
	if err != nil {
		t.Fatal(err)
	}
	lines["everything"] = s.Places[len(s.Places)-2].Line
	lines["odd"] = Line{
		Up:   link.Config{Rate: 1_234_567, QueueBytes: -1, Loss: 1. / 3, Overhead: 0, Burst: link.GilbertElliott{P: 0.1, R: 0.2}},
		Down: link.Config{Rate: 1_500_000, QueueBytes: -1, QueuePackets: 3, Overhead: 28},
	}
	for name, line := range lines {
		line.Preset = ""
		text := FormatLine(line)
		s, err := Parse(name+".toml", []byte(text))
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		got, _ := s.find(Client)
		for _, pair := range []struct{ got, want link.Config }{{got.Line.Up, line.Up}, {got.Line.Down, line.Down}} {
			g, w := pair.got, pair.want
			if g.Drop.String() != w.Drop.String() {
				t.Errorf("%s: drops %v, want %v", name, g.Drop, w.Drop)
			}
			g.Drop, w.Drop = nil, nil
			if near(g.Burst, w.Burst) || g.Burst.P == w.Burst.P && w.Burst.BadLoss == 0 {
				g.Burst, w.Burst = link.GilbertElliott{}, link.GilbertElliott{}
			}
			if g != w {
				t.Errorf("%s: got\n%+v\nwant\n%+v\nof\n%s", name, g, w, text)
			}
		}
	}
}
