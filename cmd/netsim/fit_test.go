package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reckon-engine/reckon/sim/scenario"
)

// A run's own capture becomes a preset that a scenario can name.
func TestFitCommand(t *testing.T) {
	dir := t.TempDir()
	file, preset := filepath.Join(dir, "run.pcapng"), filepath.Join(dir, "mine.toml")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"run", "duel-lte", "--seed", "1", "--seconds", "20", "--pcapng", file}, &stdout, &stderr); code == exitUsage {
		t.Fatalf("netsim run: %s", stderr.String())
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"fit", file, "-o", preset}, &stdout, &stderr); code != exitOK || !strings.Contains(stdout.String(), "client → server") || !strings.Contains(stdout.String(), "uniform") {
		t.Errorf("netsim fit: %d\n%s%s", code, stdout.String(), stderr.String())
	}
	data, err := os.ReadFile(preset)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scenario.ParsePreset("mine.toml", data); err != nil {
		t.Error(err)
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"fit", "--json", file}, &stdout, &stderr); code != exitOK || !json.Valid(stdout.Bytes()) || !strings.Contains(stdout.String(), `"ks_distance"`) {
		t.Errorf("netsim fit --json: %d\n%s", code, stdout.String())
	}
}

func TestFitUsage(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.pcap")
	if err := os.WriteFile(bad, []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0}, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		code int
		err  string
	}{
		{"--help", exitOK, ""},
		{"", exitUsage, "want one capture or two"},
		{"a b c", exitUsage, "want one capture or two"},
		{"--rtt 5 a", exitUsage, "--rtt"},
		{"--sides a b", exitUsage, "want two names"},
		{"nowhere.pcap", exitError, "nowhere.pcap"},
		{bad, exitUsage, fmt.Sprintf("%s: before the first packet: want 24 bytes of the file header, got 6", bad)},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"fit"}, strings.Fields(test.args)...), &stdout, &stderr); code != test.code || !strings.Contains(stderr.String(), test.err) {
			t.Errorf("netsim fit %s: %d %s", test.args, code, stderr.String())
		}
	}
}
