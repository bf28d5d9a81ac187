package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

func TestFlagsBecomeLinks(t *testing.T) {
	burst, err := link.Bursts(0.03, 5)
	if err != nil {
		t.Fatal(err)
	}
	base := link.Config{Delay: 40 * time.Millisecond, Overhead: 28}
	with := func(change func(*link.Config)) link.Config {
		c := base
		change(&c)
		return c
	}
	for _, test := range []struct {
		flags    string
		up, down link.Config
	}{
		{"", base, base},
		{
			"--jitter 20ms --loss 3%",
			with(func(c *link.Config) { c.Jitter, c.Loss = 20*time.Millisecond, 0.03 }),
			with(func(c *link.Config) { c.Jitter, c.Loss = 20*time.Millisecond, 0.03 }),
		},
		{
			"--loss 3% --burst 5 --down-loss 0 --down-burst 1 --down-loss 1%",
			with(func(c *link.Config) { c.Burst = burst }),
			with(func(c *link.Config) { c.Burst, _ = link.Bursts(0.01, 1) }),
		},
		{
			"--rate 1mbit --queue 50ms --down-rate 8mbit --overhead 48",
			with(func(c *link.Config) { c.Rate, c.QueueBytes, c.Overhead = 1_000_000, 6250, 48 }),
			with(func(c *link.Config) { c.Rate, c.QueueBytes, c.Overhead = 8_000_000, 50_000, 48 }),
		},
		{
			"--rate 1mbit --queue none --down-queue 3000",
			with(func(c *link.Config) { c.Rate, c.QueueBytes = 1_000_000, -1 }),
			with(func(c *link.Config) { c.Rate, c.QueueBytes = 1_000_000, 3000 }),
		},
		{
			"--up-delay 10ms --unordered --duplicate 1% --down-reorder 2% --reorder-delay 5ms --mtu 1400 --jitter-shape normal",
			link.Config{
				Delay: 10 * time.Millisecond, Overhead: 28, Unordered: true, Duplicate: 0.01,
				ReorderDelay: 5 * time.Millisecond, MTU: 1400, Shape: link.Normal,
			},
			with(func(c *link.Config) {
				c.Unordered, c.Duplicate, c.Reorder, c.ReorderDelay, c.MTU, c.Shape = true, 0.01, 0.02, 5*time.Millisecond, 1400, link.Normal
			}),
		},
	} {
		args := append([]string{"--to", "127.0.0.1:7777", "--rtt", "80ms"}, strings.Fields(test.flags)...)
		o, err := parseProxy(args)
		if err != nil {
			t.Errorf("%s: %v", test.flags, err)
			continue
		}
		if o.Up != test.up || o.Down != test.down {
			t.Errorf("%s:\nup   %+v\nwant %+v\ndown %+v\nwant %+v", test.flags, o.Up, test.up, o.Down, test.down)
		}
	}
}

func TestMistakesAreOneLine(t *testing.T) {
	for _, test := range []struct{ flags, want string }{
		{"", "--to is missing"},
		{"--to 127.0.0.1:1 extra", `"extra" is not a flag`},
		{"--to 127.0.0.1:1 --loss 101%", "--loss: want 0% to 100%"},
		{"--to 127.0.0.1:1 --up-loss 3", "--up-loss: want a percent sign"},
		{"--to 127.0.0.1:1 --rtt 80", "--rtt: want a time"},
		{"--to 127.0.0.1:1 --rtt 30m", "--rtt: want 0s to 20m0s"},
		{"--to 127.0.0.1:1 --rtt 10ms --jitter 20ms", "--rtt 40ms would do"},
		{"--to 127.0.0.1:1 --burst 3", "--loss is missing"},
		{"--to 127.0.0.1:1 --loss 90% --burst 3", "at most 75%"},
		{"--to 127.0.0.1:1 --burst 0.5", "want 1 to"},
		{"--to 127.0.0.1:1 --reorder 1%", "--reorder-delay"},
		{"--to 127.0.0.1:1 --rate 1mbps", "want a rate"},
		{"--to 127.0.0.1:1 --rate 10bit", "want 1 kbit/s to"},
		{"--to 127.0.0.1:1 --queue 3000", "--queue needs --rate"},
		{"--to 127.0.0.1:1 --rate 1gbit --queue 9m", "want at most"},
		{"--to 127.0.0.1:1 --rate 1gbit --queue much", "or none"},
		{"--to 127.0.0.1:1 --jitter-shape round", "want uniform, normal, pareto or pareto-normal"},
		{"--to 127.0.0.1:1 --clients 0", "want 1 to 65536"},
		{"--to 127.0.0.1:1 --bogus", "not defined: --bogus"},
		{"--to", "argument: --to"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"proxy"}, strings.Fields(test.flags)...), &stdout, &stderr)
		got := stderr.String()
		if code != exitUsage || stdout.Len() != 0 || strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "netsim") || !strings.Contains(got, test.want) {
			t.Errorf("%s: exit %d, %q, want exit 2 and one line with %q", test.flags, code, got, test.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"--help", exitOK, "Commands:"},
		{"help", exitOK, "proxy"},
		{"proxy --help", exitOK, "--reorder-delay"},
		{"proxy -h", exitOK, "Usage: netsim proxy"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), strings.Fields(test.args), &stdout, &stderr); code != test.code || !strings.Contains(stdout.String(), test.want) || stderr.Len() != 0 {
			t.Errorf("netsim %s: exit %d, %q, %q", test.args, code, stdout.String(), stderr.String())
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), nil, &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "Commands:") {
		t.Errorf("netsim: exit %d, %q", code, stderr.String())
	}
	stderr.Reset()
	if code := run(t.Context(), []string{"prxy"}, &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), `"prxy"`) {
		t.Errorf("netsim prxy: exit %d, %q", code, stderr.String())
	}
}

