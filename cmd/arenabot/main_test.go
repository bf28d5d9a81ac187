package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/server"
)

func TestUsageErrors(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"--seconds -1", "--seconds -1: want 0 to"},
		{"--seconds x", `invalid value "x" for --seconds`},
		{"--demo", "--demo needs --seconds"},
		{"--key 12", "want 64 hexadecimal digits"},
		{"--plaintext --key 12", "--key is of no use with --plaintext"},
		{"--bogus", "unknown flag --bogus"},
		{"stray", `unexpected argument "stray"`},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(test.args), &out, &errs); code != exitUsage {
			t.Errorf("%s: exit code %d, want %d", test.args, code, exitUsage)
		}
		if text := errs.String(); !strings.Contains(text, test.want) || strings.Count(text, "\n") != 1 || out.Len() > 0 {
			t.Errorf("%s: said %q, want one line with %q", test.args, text, test.want)
		}
	}
}

func TestCannotPlay(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"--connect", "127.0.0.1"}, &out, &errs); code != exitRun {
		t.Errorf("exit code %d, want %d", code, exitRun)
	}
	if text := errs.String(); strings.Count(text, "\n") != 1 {
		t.Errorf("said %q, want one line", text)
	}
}

// host serves a match on a port of its own until the test ends.
func host(t *testing.T) (address, key string) {
	t.Helper()
	game := arena.New()
	s, err := server.New(server.Config[arena.Input]{Schema: game.Schema, Input: game.Input, Game: game})
	if err != nil {
		t.Fatal(err)
	}
	bot := game.NewBot(1)
	if _, err := s.AddBot("bot", bot.Think); err != nil {
		t.Fatal(err)
	}
	endpoint, err := netcode.Listen("127.0.0.1:0", s.Core(), netcode.EndpointOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for err := error(nil); !errors.Is(err, net.ErrClosed); err = endpoint.Wait(s.NextTick()) {
			now := time.Now()
			s.Advance(now)
			endpoint.Flush(now)
		}
	})
	t.Cleanup(func() {
		endpoint.Close()
		done.Wait()
	})
	public := s.PublicKey()
	return endpoint.LocalAddr().String(), hex.EncodeToString(public[:])
}

func TestPlays(t *testing.T) {
	address, key := host(t)
	var out, errs bytes.Buffer
	args := []string{"--connect", address, "--key", key, "--seconds", "3", "--status", "--demo"}
	if code := run(t.Context(), args, &out, &errs); code != exitOK {
		t.Fatalf("exit code %d: %s%s", code, &out, &errs)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], "arenabot: 2 players | rtt ") {
		t.Errorf("said %q, want two lines of status", lines)
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "demo: ok players=2 ticks=1") {
		t.Errorf("last line %q", last)
	}
}

func TestWrongKey(t *testing.T) {
	address, _ := host(t)
	var out, errs bytes.Buffer
	other, err := netcode.GenerateKeyPair(nil)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--connect", address, "--key", hex.EncodeToString(other.Public[:])}
	if code := run(t.Context(), args, &out, &errs); code != exitRun || !strings.Contains(errs.String(), "wrong server key") {
		t.Errorf("exit code %d, said %q", code, &errs)
	}
}

// TestInterrupted: Ctrl-C ends a run in good order.
func TestInterrupted(t *testing.T) {
	address, _ := host(t)
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"--connect", address}, &out, &errs); code != exitOK {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}
