package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

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