// Every option is in the help, under its own name.
func TestHelpNamesEveryFlag(t *testing.T) {
	for _, o := range options() {
		if name := "--" + o.name + " "; o.name != "delay" && !strings.Contains(proxyHelp, name) {
			t.Errorf("the help does not tell about %s", name)
		}
	}
	for i, text := range strings.Split(proxyHelp, "\n") {
		if len([]rune(text)) > 80 {
			t.Errorf("line %d of the help is wider than 80 columns: %s", i+1, text)
		}
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"proxy", "--to", "127.0.0.1:9", "--listen", taken.LocalAddr().String()}, &stdout, &stderr)
	if code != exitError || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() != 0 {
		t.Errorf("exit %d, %q, want exit 1 and one line", code, stderr.String())
	}
}

// The whole command: ready line, a datagram there and back, an interrupt, a
// summary.
func TestProxyCommand(t *testing.T) {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, asJSON := range []bool{false, true} {
		args := []string{"proxy", "--listen", "127.0.0.1:0", "--to", server.LocalAddr().String(), "--rtt", "20ms", "--quiet"}
		if asJSON {
			args = append(args, "--json")
		}
		ctx, interrupt := context.WithCancel(t.Context())
		reader, writer := io.Pipe()
		var stderr bytes.Buffer
		code := make(chan int, 1)
		go func() {
			code <- run(ctx, args, writer, &stderr)
			_ = writer.Close()
		}()
		stdout := bufio.NewReader(reader)
		ready, err := stdout.ReadString('\n')
		address, ok := strings.CutPrefix(strings.TrimSpace(ready), "netsim: proxy ready on ")
		if err != nil || !ok {
			t.Fatalf("first line %q, %v; stderr %q", ready, err, stderr.String())
		}
		exchange(t, address, server)
		interrupt()
		rest, err := io.ReadAll(stdout)
		if got := <-code; err != nil || got != exitOK || stderr.Len() != 0 {
			t.Errorf("exit %d, %v, stderr %q", got, err, stderr.String())
		}
		if !asJSON {
			if !strings.Contains(string(rest), "clients: 1") || !strings.Contains(string(rest), "released late by") {
				t.Errorf("summary %q", rest)
			}
			continue
		}
		var s summary
		if err := json.Unmarshal(rest, &s); err != nil || s.Clients != 1 || s.Up.Delivered != 1 || s.Down.Delivered != 1 || s.Up.SentBytes != 5 {
			t.Errorf("summary %+v of %q, %v", s, rest, err)
		}
	}
}

// exchange sends a datagram through the proxy and has it answered.
func exchange(t *testing.T, address string, server *net.UDPConn) {
	t.Helper()
	client, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	deadline := time.Now().Add(10 * time.Second)
	if err := client.SetDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	if err := server.SetDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 100)
	n, from, err := server.ReadFromUDPAddrPort(buffer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.WriteToUDPAddrPort(buffer[:n], from); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(buffer); err != nil || string(buffer[:n]) != "hello" {
		t.Fatalf("the answer is %q, %v", buffer[:n], err)
	}
}

func TestDurationEndsTheRun(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--duration", "1100ms"}, &stdout, &stderr)
	if code != exitOK || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "clients 0") {
		t.Errorf("exit %d, status %q, want one status line", code, stderr.String())
	}
}
