package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/capture"
	"github.com/reckon-engine/reckon/sim/scenario"
)

func TestPresetFlags(t *testing.T) {
	preset, err := scenario.FindPreset("lte")
	if err != nil {
		t.Fatal(err)
	}
	o, err := parseProxy(strings.Fields("--to 127.0.0.1:1 --preset lte --loss 5% --up-rate 1mbit --jitter-shape normal"))
	want := preset.Line
	want.Up.Loss, want.Down.Loss, want.Up.Rate = 0.05, 0.05, 1_000_000
	want.Up.Shape, want.Down.Shape = 1, 1
	if err != nil || o.Up != want.Up || o.Down != want.Down {
		t.Errorf("%v\n%+v\nwant %+v", err, o.Up, want.Up)
	}
	tun, err := parseTun(strings.Fields("--preset lte -- true"))
	if err != nil || tun.Up.Overhead != 0 || tun.Up.Rate != preset.Line.Up.Rate {
		t.Errorf("packets have their headers: %+v, %v", tun.Up, err)
	}
}

// writeScenario writes a file and returns its name.
func writeScenario(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "s.toml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// What a mode cannot do is refused before anything starts.
func TestModesRefuse(t *testing.T) {
	for _, test := range []struct{ text, flags, proxy, tun string }{
		{"", "--preset lte", "want one of them", "want one of them"},
		{"", "--loss 3%", "want no flags of the link", "want no flags of the link"},
		{"link = { loss = \"3\" }", "", "s.toml:1: link.loss: want a percent sign", "s.toml:1: link.loss"},
		{"", "--host nobody", `there is no host "nobody"`, `there is no host "nobody"`},
		{
			"[hosts.client]\nvia = \"home\"\n[routers.home]\nlink = { preset = \"dsl\" }\nnat = \"translate\"\n[[at]]\ntime = \"10s\"\nrebind = \"home\"\n", "",
			"", "between client and server is the NAT of home, which netsim tun does not have",
		},
		{
			"[hosts.client]\nvia = \"home\"\nlink = { loss = \"1%\" }\n[routers.home]\nlink = { preset = \"dsl\" }\n", "",
			"two links that are not perfect, of client and home", "two links that are not perfect",
		},
		{
			"[hosts.a]\nvia = \"home\"\n[hosts.b]\nvia = \"home\"\n[routers.home]\nlink = { preset = \"dsl\" }\n", "",
			"a and b share the link of home", "there is no host \"client\"",
		},
		{
			"[link]\nloss = \"1%\"\n[routers.wifi]\nlink = { loss = \"2%\" }\n[[at]]\ntime = \"1s\"\nmove = { host = \"client\", via = \"wifi\" }\n", "",
			"s.toml:5: at: netsim proxy does not have two links", "s.toml:5: at: netsim tun does not have two links",
		},
		{"[[at]]\ntime = \"1s\"\nmove = { host = \"server\" }\n", "", "s.toml:1: at: netsim proxy does not have a server that moves", "s.toml:1"},
		{"[link]\nrate = \"1mbit\"\noverhead = 0\n", "", "", "overhead: want at least 28, not 0"},
	} {
		flags := append([]string{"--scenario", writeScenario(t, test.text)}, strings.Fields(test.flags)...)
		_, err := parseProxy(append(flags, "--to", "127.0.0.1:1"))
		if (test.proxy == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.proxy) {
			t.Errorf("proxy: %q %s: %v, want %q", test.text, test.flags, err, test.proxy)
		}
		_, err = parseTun(append(flags, "--", "true"))
		if (test.tun == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.tun) {
			t.Errorf("tun: %q %s: %v, want %q", test.text, test.flags, err, test.tun)
		}
	}
	for flags, want := range map[string]string{
		"--preset ltee": "--preset: want a preset of the library: did you mean lte?",
		"--host client": "want --scenario as well",
		"--preset lte --up-jitter 1s --jitter-shape pareto": "--up-jitter over the preset lte: want a jitter of at most",
		"--jitter-shape table":                              "want uniform, normal, pareto or pareto-normal",
	} {
		if _, err := parseProxy(append(strings.Fields(flags), "--to", "127.0.0.1:1")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", flags, err, want)
		}
	}
}

// Every scenario of the library is one for the proxy and for TUN, or says what
// is one too many.
func TestLibraryInRealTime(t *testing.T) {
	fit := map[string]int{}
	for _, name := range scenario.Library() {
		for mode, parse := range map[string]func() error{
			"proxy": func() error { _, err := parseProxy([]string{"--scenario", name, "--to", "127.0.0.1:1"}); return err },
			"tun":   func() error { _, err := parseTun([]string{"--scenario", name, "--", "true"}); return err },
		} {
			if err := parse(); err == nil {
				fit[mode]++
			} else if !strings.Contains(err.Error(), name+".toml:") {
				t.Errorf("%s, %s: %v", mode, name, err)
			}
		}
	}
	if fit["proxy"] < 12 || fit["tun"] < 10 {
		t.Errorf("%v of %d", fit, len(scenario.Library()))
	}
}

// A scenario in front of a real server: its clients are hosts, its NAT
// rebinds, its assertions about links are judged, and a capture has it all.
func TestProxyScenario(t *testing.T) {
	file := writeScenario(t, `
seed   = 3
assert = ["loss of link client < 50 %", "loss of link client up < 1 %", "no disconnect"]
[link]
delay = "5ms"
drop = "1"
[hosts.client]
via = "home"
[routers.home]
nat = "translate"
[[at]]
time = "200ms"
rebind = "home"
`)
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	pcapng := filepath.Join(t.TempDir(), "x.pcapng")
	p := startProxy(t, "--scenario", file, "--to", server.LocalAddr().String(), "--pcapng", pcapng, "--json", "--quiet")
	conn, err := net.Dial("udp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ports := map[int]bool{}
	buffer := make([]byte, 10)
	for i := range 4 {
		if i == 2 {
			time.Sleep(300 * time.Millisecond) // real time: the NAT forgets meanwhile
		}
		if _, err := conn.Write([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			continue // it is lost
		}
		_ = server.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, from, err := server.ReadFromUDP(buffer)
		if err != nil || n != 1 || buffer[0] != byte(i) {
			t.Fatalf("datagram %d is %v, %v", i, buffer[:n], err)
		}
		ports[from.Port] = true
	}
	code, out, stderr := p.end()
	var s summary
	if err := json.Unmarshal([]byte(out), &s); err != nil || s.Run == nil {
		t.Fatalf("%v: %q, %q", err, out, stderr)
	}
	if len(ports) != 2 || code != exitError || s.Run.Seed != 3 || len(s.Run.Assertions) != 2 ||
		!s.Run.Assertions[0].Pass || s.Run.Assertions[1].Pass || s.Run.Links[0].Bursts[0] != 1 {
		t.Errorf("ports %v, exit %d, %+v", ports, code, s.Run)
	}
	if up, down := captured(t, pcapng); up != 4 || down != 3 {
		t.Errorf("%d packets left and %d arrived, want 4 and 3", up, down)
	}
}

// captured counts the UDP packets of a capture.
func captured(t *testing.T, name string) (left, arrived int) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := capture.NewReader(name, file)
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return left, arrived
		case err != nil:
			t.Fatal(err)
		case p.Protocol != capture.UDP:
			continue // the kernel says that the port is closed
		case p.Direction == capture.Outbound:
			left++
		default:
			arrived++
		}
	}
}

