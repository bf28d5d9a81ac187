package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// runLine runs a command line and returns its exit code and output.
func runLine(t *testing.T, line string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), strings.Fields(line), &out, &errs)
	return code, out.String(), errs.String()
}

func TestBadCommandLines(t *testing.T) {
	for line, want := range map[string]string{
		"":                                "Usage: netbench COMMAND",
		"speed":                           `there is no command "speed"`,
		"latency --rtt":                   "flag needs an argument: --rtt",
		"latency --rtt 100":               "want a time such as 80ms",
		"latency --rtt -1ms":              "want 0s to 20m0s",
		"latency --loss 101":              "want 0 to 100 of percent",
		"latency --loss NaN":              "want a number of percent",
		"latency --burst 4":               "--loss is missing",
		"latency --loss 90 --burst 1":     "--loss 90 is too much for --burst 1: want at most 50",
		"latency --rtt 10ms --jitter 6ms": "--jitter 6ms is more than the one-way delay",
		"latency --mode tcp":              "want reliable-ordered, reliable-unordered, unreliable",
		"latency --seconds 0":             "want 0.1 to 86400",
		"latency --seed -1":               `invalid value "-1" for --seed`,
		"latency now":                     `"now" is not a flag`,
		"latency --rate 2mbit":            "not defined: --rate",
		"bulk --rate 2":                   "want a rate such as",
		"bulk --rate 0mbit":               "want 0.001 to 1e+06 of mbit/s",
		"bulk --rate 100gbit --queue 1s":  "--queue 1s is 12500000000 bytes",
		"bulk --competitor bbr":           "want cubic",
		"bulk --queue none":               "want a time",
		"cpu -n 0":                        "want 1 to 60000",
		"cpu --n many":                    "want a whole number",
		"flood --kind syn":                "want hello, initiate or garbage",
		"flood --rate 0":                  "want 1 to 10000000",
		"wire --rtt 2s":                   "want 0s to 1s",
	} {
		code, stdout, stderr := runLine(t, line)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit %d, %q on stdout, %q on stderr; want exit %d and %q", line, code, stdout, stderr, exitUsage, want)
		}
		if line != "" && strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: an error of more than one line: %q", line, stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	if code, stdout, _ := runLine(t, "--help"); code != exitOK || !strings.Contains(stdout, "latency") {
		t.Errorf("--help: exit %d, %q", code, stdout)
	}
	for _, c := range commands() {
		if c.hidden {
			continue
		}
		code, stdout, stderr := runLine(t, c.name+" --help")
		if code != exitOK || stdout != c.help || stderr != "" || !strings.HasPrefix(stdout, "Usage: netbench "+c.name) {
			t.Errorf("%s --help: exit %d, stdout %q, stderr %q", c.name, code, stdout, stderr)
		}
	}
}

// keys are what scripts read: adding is free, the rest is a promise.
var keys = map[string][]string{
	"latency --seconds 1": {
		"p50_ms", "p99_ms", "max_ms", "link_p99_ms", "sent", "delivered", "wire_bytes_per_payload_byte", "digest",
	},
	"bulk --seconds 1": {
		"utilisation", "state_p50_ms", "state_p99_ms", "state_max_ms", "state_idle_p99_ms", "state_delivered", "queue_p99_ms",
		"goodput_mbit", "wire_bytes_per_payload_byte", "share", "competitor_share", "digest",
	},
	"wire --seconds 1": {
		"overhead_up_bytes", "overhead_down_bytes", "overhead_up_w1_bytes", "overhead_down_w1_bytes",
	},
}

func TestJSON(t *testing.T) {
	for line, want := range keys {
		code, stdout, stderr := runLine(t, line+" --json")
		if code != exitOK || stderr != "" {
			t.Errorf("%s: exit %d: %s", line, code, stderr)
			continue
		}
		if got := keysOf(t, stdout); !slices.Equal(got, want) {
			t.Errorf("%s: keys %q, want %q", line, got, want)
		}
		if code, table, _ := runLine(t, line); code != exitOK || strings.Count(table, "\n") < 2 || strings.Contains(table, "{") {
			t.Errorf("%s: exit %d, want a table, got %q", line, code, table)
		}
	}
}

// keysOf returns the keys of one flat object, in order.
func keysOf(t *testing.T, text string) []string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	var keys []string
	for depth, isKey := 0, true; ; {
		token, err := decoder.Token()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		switch delim, ok := token.(json.Delim); {
		case ok && delim == '{':
			depth++
		case ok:
			if decoder.More() || depth != 1 {
				t.Fatalf("not one flat object: %s", text)
			}
			return keys
		case isKey:
			keys, isKey = append(keys, token.(string)), false
		default:
			isKey = true
		}
	}
}

// What happens in virtual time is the same again with the same seed.
func TestSameSeedSameFigures(t *testing.T) {
	for _, line := range []string{
		"latency --seconds 5 --loss 5 --jitter 10ms --burst 3 --json",
		"bulk --seconds 5 --loss 1 --competitor cubic --json",
	} {
		_, first, _ := runLine(t, line)
		_, again, _ := runLine(t, line)
		_, other, _ := runLine(t, line+" --seed 2")
		if first != again {
			t.Errorf("%s: %s\nand then %s", line, first, again)
		}
		if first == other {
			t.Errorf("%s: seeds 1 and 2 both give %s", line, first)
		}
	}
}
