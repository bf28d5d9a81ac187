package tun

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestPrograms(t *testing.T) {
	n := begin(t, Config{})
	for _, side := range []Side{Client, Server} {
		cmd := Command(side, "sh", "-c", `echo $NETSIM_SIDE $NETSIM_CLIENT $NETSIM_SERVER6; cat /proc/net/dev; exit 7`)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := n.Start(side, cmd); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Errorf("%v: %v, want exit status 7", side, err)
		}
		if text := out.String(); !strings.HasPrefix(text, side.String()+" 10.73.0.1 fd73::2\n") || !strings.Contains(text, deviceName) || strings.Contains(text, "eth0") {
			t.Errorf("%v: %s", side, text)
		}
	}
	if err := n.Start(Client, exec.Command("/no/such/program")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Start of nothing = %v", err)
	}
}

// Close ends programs and their children, and everything after it fails.
func TestClose(t *testing.T) {
	n := begin(t, Config{})
	mark, cmd := sleepers(t)
	if err := n.Start(Server, cmd); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "two processes", func() bool { return len(marked(mark)) == 3 })
	waited := make(chan error, 1)
	go func() { waited <- cmd.Wait() }()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waited; err == nil {
		t.Error("the program ended by itself")
	}
	waitFor(t, "no process", func() bool { return len(marked(mark)) == 0 })
	if err := n.Start(Server, exec.Command("true")); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Close = %v", err)
	}
	if err := n.Inside(Client, func() error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("Inside after Close = %v", err)
	}
	if err := n.Close(); err != nil {
		t.Errorf("the second Close = %v", err)
	}
	_ = n.Stats()
}

// sleepers returns a program with children of its own that has a mark in its
// environment.
func sleepers(t *testing.T) (mark string, cmd *exec.Cmd) {
	mark = fmt.Sprintf("NETSIM_TEST=%d-%d", os.Getpid(), time.Now().UnixNano())
	cmd = Command(Server, "sh", "-c", "sleep 1000 & setsid sleep 1000 & wait")
	cmd.Env = append(cmd.Env, mark)
	return mark, cmd
}

// marked returns the processes that have a mark in their environment.
func marked(mark string) []string {
	files, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is right
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && slices.Contains(strings.Split(string(text), "\x00"), mark) {
			found = append(found, file)
		}
	}
	return found
}

// namespaces returns the network namespaces of all threads there are, or of
// one process.
func namespaces(pid string) []string {
	files, _ := filepath.Glob("/proc/" + pid + "/task/*/ns/net") // the pattern is right
	var found []string
	for _, file := range files {
		if name, err := os.Readlink(file); err == nil {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestKilled kills a process that has a Network, which has no chance to clean
// up, and looks for what is left.
func TestKilled(t *testing.T) {
	if os.Getenv("NETSIM_TO_BE_KILLED") != "" {
		toBeKilled(t)
		return
	}
	begin(t, Config{}) // or skip
	victim := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v")
	mark := fmt.Sprintf("NETSIM_TO_BE_KILLED=%d-%d", os.Getpid(), time.Now().UnixNano())
	victim.Env = append(os.Environ(), mark)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
	}
	// The victim, a first process on each side, a shell with two children.
	waitFor(t, "the victim's processes", func() bool { return len(marked(mark)) == 6 })
	mine := namespaces("self")
	var made []string
	for _, name := range namespaces(fmt.Sprint(victim.Process.Pid)) {
		if !slices.Contains(mine, name) {
			made = append(made, name)
		}
	}
	if len(made) != 2 {
		t.Errorf("the victim made the namespaces %v, want two", made)
	}
	if err := victim.Process.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // says that it was killed
	waitFor(t, "no process to be left", func() bool { return len(marked(mark)) == 0 })
	waitFor(t, "no namespace to be left", func() bool {
		left := namespaces("[0-9]*")
		return !slices.ContainsFunc(made, func(name string) bool { return slices.Contains(left, name) })
	})
}

// toBeKilled runs programs on both sides until the end.
func toBeKilled(t *testing.T) {
	n := begin(t, Config{})
	_, cmd := sleepers(t)
	if err := n.Start(Server, cmd); err != nil {
		t.Fatal(err)
	}
	if err := n.Start(Client, exec.Command("true")); err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	time.Sleep(time.Minute)
}

func TestConfigErrors(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"up":           func(c *Config) { c.Up.Loss = 2 },
		"down":         func(c *Config) { c.Down.Loss = 2 },
		"narrow":       func(c *Config) { c.Up.MTU = 60 },
		"device":       func(c *Config) { c.DeviceMTU = 70_000 },
		"bytes":        func(c *Config) { c.MaxBytes = -1 },
		"negative":     func(c *Config) { c.Changes = []Change{{At: -1}} },
		"out of order": func(c *Config) { c.Changes = []Change{{At: 2}, {At: 1}} },
		"bad change":   func(c *Config) { c.Changes = []Change{{Up: &c.Up}}; c.Changes[0].Up.Loss = 2; c.Up.Loss = 2 },
	} {
		var cfg Config
		change(&cfg)
		if n, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
			_ = n.Close()
		}
	}
}
