package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var updatePresets = flag.Bool("update-presets", false, "write docs/PRESETS.md anew")

// TestPresetsPage: docs/PRESETS.md is what the command prints.
func TestPresetsPage(t *testing.T) {
	const page = "../../docs/PRESETS.md"
	var want bytes.Buffer
	want.WriteString("# Presets\n\nWhat `netsim presets` prints. RTT is the round trip without jitter; jitter is ± each way, loss each way, outside of spikes, slots and outages, and down / up where they differ. `netsim presets NAME` prints a preset as a file, with the source of every figure or the word JUDGEMENT. How to use one: [SCENARIOS.md](SCENARIOS.md).\n\n```\n")
	if code := run(t.Context(), []string{"presets"}, &want, &want); code != exitOK {
		t.Fatalf("netsim presets: %d", code)
	}
	want.WriteString("```\n")
	if *updatePresets {
		if err := os.WriteFile(page, want.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(page); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("docs/PRESETS.md is not what netsim presets prints (%v): go test ./cmd/netsim -run Page -update-presets", err)
	}
}

func TestPresetsCommand(t *testing.T) {
	for _, test := range []struct {
		args string
		code int
		out  string // part of standard output
		err  string // part of standard error
	}{
		{"presets", exitOK, "±40ms   2%", ""},
		{"presets lte", exitOK, "delay  = \"30ms\" # one way", ""},
		{"presets lte --json", exitOK, "\"rtt_ms\": 60,", ""},
		{"presets --json", exitOK, "\"name\": \"wifi-weak\"", ""},
		{"presets --help", exitOK, "Usage: netsim presets", ""},
		{"presets lteee", exitUsage, "", "did you mean lte?"},
		{"presets lte geo", exitUsage, "", "want one name"},
		{"presets --jsn", exitUsage, "", "--jsn"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(test.args), &stdout, &stderr)
		if code != test.code || !strings.Contains(stdout.String(), test.out) || !strings.Contains(stderr.String(), test.err) {
			t.Errorf("netsim %s: %d\n%s\n%s", test.args, code, stdout.String(), stderr.String())
		}
		if strings.HasSuffix(test.args, "--json") && !json.Valid(stdout.Bytes()) {
			t.Errorf("netsim %s: not JSON", test.args)
		}
	}
}
