package run

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/long"
	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
)

func load(tb testing.TB, name string) *scenario.Scenario {
	tb.Helper()
	s, err := scenario.Load(name, flow.ScenarioKinds(flow.Kinds())...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func parse(tb testing.TB, text string) *scenario.Scenario {
	tb.Helper()
	s, err := scenario.Parse("test.toml", []byte(text), flow.ScenarioKinds(flow.Kinds())...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func mustRun(tb testing.TB, s *scenario.Scenario, o Options) *result.Run {
	tb.Helper()
	r, err := Run(tb.Context(), s, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// seeded returns options with a seed.
func seeded(seed uint64) Options { return Options{Seed: &seed} }

// A scenario of the library says what it shows by its assertions. Those with
// the Arena run where Arena is known: cmd/netsim.
func TestLibrary(t *testing.T) {
	for i, name := range scenario.Library() {
		if strings.HasPrefix(name, "arena") || (race.Enabled || testing.Short()) && i%4 != 0 {
			continue
		}
		r := mustRun(t, load(t, name), Options{})
		t.Log(name, r.Digest) // compared between architectures by hand
		if r.Error != "" {
			t.Errorf("%s: %s", name, r.Error)
		}
		for _, a := range r.Assertions {
			if !a.Pass {
				t.Errorf("%s: %s: measured %s", name, a.Text, a.Measured)
			}
		}
	}
}

// short is a duel of two seconds over everything that can go wrong.
const short = `
seconds = 2
[link]
rtt = "40ms"
jitter = "10ms"
loss = "3%"
duplicate = "1%"
corrupt = { share = "1%" }
rate = "1mbit"
[[flow]]
kind = "connection"
[[flow]]
kind = "udp"
`

// TestSoakSameSeedSameBytes runs one seed again and again: every datagram is
// the same.
func TestSoakSameSeedSameBytes(t *testing.T) {
	if race.Enabled {
		t.Skip("many runs: without -race")
	}
	s := parse(t, short)
	want := mustRun(t, s, seeded(5))
	if want.Error != "" || want.Flows[0].Delivered < 200 {
		t.Fatalf("%q, %d delivered", want.Error, want.Flows[0].Delivered)
	}
	for i := range long.Of(200, 1000) {
		if got := mustRun(t, s, seeded(5)); got.Digest != want.Digest {
			t.Fatalf("run %d has digest %s, the first had %s", i, got.Digest, want.Digest)
		}
	}
	seen := map[string]uint64{}
	for seed := range uint64(20) {
		digest := mustRun(t, s, seeded(seed)).Digest
		if other, ok := seen[digest]; ok {
			t.Errorf("seeds %d and %d have the same digest", seed, other)
		}
		seen[digest] = seed
	}
}

// The digest of a run is the same on every machine: see docs/SIMULATOR.md.
func TestGoldenDigest(t *testing.T) {
	if got, want := mustRun(t, parse(t, short), seeded(5)).Digest, goldenDigest; got != want {
		t.Errorf("digest %s, want %s: say so if the protocol or a model changed", got, want)
	}
}

func TestNeverConnects(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{
			"seconds = 60\n[link]\nloss = \"100%\"\n[[flow]]\nkind = \"connection\"",
			"flow connection never connected: client dialled server at 198.18.0.1:7777 for 10s: timed out",
		},
		{
			"seconds = 60\n[hosts.server]\nvia = \"home\"\n[routers.home]\nnat = { filtering = \"address-and-port-dependent\" }\n[link]\n[[flow]]\nkind = \"udp\"\n",
			"flow udp never connected",
		},
	} {
		r := mustRun(t, parse(t, test.text), Options{})
		if !strings.HasPrefix(r.Error, test.want) {
			t.Errorf("the run ended with %q, want %q", r.Error, test.want)
		}
		if r.VirtualSeconds > 12 || r.Passed() {
			t.Errorf("it took %v s, and passed: %v", r.VirtualSeconds, r.Passed())
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	o := Options{Progress: func(passed, _ time.Duration) {
		if passed >= 5*time.Second {
			interrupt()
		}
	}}
	r, err := Run(ctx, load(t, "duel-lte"), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Error != "interrupted after 5 of 60 virtual seconds" || r.VirtualSeconds != 5 {
		t.Errorf("%q after %v s", r.Error, r.VirtualSeconds)
	}
	if n := r.Flows[0].Sent; n < 500 || n > 700 {
		t.Errorf("%d messages were sent in 5 s", n)
	}
}

// What the timeline changes is told, and the changes hold.
func TestTimeline(t *testing.T) {
	r := mustRun(t, parse(t, `
seconds = 20
[hosts.client]
via = "home"
[routers.home]
link = { rtt = "20ms" }
nat = { ports = "random" }
[routers.mobile]
nat = { mapping = "address-and-port-dependent" }
[[flow]]
kind = "connection"
[[at]]
time = "5s"
for = "2s"
on = "home"
link = { loss = "100%" }
[[at]]
time = "10s"
rebind = "home"
[[at]]
time = "15s"
move = { host = "client", via = "mobile", link = { rtt = "60ms" } }
`), Options{Series: true})
	var got []string
	for _, e := range r.Events {
		got = append(got, fmt.Sprintf("%.0f %s %s", e.Seconds, e.Kind, e.Subject))
	}
	want := "0 connected connection, 5 change home, 5 stalled connection, 5 stalled connection, 7 change home, " +
		"10 rebind home, 10 migrated connection, 15 move client, 15 migrated connection"
	if strings.Join(got, ", ") != want {
		t.Errorf("events:\n%s\nwant\n%s", strings.Join(got, ", "), want)
	}
	p50 := r.Flows[0].Parts[0].Series.P50
	if before, after := p50[len(p50)/2], p50[len(p50)-10]; before != 10 || after != 30 {
		t.Errorf("one way takes %v ms before the move and %v ms after, want 10 and 30", before, after)
	}
}

// A flow changes nothing of another but through the links.
func TestFlowsAreIndependent(t *testing.T) {
	const one = "seconds = 5\n[hosts.a]\nlink = { rtt = \"50ms\", loss = \"2%\" }\n[hosts.b]\n[[flow]]\nname = \"first\"\nkind = \"connection\"\nfrom = \"a\"\n"
	const other = "[[flow]]\nname = \"second\"\nkind = \"udp\"\nfrom = \"b\"\n"
	alone := mustRun(t, parse(t, one), Options{}).Flows[0]
	together := mustRun(t, parse(t, one+other), Options{}).Flows[0]
	if alone.Delivered != together.Delivered || alone.P99 != together.P99 || alone.Counters["wire_bytes"] != together.Counters["wire_bytes"] {
		t.Errorf("alone %+v, with another %+v", alone.Figures, together.Figures)
	}
}
