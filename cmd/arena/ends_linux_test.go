package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Nothing that goes wrong before the window is open needs a display, and
// none of it ends in a stack trace.
func TestWithoutDisplay(t *testing.T) {
	for _, test := range []struct {
		name, display string
		args          []string
		code          int
		want          string
	}{
		{"no display", "", nil, 1, "arena: no display: set DISPLAY, or run arenabot"},
		{"nobody there", ":65111", nil, 1, "arena: no display: nothing answers at DISPLAY=:65111"},
		{"wrong flag", "", []string{"--seconds", "-1"}, 2, "arena: --seconds -1: want 0 to"},
		{"help", "", []string{"--help"}, 0, "Usage:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(program(t, "arena"), test.args...)
			for _, entry := range os.Environ() {
				if !strings.HasPrefix(entry, "DISPLAY=") {
					cmd.Env = append(cmd.Env, entry)
				}
			}
			if test.display != "" {
				cmd.Env = append(cmd.Env, "DISPLAY="+test.display)
			}
			out, _ := cmd.CombinedOutput()
			text := string(out)
			if got := cmd.ProcessState.ExitCode(); got != test.code || !strings.Contains(text, test.want) {
				t.Errorf("exit code %d, %q, want %d with %q", got, text, test.code, test.want)
			}
			if test.code != 0 && strings.Count(text, "\n") != 1 {
				t.Errorf("%q, want one line", text)
			}
		})
	}
}

// Whoever is turned away is told why, and the last line says so.
func TestRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("opens windows")
	}
	full, _ := serve(t, "--max-players", "1", "--bots", "1", "--quiet")
	open, _ := serve(t, "--bots", "1", "--quiet")
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"full", []string{"--connect", full}, "arena: The server is full"},
		{"wrong key", []string{"--connect", open, "--key", strings.Repeat("5a", 32)}, "arena: "},
		{"plaintext", []string{"--connect", open, "--plaintext"}, "arena: One side is encrypted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := launch(t, t.TempDir(), "arena", append(test.args, "--mute", "--seconds", "60")...)
			code, lines := client.wait()
			if code != 1 || len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], test.want) {
				t.Errorf("exit code %d, lines %q, want 1 and %q", code, lines, test.want)
			}
		})
	}
}

// The autopilot plays, and the last line says how it went.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("plays for ten seconds")
	}
	address, _ := serve(t, "--bots", "4", "--quiet")
	client := launch(t, t.TempDir(), "arena", "--connect", address, "--demo", "--seconds", "10", "--mute",
		"--width", "640", "--height", "360") // few pixels: they are drawn by the processor here
	code, lines := client.wait()
	if code != 0 || len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], "demo: ok players=5 ticks=") {
		t.Errorf("exit code %d, lines %q", code, lines)
	}
}