// A capture of TUN has every packet twice, and is whole.
func TestTunCapture(t *testing.T) {
	needTun(t)
	pcapng := filepath.Join(t.TempDir(), "x.pcapng")
	code, _, stderr := runTunLine(t.Context(), "--quiet --rtt 10ms --pcapng "+pcapng, "bash -c 'echo hello > /dev/udp/10.73.0.2/9'; sleep 0.1")
	if code != exitOK {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	if left, arrived := captured(t, pcapng); left != 1 || arrived != 1 {
		t.Errorf("%d packets left and %d arrived", left, arrived)
	}
}

// A startedProxy is a netsim proxy that runs.
type startedProxy struct {
	address string
	end     func() (code int, stdout, stderr string)
}

func startProxy(t *testing.T, flags ...string) startedProxy {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr lockedBuffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"proxy", "--listen", "127.0.0.1:0"}, flags...), &stdout, &stderr)
	}()
	const ready = "netsim: proxy ready on "
	deadline := time.Now().Add(10 * time.Second)
	for {
		first, rest, ok := strings.Cut(stdout.text(), "\n")
		if ok && strings.HasPrefix(first, ready) {
			_ = rest
			return startedProxy{first[len(ready):], func() (int, string, string) {
				cancel()
				c := <-code
				_, rest, _ := strings.Cut(stdout.text(), "\n")
				return c, rest, stderr.text()
			}}
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not begin: %q", stderr.text())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (b *lockedBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(bytes.Clone(b.buffer.Bytes()))
}
