package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/internal/race"
	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// netsim runs the program and returns what it prints.
func netsim(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	code = run(t.Context(), args, &out, &problems)
	return code, out.String(), problems.String()
}

// write writes a file into a folder of the test's own.
func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What a script reads: names, types and order are a promise.
func TestRunJSON(t *testing.T) {
	code, stdout, stderr := netsim(t, "run", "duel-lte", "--seed", "3", "--seconds", "5", "--json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(stdout), &object); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"scenario", "mode", "seed", "digest", "virtual_seconds", "wall_seconds", "flows.name", "flows.kind",
		"flows.sent", "flows.delivered", "flows.p50_ms", "flows.p99_ms", "flows.max_ms", "flows.loss",
		"flows.parts.channel", "flows.parts.direction", "flows.parts.loss", "flows.counters.rtt_ms",
		"flows.counters.wire_bytes_per_payload_byte", "links.name", "links.direction", "links.loss", "links.bursts",
		"events.seconds", "events.kind", "assertions.text", "assertions.pass", "assertions.measured",
	}
	for _, path := range want {
		if at(object, path) == nil {
			t.Errorf("%s is missing", path)
		}
	}
	for _, path := range []string{"flows.latency", "flows.series", "links.series", "error"} {
		if at(object, path) != nil {
			t.Errorf("%s is there without --full", path)
		}
	}
	var r result.Run
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	f := r.Flows[0]
	if r.Seed != 3 || r.VirtualSeconds != 5 || !r.Passed() || len(r.Digest) != 18 || f.Sent < 600 || f.P50 < 25 || f.P99 < f.P50 || f.Max < f.P99 {
		t.Errorf("%+v", r)
	}
	if _, full, _ := netsim(t, "run", "duel-lte", "--seconds", "5", "--json", "--full"); !strings.Contains(full, `"p99_ms": [`) || !strings.Contains(full, `"counts"`) {
		t.Error("--full has no series or histograms")
	}
}

// at returns what is at a dotted path, in the first item of any list.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok {
			if i := slices.IndexFunc(list, func(item any) bool { m, _ := item.(map[string]any); return m[key] != nil }); i >= 0 {
				v = list[i]
			}
		}
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func TestRunTables(t *testing.T) {
	code, stdout, stderr := netsim(t, "run", "outage")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	for _, want := range []string{"Outage, seed 1: 30 virtual seconds", "  events down", "client up", "✓ pass  no disconnect", "digest 0x", "stalled"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	for line := range strings.Lines(stdout) {
		if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("spaces at the end of %q", line)
		}
	}
	if code, stdout, stderr := netsim(t, "run", "outage", "--quiet"); code != exitOK || stdout+stderr != "" {
		t.Errorf("--quiet: exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestRunFails(t *testing.T) {
	const text = "seconds = 2\nassert = [\"p99 of connection < 10 ms\", \"no disconnect\"]\n[link]\nrtt = \"80ms\"\n[[flow]]\nkind = \"connection\"\n"
	code, stdout, _ := netsim(t, "run", write(t, "slow.toml", text))
	if code != exitError || !strings.Contains(stdout, "✗ FAIL  p99 of connection < 10 ms  40") || !strings.Contains(stdout, "✓ pass  no disconnect") {
		t.Errorf("exit %d:\n%s", code, stdout)
	}
	code, stdout, _ = netsim(t, "run", write(t, "dead.toml", strings.ReplaceAll(text, `rtt = "80ms"`, `loss = "100%"`)), "--seconds", "30", "--json")
	if code != exitError || !strings.Contains(stdout, `"error": "flow connection never connected: client dialled server`) {
		t.Errorf("exit %d:\n%s", code, stdout)
	}
}

func TestRunMistakes(t *testing.T) {
	broken := write(t, "broken.toml", "[link]\nlos = \"3%\"\n")
	for _, test := range []struct{ args, want string }{
		{"run", "want a scenario"},
		{"run duel-lte more", `not "more" as well`},
		{"run duel-lt", "did you mean duel-lte?"},
		{"run nothing.toml", "no such file"},
		{"run " + broken, "broken.toml:2: link.los: "},
		{"run duel-lte --seed -1", "--seed: want a whole number"},
		{"run duel-lte --seconds 0", "--seconds: want 0.001 to"},
		{"run duel-lte --bogus", "not defined: --bogus"},
		{"replay duel-lte", "want a scenario and a seed"},
		{"replay duel-lte x", `the seed "x": want a whole number`},
		{"replay duel-lte 1 --from 3 --until 2", "--until: want a time after --from"},
	} {
		code, stdout, stderr := netsim(t, strings.Fields(test.args)...)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit %d, %q, %q, want exit 2 and one line with %q", test.args, code, stdout, stderr, test.want)
		}
	}
}

func TestReplay(t *testing.T) {
	folder := t.TempDir()
	code, stdout, stderr := netsim(t, "replay", "outage", "1", "--pcapng", filepath.Join(folder, "x.pcapng"), "--qlog", folder)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	_, tables, _ := netsim(t, "run", "outage")
	digest := tables[strings.Index(tables, "digest"):]
	for _, want := range []string{"nothing arrived at server for 3.008 s", "client up", "  lost\n", "change client: link of client", digest} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%.2000s", want, stdout)
		}
	}
	for _, name := range []string{"x.pcapng", "duel-client.sqlog", "duel-server.sqlog"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() < 100_000 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// The scenarios with a match in them hold what they assert, and a seed decides
// every byte.
func TestArenaScenarios(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("whole matches: without -race and -short")
	}
	for _, name := range scenario.Library() {
		if !strings.HasPrefix(name, "arena") {
			continue
		}
		digests := map[string]bool{}
		for range 2 {
			code, stdout, stderr := netsim(t, "run", name, "--seconds", "10", "--json")
			var r result.Run
			if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitOK {
				t.Fatalf("%s: exit %d, %v, %s%s", name, code, err, stdout, stderr)
			}
			f := r.Flows[0]
			if f.Sent < 3000 || f.Loss > 0.02 || f.Counters["age_p50_ms"] < f.P50 || f.Counters["disconnects"] > 0 {
				t.Errorf("%s: %+v", name, f)
			}
			digests[r.Digest] = true
		}
		if len(digests) != 1 {
			t.Errorf("%s: one seed, digests %v", name, digests)
		}
	}
}

// Every scenario of the library is one that netsim takes.
func TestLibraryLoads(t *testing.T) {
	for _, name := range scenario.Library() {
		if _, err := scenario.Load(name, flow.ScenarioKinds(kinds())...); err != nil {
			t.Error(err)
		}
	}
	_, help, _ := netsim(t, "run", "--help")
	for _, name := range scenario.Library() {
		if !strings.Contains(help, fmt.Sprintf("  %-18s ", name)) {
			t.Errorf("the help does not tell about %s", name)
		}
	}
}
