package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/tun"
)

func TestTunFlags(t *testing.T) {
	o, err := parseTun(strings.Fields("--rtt 80ms --down-loss 3% --mtu 1400 --seed 7 --congestion reno --server server --duration 3s --json -- prog --flag arg"))
	if err != nil {
		t.Fatal(err)
	}
	seed := link.SubSeed(7, 0)
	if o.Up.Delay != 40*time.Millisecond || o.Up.Overhead != 0 || o.Up.Loss != 0 || o.Down.Loss != 0.03 || o.Up.MTU != 1400 ||
		o.UpSeed != link.SubSeed(seed, 0) || o.DownSeed != link.SubSeed(seed, 1) || o.Congestion != "reno" ||
		o.server != "server" || o.duration != 3*time.Second || !o.json || o.quiet || strings.Join(o.client, " ") != "prog --flag arg" {
		t.Errorf("%+v", o)
	}
	if o, err := parseTun(strings.Fields("--overhead 38 --down-overhead 0 --shell")); err != nil || o.Up.Overhead != 38 || o.Down.Overhead != 0 || !o.shell {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestTunMistakesAreOneLine(t *testing.T) {
	for _, test := range []struct{ flags, want string }{
		{"", "nothing to run"},
		{"--rtt 10ms", "--shell is missing"},
		{"--shell -- true", `both --shell and "true"`},
		{"--loss 3 -- true", "--loss: want a percent sign"},
		{"--device-mtu 20 -- true", "--device-mtu: want 68 to"},
		{"--jitter 1ms -- true", "up: --jitter 1ms is more than"},
		{"--listen :1 -- true", "not defined: --listen"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"tun"}, strings.Fields(test.flags)...), &stdout, &stderr)
		got := stderr.String()
		if code != exitUsage || stdout.Len() != 0 || strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "netsim") || !strings.Contains(got, test.want) {
			t.Errorf("%s: exit %d, %q, want exit 2 and one line with %q", test.flags, code, got, test.want)
		}
	}
}

func TestTunHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"tun", "--help"}, &stdout, &stderr); code != exitOK || stdout.String() != tunHelp || stderr.Len() != 0 {
		t.Errorf("exit %d, %q", code, stderr.String())
	}
	for i, text := range strings.Split(tunHelp, "\n") {
		if len([]rune(text)) > 80 {
			t.Errorf("line %d of the help is wider than 80 columns: %s", i+1, text)
		}
	}
}

// needTun skips a test where there can be no Network, which in CI is a
// failure.
func needTun(t *testing.T) {
	t.Helper()
	n, err := tun.New(tun.Config{})
	switch {
	case errors.Is(err, tun.ErrUnsupported):
		t.Skip(err)
	case (errors.Is(err, tun.ErrPermission) || errors.Is(err, os.ErrNotExist)) && os.Getenv("CI") != "true":
		t.Skipf("needs root, or unshare -r, and /dev/net/tun: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	_ = n.Close()
}

// runTunLine runs netsim tun with a program for sh on the client's side.
func runTunLine(ctx context.Context, flags, program string) (code int, stdout, stderr string) {
	args := append([]string{"tun"}, strings.Fields(flags)...)
	if program != "" {
		args = append(args, "--", "sh", "-c", program)
	}
	var out, errs lockedBuffer
	code = run(ctx, args, &out, &errs)
	return code, out.buffer.String(), errs.buffer.String()
}

// A lockedBuffer takes what both programs and netsim write, as a file would.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func TestTunCommand(t *testing.T) {
	needTun(t)
	for _, test := range []struct {
		name, flags, program string
		code                 int
		stdout, stderr       string // must be in it
	}{
		{"its own exit status", "--quiet", "echo $NETSIM_SIDE; exit 7", 7, "client\n", "exit status 7"},
		{"a signal", "--quiet", "kill -9 $$", 137, "", "exit status 137"},
		{"its own standard error", "--quiet", "echo oops >&2", exitOK, "", "oops\n"},
		{"a duration", "--duration 1200ms", "exec sleep 1000", exitOK, "", "\n   1s  up 0/s"},
		{"a server alone", "--quiet --duration 300ms --server true", "", exitTUN, "", "it ended before anything else began: exit status 0"},
		{"a congestion control", "--quiet --congestion nonsense", "true", exitTUN, "", `congestion control "nonsense"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := runTunLine(t.Context(), test.flags, test.program)
			if code != test.code || stdout != test.stdout || !strings.Contains("\n"+stderr, test.stderr) {
				t.Errorf("exit %d, %q, %q; want %d, %q and %q", code, stdout, stderr, test.code, test.stdout, test.stderr)
			}
		})
	}
	for program, want := range map[string]int{"no-such-program": exitNotFound, "/etc/passwd": exitCannotRun} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"tun", "--", program}, &stdout, &stderr); code != want || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: exit %d, %q, want %d", program, code, stderr.String(), want)
		}
	}
}

// Standard output is the JSON object alone.
func TestTunJSON(t *testing.T) {
	needTun(t)
	code, stdout, stderr := runTunLine(t.Context(), "--json --quiet --rtt 20ms", "echo hello; exit 3")
	var s tunSummary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || code != 3 || s.ExitStatus != 3 || s.Seconds <= 0 || stderr != "hello\n" {
		t.Errorf("exit %d, %v: %q, %q", code, err, stdout, stderr)
	}
}

// An interrupt ends the programs and has a summary.
func TestTunInterrupt(t *testing.T) {
	needTun(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	code, _, stderr := runTunLine(ctx, "--quiet", "trap 'exit 5' TERM; sleep 1000 >/dev/null 2>&1 & wait")
	if passed := time.Since(began); code != 5 || passed > 10*time.Second || !strings.Contains(stderr, "exit status 5") {
		t.Errorf("exit %d after %v, %q", code, passed, stderr)
	}
}
