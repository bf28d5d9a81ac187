package main

import (
	"context"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	got, err := parseFlags(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := options{listen: ":7777", bots: 8, maxPlayers: 16, name: "Arena", round: 5 * time.Minute}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestBotsLeaveRoom(t *testing.T) {
	for _, test := range []struct {
		args string
		want int
	}{
		{"--max-players 6", 3},
		{"--max-players 64", 8},
		{"--max-players 6 --bots 6", 6},
		{"--max-players 1", 0},
		{"--bots 0", 0},
	} {
		if got, err := parseFlags(strings.Fields(test.args)); err != nil || got.bots != test.want {
			t.Errorf("%s: %d bots, %v, want %d", test.args, got.bots, err, test.want)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"extra", `unexpected argument "extra"`},
		{"--bots 4 extra", `unexpected argument "extra"`},
		{"--nonsense", "unknown flag --nonsense"},
		{"--bots", "a value is missing after --bots"},
		{"--bots many", `invalid value "many" for --bots`},
		{"--bots 99999999999999999999", `invalid value "99999999999999999999" for --bots`},
		{"--bots -1", "--bots -1: want 0 to 16"},
		{"--bots 17", "--bots 17: want 0 to 16"},
		{"--max-players 0", "--max-players 0: want 1 to 64"},
		{"--max-players 65", "--max-players 65: want 1 to 64"},
		{"--seconds -1", "--seconds -1: want 0 to"},
		{"--round 1s", "--round 1s: want 10s to 1h"},
		{"--seed 4294967296", "--seed 4294967296: want 0 to 4294967295"},
		{"--name=", "--name \"\": want 1 to 64 bytes"},
		{"--name " + strings.Repeat("x", 65), "want 1 to 64 bytes"},
		{"--key=", "--key wants the name of a file"},
		{"--listen 7777", `--listen "7777": want HOST:PORT`},
		{"--listen :http", `--listen ":http": want a port`},
		{"--listen :65536", `--listen ":65536": want a port`},
		{"--plaintext=perhaps", "for --plaintext"},
	} {
		t.Run(test.args, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(context.Background(), strings.Fields(test.args), &stdout, &stderr)
			line := stderr.String()
			if code != exitUsage || !strings.Contains(line, test.want) {
				t.Errorf("exit code %d, %q, want %d with %q", code, line, exitUsage, test.want)
			}
			if strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "arenad: ") || stdout.Len() != 0 {
				t.Errorf("stderr %q, stdout %q, want one line", line, stdout.String())
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, test := range []struct{ arg, want string }{
		{"--help", "--max-players N"},
		{"-h", "Usage:"},
		{"--version", "arenad "},
	} {
		var stdout, stderr strings.Builder
		code := run(context.Background(), []string{test.arg}, &stdout, &stderr)
		if code != exitOK || !strings.Contains(stdout.String(), test.want) || stderr.Len() != 0 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", test.arg, code, stdout.String(), stderr.String())
		}
	}
	for line := range strings.Lines(usageText) {
		if len(line) > 90 {
			t.Errorf("the help is too wide: %q", line)
		}
	}
}

// Every flag is in the help.
func TestHelpIsComplete(t *testing.T) {
	var opt options
	flags(&opt).VisitAll(func(f *flag.Flag) {
		if !strings.Contains(usageText, "\n  --"+f.Name) {
			t.Errorf("--%s is not in the help", f.Name)
		}
	})
	if _, err := parseFlags([]string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help gives %v", err)
	}
}
