package flow_test

import (
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/scenario"
)

func parse(text string) (*scenario.Scenario, error) {
	return scenario.Parse("test.toml", []byte(text), flow.ScenarioKinds(flow.Kinds())...)
}

func TestOptions(t *testing.T) {
	for _, test := range []struct{ flow, want string }{
		{"kind = \"connection\"\n", ""},
		{"kind = \"udp\"\n", ""},
		{"kind = \"connection\"\nplaintext = true\nreconnect = false\nkeepalive = \"2s\"\nconnect-timeout = \"3s\"\n", ""},
		{"kind = \"connection\"\nfrom = \"nobody\"\n", `3: flow.from: want the name of a host, not "nobody"`},
		{"kind = \"connection\"\nfrom = \"server\"\n", "1: flow.to: want another host than from"},
		{"kind = \"connection\"\nstart = \"5s\"\nstop = \"5s\"\n", "4: flow.stop: want a time after start, 5s"},
		{"kind = \"connection\"\nstall = \"0s\"\n", "3: flow.stall: want a time above 0s"},
		{"kind = \"connection\"\ntimeout = \"1s\"\nkeepalive = \"2s\"\n", "flow: want a connection that can be: netcode: Config.Keepalive"},
		{"kind = \"udp\"\nup = { size = 3, rate = 1 }\n", "3: flow.up.size: want 4 to 65507 bytes"},
		{"kind = \"udp\"\nup = { size = 30, rate = 0 }\n", "3: flow.up.rate: want 0.0001 to 100000 messages a second"},
		{"kind = \"udp\"\nup = { size = 30, fill = true }\n", "3: flow.up.fill: want it on a reliable-ordered or reliable-unordered channel only"},
		{"kind = \"udp\"\nchannel = []\n", "3: flow.channel: unknown key"},
	} {
		_, err := parse("[[flow]]\n" + test.flow)
		check(t, test.flow, err, test.want)
	}
}

func TestChannelOptions(t *testing.T) {
	for _, test := range []struct{ channel, want string }{
		{"name = \"a\"\nmode = \"reliable-latest\"\nkeys = 10\nup = { size = 20, rate = 60 }\n", ""},
		{"name = \"a\"\nmode = \"reliable-ordered\"\ndown = { fill = true }\npriority = 15\n", ""},
		{"name = \"a\"\nmode = \"reliable-unordered\"\nlifetime = \"200ms\"\nweight = 3\nup = { size = \"300kB\", rate = 1 }\n", ""},
		{"mode = \"unreliable\"\n", "channel.name: want a name that no other channel has"},
		{"name = \"a\"\nmode = \"reliable\"\n", "channel.mode: want unreliable, unreliable-sequenced, reliable-ordered"},
		{"name = \"a\"\nkeys = 3\n", "channel.keys: want 1 to 16384, on a reliable-latest channel only"},
		{"name = \"a\"\nmode = \"reliable-ordered\"\nlifetime = \"1s\"\n", "channel.lifetime: want none"},
		{"name = \"a\"\npriority = 16\n", "channel.priority: want 0, the highest, to 15"},
		{"name = \"a\"\nweight = 101\n", "channel.weight: want 1 to 100"},
		{"name = \"a\"\nup = { fill = true }\n", "channel.up.fill: want it on a reliable-ordered"},
		{"name = \"a\"\nmode = \"reliable-ordered\"\nup = { fill = true, rate = 3 }\n", "channel.up.rate: want none where fill is true"},
		{"name = \"a\"\nup = { size = 40000, rate = 3 }\n", "channel.up.size: want 4 to 32768 bytes"},
		{"name = \"a\"\nmode = \"reliable-latest\"\nup = { size = 1100, rate = 3 }\n", "channel.up.size: want 4 to 1096 bytes"},
	} {
		_, err := parse("[[flow]]\nkind = \"connection\"\n[[flow.channel]]\n" + test.channel)
		check(t, test.channel, err, test.want)
	}
}

func check(t *testing.T, text string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s\n%v", text, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s\n%v, want %q", text, err, want)
	}
}
