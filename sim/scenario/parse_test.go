package scenario

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/units"
)

// chat is a kind of flow for tests.
type chat struct {
	From     string        `toml:"from"`
	Pause    time.Duration `toml:"pause"`
	Channel  []chatChannel `toml:"channel"`
	Anything bool          `toml:"anything"`
}

type chatChannel struct {
	Name string    `toml:"name"`
	Up   *chatLoad `toml:"up"`
	Down *chatLoad `toml:"down"`
}

type chatLoad struct {
	Size units.Size `toml:"size"`
	Rate float64    `toml:"rate"`
}

func (c *chat) Validate(hosts []string) error {
	if !slices.Contains(hosts, c.From) {
		return &KeyError{"from", "the name of a host"}
	}
	for i, ch := range c.Channel {
		if ch.Up != nil && ch.Up.Size == 0 {
			return &KeyError{fmt.Sprintf("channel.%d.up.size", i), "1 to 1000 bytes"}
		}
	}
	return nil
}

// Connects: a chat does.
func (c *chat) Connects() bool { return true }

func (c *chat) Channels() []string {
	var names []string
	for _, ch := range c.Channel {
		names = append(names, ch.Name)
	}
	return names
}

var chatKind = Kind{Name: "chat", About: "for tests", New: func() Options { return &chat{From: Client} }}

const duel = `
name    = "LTE duel"
about   = "Two players on LTE: does state stay fresh?"
seconds = 60
seed    = 7

[link]
preset = "lte"
down   = { loss = "1%" }

[hosts.alice]
via  = "home"
link = { rtt = "4ms", loss = "0.5%", burst = 3 }
[hosts.bot]
count = 3
[routers.home]
via = "city"
link = { delay = "20ms", rate = "2mbit", queue = "100ms" }
[routers.city]

[[flow]]
name = "duel"
kind = "chat"
[[flow.channel]]
name = "state"
up   = { size = 64,  rate = 60 }
down = { size = "256", rate = 60 }

[[at]]
time = "20s"
for  = "5s"
link = { loss = "20%" }
[[at]]
time = "10s"
every = "20s"
on = "bot"
link = { rtt = "100ms" }
[[at]]
time = "30s"
move = { host = "alice" }
`

func TestParse(t *testing.T) {
	s, err := Parse("duel.toml", []byte(duel), chatKind)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "LTE duel" || s.Duration != time.Minute || s.Seed != 7 {
		t.Errorf("the head is %q, %v, seed %d", s.Name, s.Duration, s.Seed)
	}
	var places []string
	for _, p := range s.Places {
		places = append(places, p.Name+"<"+p.Parent)
	}
	if want := []string{"city<", "home<city", "server<", "client<", "alice<home", "bot1<", "bot2<", "bot3<"}; !slices.Equal(places, want) {
		t.Errorf("the places are %v, want %v", places, want)
	}
	client := s.Places[3].Line
	if client.Preset != "lte" || client.Up.Loss != 0.003 || client.Down.Loss != 0.01 || client.Down.Rate != 34_000_000 || client.Up.Overhead != 28 {
		t.Errorf("the client's link is %+v", client)
	}
	if home := s.Places[1].Line; home.Up.QueueBytes != 25_000 || home.Down.Delay != 20*time.Millisecond {
		t.Errorf("the home's link is %+v", home)
	}
	if alice := s.Places[4].Line; alice.Up.Burst.R != 1./3 || alice.Up.Delay != 2*time.Millisecond {
		t.Errorf("alice's link is %+v", alice)
	}
	c := s.Flows[0].Options.(*chat)
	if len(c.Channel) != 1 || c.Channel[0].Down.Size != 256 || c.Channel[0].Up.Rate != 60 {
		t.Errorf("the flow is %+v", c)
	}
	var times []string
	for _, c := range s.Timeline {
		times = append(times, fmt.Sprintf("%v %s", c.At, c.Text))
	}
	want := []string{
		"10s link of bot1, bot2, bot3: rtt = \"100ms\"",
		"20s link of client: loss = \"20%\"",
		"25s link of client: as before",
		"30s link of bot1, bot2, bot3: rtt = \"100ms\"",
		"30s move alice to the internet",
		"50s link of bot1, bot2, bot3: rtt = \"100ms\"",
	}
	if !slices.Equal(times, want) {
		t.Errorf("the timeline is %q, want %q", times, want)
	}
	if l := s.Timeline[1].Links[0].Line; l.Up.Loss != 0.2 || l.Down.Loss != 0.2 || l.Up.Delay != client.Up.Delay {
		t.Errorf("at 20 s the client's link is %+v", l)
	}
	if l := s.Timeline[2].Links[0].Line; l != client {
		t.Errorf("at 25 s the client's link is %+v, want it as before", l)
	}
	if m := s.Timeline[4].Move; m.Line.Up.Burst.R != 1./3 || m.Parent != "" {
		t.Errorf("the move is %+v", m)
	}
}
