package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

// start runs a server until the test ends or stop is called. Stop returns
// its exit code and the rest of what it printed.
func start(t *testing.T, args ...string) (ready string, stop func() (int, string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"--listen", "127.0.0.1:0"}, args...), in, in)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	for !strings.Contains(ready, "listening") {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("it stopped with %q, exit code %d", ready, <-code)
		}
		ready = strings.TrimSpace(line)
	}
	rest := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(lines)
		rest <- string(text)
	}()
	t.Cleanup(cancel)
	return ready, func() (int, string) {
		cancel()
		return <-code, <-rest
	}
}

func TestServeAndStop(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	ready, stop := start(t, "--key", key, "--bots", "2")
	fields := strings.Fields(ready)
	if len(fields) != 6 || fields[4] != "key" || len(fields[5]) != 64 {
		t.Fatalf("ready line %q, want arenad: listening on ADDR key KEY", ready)
	}
	if code, rest := stop(); code != exitOK || !strings.Contains(rest, "stopped after") {
		t.Errorf("exit code %d, %q, want %d", code, rest, exitOK)
	}
	again, stop := start(t, "--key", key)
	if got := strings.Fields(again)[5]; got != fields[5] {
		t.Errorf("key %s the second time, want %s", got, fields[5])
	}
	stop()
}

// A player comes by UDP, pins the key that was printed, and hears it when the
// server stops.
func TestPlayerHearsTheEnd(t *testing.T) {
	ready, stop := start(t, "--bots", "2", "--quiet")
	fields := strings.Fields(ready)
	game := arena.New()
	config := client.Config[arena.Input]{Schema: game.Schema, Input: game.Input, Rules: game, Name: "Ada"}
	if _, err := hex.Decode(config.ServerKey[:], []byte(fields[5])); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Dial(fields[3]); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	until := func(state client.State) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); c.State() != state; {
			if now := time.Now(); now.After(end) {
				t.Fatalf("%v, not %v, after 20 s: %v", c.State(), state, c.Err())
			}
			c.Update(time.Now(), arena.Input{})
			if err := c.Wait(time.Now().Add(5 * time.Millisecond)); err != nil && c.State() != state {
				t.Fatal(err)
			}
		}
	}
	until(client.Playing)
	if n := game.Players.Len(c.View(time.Now())); n != 3 {
		t.Errorf("%d players in view, want 3", n)
	}
	stopped := make(chan int)
	go func() {
		code, _ := stop()
		stopped <- code
	}()
	until(client.Closed)
	var end *netcode.CloseError
	if !errors.As(c.Err(), &end) || end.Reason != netcode.CloseShuttingDown || !end.Remote {
		t.Errorf("the end: %v, want the server's word that it stops", c.Err())
	}
	if code := <-stopped; code != exitOK {
		t.Errorf("exit code %d, want %d", code, exitOK)
	}
}

func TestPlaintextHasNoKey(t *testing.T) {
	ready, stop := start(t, "--plaintext", "--quiet")
	if !strings.HasSuffix(ready, "key none") {
		t.Errorf("ready line %q, want no key", ready)
	}
	stop()
}

func TestRunErrors(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, want string
		args       []string
	}{
		{"port in use", "in use", []string{"--listen", taken.LocalAddr().String()}},
		{"bad key", "key file " + bad, []string{"--listen", "127.0.0.1:0", "--key", bad}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(context.Background(), test.args, &stdout, &stderr)
			line := stderr.String()
			if code != exitRun || !strings.Contains(line, test.want) || strings.Count(line, "\n") != 1 {
				t.Errorf("exit code %d, %q, want %d with %q", code, line, exitRun, test.want)
			}
			if strings.Contains(stdout.String(), "listening") {
				t.Error("it said that it listens")
			}
		})
	}
}

func TestSeconds(t *testing.T) {
	var stdout, stderr strings.Builder
	begin := time.Now()
	code := run(context.Background(), []string{"--listen", "127.0.0.1:0", "--seconds", "1", "--bots", "1"}, &stdout, &stderr)
	if took := time.Since(begin); code != exitOK || took < time.Second {
		t.Errorf("exit code %d after %v, %s", code, took, stderr.String())
	}
}

func TestStatusLine(t *testing.T) {
	begin := time.Unix(0, 0)
	s := newStatus(begin)
	g := arena.New()
	if s.due(begin.Add(time.Second - 1)) {
		t.Error("a line before the first second is over")
	}
	now := begin.Add(2500 * time.Millisecond)
	if !s.due(now) || s.due(now) || !s.due(begin.Add(3*time.Second)) {
		t.Error("not one line a second, on the second")
	}
	stats := server.Stats{Players: 3, Bots: 2, Ticks: 150}
	stats.Network.BytesOut = 25000
	line := s.line(now, stats, g, g.Schema.NewWorld())
	for _, want := range []string{"3 players (2 bots)", "60 ticks/s", "out 10.0 kB/s"} {
		if !strings.Contains(line, want) {
			t.Errorf("line %q lacks %q", line, want)
		}
	}
}
