package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A script makes the line worse while it runs.
func TestControl(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	p := startProxy(t, "--to", "127.0.0.1:9", "--control", address, "--quiet", "--rtt", "20ms")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+address+"/v1/link", strings.NewReader(`{"loss": "100%"}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), `"loss": "100%"`) {
		t.Errorf("%s: %s, %v", answer.Status, body, err)
	}
	conn, err := net.Dial("udp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("lost")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // real time: for the proxy to read it
	code, stdout, stderr := p.end()
	if code != exitOK || !strings.Contains(stdout, "100.00%") || stderr != "" {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestWatchMistakes(t *testing.T) {
	for flags, want := range map[string]string{
		"--live":                         "--live needs a terminal",
		"--control 0.0.0.0:0":            "want --control-token as well",
		"--control-token x":              "want --control as well",
		"--control 8474":                 "want ADDRESS:PORT",
		"--pcapng /no/such/folder/file":  "--pcapng: ",
		"--control-token x --control :x": "--control: ",
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"proxy", "--to", "127.0.0.1:1"}, strings.Fields(flags)...), &stdout, &stderr)
		if code != exitError || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit %d, %q, want one line with %q", flags, code, stderr.String(), want)
		}
	}
}
