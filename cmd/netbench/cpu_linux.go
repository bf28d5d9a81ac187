package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Times of a round.
const (
	settleTime = time.Second             // and settleTicks
	idleTime   = 1500 * time.Millisecond // longer than the keepalive
	drainTime  = 500 * time.Millisecond

	// settleTicks go by until the rings of a connection have been through
	// all their slots.
	settleTicks = 64
)

// measure takes turns: floor, ours, floor, ours.
func (o *cpuOptions) measure(ctx context.Context, stderr io.Writer) (*cpuFigures, error) {
	cores, err := twoCores()
	if err != nil {
		return nil, err
	}
	var floors, times, loads, delivered []float64
	f := &cpuFigures{N: o.n, Hz: o.hz}
	for i := range o.rounds {
		for _, floor := range []bool{true, false} {
			r, err := o.round(ctx, cores, floor, i == o.rounds-1)
			if err != nil {
				return nil, err
			}
			perTick := r.server.CPU * 1e6 / float64(max(r.server.Ticks, 1)*o.n)
			if floor {
				floors = append(floors, perTick)
				fmt.Fprintf(stderr, "round %d: floor %.2f µs", i+1, perTick)
				continue
			}
			fmt.Fprintf(stderr, ", server %.2f µs\n", perTick)
			times, loads = append(times, perTick), append(loads, r.load.CPU/r.load.Wall)
			delivered = append(delivered, share(float64(r.got), float64(r.sent)))
			f.Idle = max(f.Idle, r.idle)
			f.Allocs = max(f.Allocs, rounded(float64(r.server.Allocs)/float64(max(r.server.Packets, 1)), 4))
			f.Packets = rounded(float64(r.server.Packets)/float64(max(r.server.Ticks, 1)*o.n), 3)
			f.Busy = rounded(r.server.CPU/r.server.Wall, 3)
		}
	}
	f.Floor, f.Time = rounded(median(floors), 3), rounded(median(times), 3)
	f.Ratio = rounded(f.Time/f.Floor, 3)
	f.Delivered = rounded(median(delivered), 6)
	f.LoadBusy = rounded(median(loads), 3)
	return f, nil
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// twoCores returns the first two cores that this process may run on.
func twoCores() (cores [2]int, err error) {
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return cores, os.NewSyscallError("sched_getaffinity", err)
	}
	found := 0
	for i := 0; i < 1024 && found < 2; i++ {
		if may.IsSet(i) {
			cores[found] = i
			found++
		}
	}
	if found < 2 {
		return cores, errors.New("it needs two cores: one for the server and one for the load")
	}
	return cores, nil
}

// A roundReport is what one round found.
type roundReport struct {
	server, load report // between begin and end
	idle         int
	sent, got    uint64 // messages, both ways
}

// round runs a server and a load once.
func (o *cpuOptions) round(ctx context.Context, cores [2]int, floor, last bool) (r roundReport, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := []string{"--n", strconv.Itoa(o.n), "--hz", strconv.Itoa(o.hz)}
	if floor {
		args = append(args, "--floor")
	}
	serverArgs := append([]string{"cpu-server", "--listen", o.listen}, args...)
	if last && o.profile != "" {
		name := o.profile
		if floor {
			name += ".floor"
		}
		serverArgs = append(serverArgs, "--cpuprofile", name)
	}
	server, err := start(ctx, cores[0], serverArgs)
	if err != nil {
		return r, err
	}
	defer server.end()
	hello, err := server.hear()
	if err != nil {
		return r, err
	}
	load, err := start(ctx, cores[1], append([]string{"cpu-load", "--server", hello.Address, "--key", hello.Key}, args...))
	if err != nil {
		return r, err
	}
	defer load.end()
	if _, err = load.hear(); err != nil {
		return r, err
	}
	return r, r.talk(ctx, server, load, o.settle(), o.seconds, floor)
}

// settle is how long traffic flows before it is measured.
func (o *cpuOptions) settle() time.Duration {
	return settleTime + settleTicks*time.Second/time.Duration(o.hz)
}

// talk leads the two through a round.
func (r *roundReport) talk(ctx context.Context, server, load *process, settle, seconds time.Duration, floor bool) (err error) {
	if !floor {
		if err := pause(ctx, idleTime); err != nil {
			return err
		}
		idle, err := server.ask(sayIdle)
		if err != nil {
			return err
		}
		r.idle = idle.Idle
	}
	load.tell(sayGo)
	server.tell(sayGo)
	if err := pause(ctx, settle); err != nil {
		return err
	}
	load.tell(sayBegin)
	server.tell(sayBegin)
	if err := pause(ctx, seconds); err != nil {
		return err
	}
	if r.server, err = server.ask(sayEnd); err != nil {
		return err
	}
	if r.load, err = load.ask(sayEnd); err != nil {
		return err
	}
	if err := pause(ctx, drainTime); err != nil {
		return err
	}
	atLoad, err := load.ask(sayStop)
	if err != nil {
		return err
	}
	atServer, err := server.ask(sayStop)
	if err != nil {
		return err
	}
	r.sent, r.got = atLoad.Sent+atServer.Sent, atLoad.Received+atServer.Received
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// A process is a child as its parent sees it.
type process struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	lines   *bufio.Scanner
}

// start runs this program with args on one core.
func start(ctx context.Context, core int, args []string) (*process, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{command: exec.CommandContext(ctx, path, args...)}
	p.command.Stderr = os.Stderr
	p.command.Env = append(os.Environ(), childVariable+"=1")
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.lines = bufio.NewScanner(out)
	// A child has the cores of the thread that made it, from its first
	// instruction. The thread is not used again: it ends with the goroutine.
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		var one unix.CPUSet
		one.Set(core)
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			started <- os.NewSyscallError("sched_setaffinity", err)
			return
		}
		started <- p.command.Start()
	}()
	return p, <-started
}

// childVariable tells a test binary that it is to be the program.
const childVariable = "NETBENCH_CHILD"

// tell says a word to the child. If it is gone, hear finds out.
func (p *process) tell(word string) { _, _ = io.WriteString(p.stdin, word+"\n") }

// hear reads a report.
func (p *process) hear() (r report, err error) {
	if !p.lines.Scan() {
		return r, fmt.Errorf("%s ended too early", p.command.Args[1])
	}
	if err := json.Unmarshal(p.lines.Bytes(), &r); err != nil {
		return r, fmt.Errorf("%s: %w", p.command.Args[1], err)
	}
	if r.Error != "" {
		return r, fmt.Errorf("%s: %s", p.command.Args[1], r.Error)
	}
	return r, nil
}

func (p *process) ask(word string) (report, error) {
	p.tell(word)
	return p.hear()
}

// end lets the child go: the end of its input stops it.
func (p *process) end() {
	p.stdin.Close()
	for p.lines.Scan() {
	}
	_ = p.command.Wait() // it has said all it had to say
}
