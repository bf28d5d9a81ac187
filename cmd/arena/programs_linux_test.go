package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/cmd/arena/internal/headless"
)

// patience is how long anything may take: a busy machine with two cores that
// draws without a graphics card shows a few frames a second.
const patience = 90 * time.Second

var programs struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(programs.dir)
	headless.Stop()
	os.Exit(code)
}

// program builds the client and the server, once, and returns the path of
// one of them.
func program(t *testing.T, name string) string {
	t.Helper()
	programs.once.Do(func() {
		if programs.dir, programs.err = os.MkdirTemp("", "arena"); programs.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", programs.dir+string(filepath.Separator), ".", "../arenad").CombinedOutput()
		if err != nil {
			programs.err = errors.New(err.Error() + "\n" + string(out))
		}
	})
	if programs.err != nil {
		t.Fatal(programs.err)
	}
	return filepath.Join(programs.dir, name)
}

// A process is a program under test, whose lines are read as they come.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
	done  chan struct{}
	log   []string
	err   error
}

// launch starts a program in a folder. It is killed, by its own process, when
// the test ends.
func launch(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program(t, name), args...), lines: make(chan string, 1024), done: make(chan struct{})}
	p.cmd.Dir = dir
	read, write := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = write, write
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		write.Close()
	}()
	go func() {
		defer close(p.done)
		defer close(p.lines)
		for s := bufio.NewScanner(read); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		for range p.lines { // until it has ended
		}
	})
	return p
}

// until reads lines until one satisfies, and returns it.
func (p *process) until(what string, satisfies func(line string) bool) string {
	p.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("it ended before %s; it said:\n%s", what, p.tail())
			}
			p.log = append(p.log, line)
			if satisfies(line) {
				return line
			}
		case <-timer.C:
			p.t.Fatalf("no %s within %v; it said:\n%s", what, patience, p.tail())
		}
	}
}

// tail returns the last lines that were read.
func (p *process) tail() string {
	return strings.Join(p.log[max(0, len(p.log)-12):], "\n")
}

// wait waits for the end and returns the exit code and all lines.
func (p *process) wait() (code int, lines []string) {
	p.t.Helper()
	timer := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	for line := range p.lines {
		p.log = append(p.log, line)
	}
	<-p.done
	return p.cmd.ProcessState.ExitCode(), p.log
}

var readyLine = regexp.MustCompile(`listening on (\S+) key (\S+)`)

// serve starts a server and returns where it is and its key.
func serve(t *testing.T, args ...string) (address, key string) {
	t.Helper()
	p := launch(t, t.TempDir(), "arenad", append([]string{"--listen", "127.0.0.1:0"}, args...)...)
	line := p.until("ready line", readyLine.MatchString)
	go func() {
		for range p.lines { // so that it never blocks
		}
	}()
	found := readyLine.FindStringSubmatch(line)
	return found[1], found[2]
}

// field returns the number called name in a status line.
func field(line, name string) (int, bool) {
	_, rest, ok := strings.Cut(line, " "+name+"=")
	if !ok {
		return 0, false
	}
	text, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(text)
	return n, err == nil
}
