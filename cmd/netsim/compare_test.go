package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

func TestCompareCommand(t *testing.T) {
	timeline := filepath.Join(t.TempDir(), "worse.toml")
	if err := os.WriteFile(timeline, []byte("seconds = 4\n[link]\nrtt = \"40ms\"\n[[at]]\ntime = \"2s\"\nlink = { rtt = \"400ms\" }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		code int
		out  string // part of standard output
		err  string // part of standard error
	}{
		{"--virtual --seconds 2", exitOK, "125 ms round trip, 5 % lost each way; 60 times a second 64 bytes up and 256 down, 2 s each, virtual time.", ""},
		{"--virtual --seconds 2 --json", exitOK, "\"name\": \"reckon-state\",", ""},
		{"--virtual --seconds 2 --rtt 40ms --up-loss 2% --jitter 5ms --rate 2mbit", exitOK, "40 ms round trip, ±5 ms jitter each way, 2 % up and 0 down lost, 2 mbit/s rate each way;", ""},
		{"--virtual --seconds 2 --loss 2% --burst 3 --rtt 10ms", exitOK, "2 % in bursts lost each way", ""},
		{"lte --virtual --seconds 2 --seed 3", exitOK, "LTE (4G);", ""},
		{"duel-lte --virtual --seconds 2", exitOK, "LTE duel;", ""},
		{timeline + " --virtual", exitOK, "4 s each", ""},
		{"--help", exitOK, "Usage: netsim compare", ""},
		{"ltee", exitUsage, "", "ltee"},
		{"lte dsl", exitUsage, "", "want one scenario"},
		{"lte --loss 3%", exitUsage, "", "want either lte or flags"},
		{"double-nat", exitUsage, "", "want a host called client"},
		{"--seconds 1", exitUsage, "", "--seconds"},
		{"--copies 1", exitUsage, "", "--copies"},
		{"--rate 1mbit --queue none --jitter 1s", exitUsage, "", "--jitter"},
		{"--virtual --seconds 2 --svg /no/such/folder/a.svg", exitError, "", "/no/such/folder"},
		{"--virtual --seconds 2 --loss 100%", exitError, "", "did not connect"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"compare"}, strings.Fields(test.args)...), &stdout, &stderr)
		if code != test.code || !strings.Contains(stdout.String(), test.out) || !strings.Contains(stderr.String(), test.err) {
			t.Errorf("netsim compare %s: %d\n%s\n%s", test.args, code, stdout.String(), stderr.String())
		}
		if strings.HasSuffix(test.args, "--json") && !json.Valid(stdout.Bytes()) {
			t.Errorf("netsim compare %s: not JSON", test.args)
		}
	}
}

// The plot is XML that a browser takes.
func TestComparePlot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plot.svg")
	page := filepath.Join(t.TempDir(), "page.html")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"compare", "--virtual", "--seconds", "5", "--svg", file, "--report", page}, &stdout, &stderr); code != exitOK {
		t.Fatalf("%d: %s", code, stderr.String())
	}
	if text, err := os.ReadFile(page); err != nil || !bytes.Contains(text, []byte("Age of the newest position")) || !bytes.Contains(text, []byte("One picture in a hundred")) {
		t.Errorf("the page: %d bytes, %v", len(text), err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	decoder := xml.NewDecoder(f)
	paths := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "path" {
			paths++
		}
	}
	if paths != 2*7 {
		t.Errorf("%d paths, want an area and a line for each of 7", paths)
	}
}

// With kernel TCP and sockets, interrupted, which leaves what there is; or a
// hint where that cannot be.
func TestCompareReal(t *testing.T) {
	if race.Enabled {
		t.Skip("measures real time")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, strings.Fields("compare --seconds 2 --rtt 20ms"), &stdout, &stderr)
	if code == exitError && strings.Contains(stderr.String(), "netsim compare --virtual needs neither") {
		t.Skip(stderr.String())
	}
	if text := stdout.String(); code != exitOK || !strings.Contains(text, "this kernel's TCP.") || !strings.Contains(text, "Reckon, unreliable") || !strings.Contains(text, "Interrupted") {
		t.Errorf("%d\n%s\n%s", code, text, stderr.String())
	}
}
