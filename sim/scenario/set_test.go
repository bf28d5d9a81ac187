package scenario

import (
	"strings"
	"testing"
)

func TestParseWith(t *testing.T) {
	s, err := ParseWith("duel.toml", []byte(duel), []Setting{
		{"seconds", "90"},
		{"link.down.loss", "7%"},
		{"link.jitter", "3ms"},
		{"hosts.alice.link", `{ rtt = "8ms" }`},
		{"flow.duel.channel.state.up.rate", "20"},
		{"flow.0.pause", "1s"},
		{"at.0.for", "7s"},
		{"name", "two words"},
	}, chatKind)
	if err != nil {
		t.Fatal(err)
	}
	client, _ := s.find(Client)
	alice, _ := s.find("alice")
	c := s.Flows[0].Options.(*chat)
	if s.Duration.Seconds() != 90 || client.Line.Down.Loss != 0.07 || client.Line.Up.Jitter != 3e6 || alice.Line.Up.Delay != 4e6 || alice.Line.Up.Burst.R != 0 ||
		c.Channel[0].Up.Rate != 20 || c.Pause != 1e9 || s.Name != "two words" {
		t.Errorf("not as set: %+v %+v", s, c)
	}
	for _, test := range []struct{ key, value, want string }{
		{"link.loss", "3", "duel.toml: link.loss: want a percent sign, such as 3%"},
		{"link.los", "3%", "duel.toml: link.los: unknown key: did you mean loss?"},
		{"flow.dule.pause", "1s", "duel.toml: flow.dule.pause: there is no flow.dule"},
		{"flow.duel.pause", "soon", `duel.toml: flow.pause: want a time such as 80ms or 1.5s, not "soon"`},
		{"link..loss", "3%", "duel.toml: link..loss: want a key such as link.loss"},
		{"", "3%", "duel.toml: : want the key of a table"},
		{"link.preset", "nowhere", `duel.toml: link.preset: no preset "nowhere"`},
	} {
		_, err := ParseWith("duel.toml", []byte(duel), []Setting{{test.key, test.value}}, chatKind)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s = %s: %v, want %s", test.key, test.value, err, test.want)
		}
	}
}
