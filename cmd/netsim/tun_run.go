package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/reckon-engine/reckon/sim/tun"
)

const (
	// serverPatience is how long the client's program waits for the server's
	// to open a port.
	serverPatience = 5 * time.Second

	// endPatience is how long programs may take to end when they are asked to,
	// before they are killed.
	endPatience = 2 * time.Second
)

// A tunRun is a pair of programs over a pair of links.
type tunRun struct {
	tun.Config               // links, seeds, changes
	client     []string      // program and arguments
	server     string        // a line for sh; empty for none
	shell      bool          // an interactive shell as the client
	duration   time.Duration // at most so long; 0 is as long as the client runs
	noInput    bool          // the terminal's keys are not the client's

	stdout, stderr io.Writer // of the programs
	status         io.Writer // gets a line every second, unless nil
}

// A program runs on one side. Its end closes done.
type program struct {
	*exec.Cmd
	done chan struct{}
	err  error // after done
}

// run starts the programs and waits for the end: of the client's, of the
// duration, or of ctx. It returns the exit status; an error is netsim's, and
// then nothing ran.
func (r *tunRun) run(ctx context.Context, n *tun.Network) (code int, err error) {
	if r.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.duration, errDuration)
		defer cancel()
	}
	var server *program
	if r.server != "" {
		if server, err = r.start(n, tun.Server, []string{"sh", "-c", r.server}); err != nil {
			return exitTUN, err
		}
		defer server.end()
		if err := awaitPort(ctx, n, server); err != nil {
			return exitTUN, err
		}
	}
	main := server
	if len(r.client) > 0 || r.shell {
		n.SetEpoch(time.Now())
		main, err = r.start(n, tun.Client, r.clientCommand())
		switch {
		case errors.Is(err, os.ErrNotExist) || errors.Is(err, exec.ErrNotFound):
			return exitNotFound, err
		case err != nil:
			return exitCannotRun, err
		}
		defer main.end()
	}
	r.watch(ctx, n, main)
	select {
	case <-main.done:
		return main.code(), nil
	default:
	}
	main.end()
	if errors.Is(context.Cause(ctx), errDuration) {
		return exitOK, nil
	}
	return main.code(), nil
}

// errDuration is why a run ended that had run as long as it should.
var errDuration = errors.New("the duration is over")

// clientCommand returns what runs on the client's side.
func (r *tunRun) clientCommand() []string {
	if !r.shell {
		return r.client
	}
	if shell := os.Getenv("SHELL"); shell != "" {
		return []string{shell}
	}
	return []string{"sh"}
}

// start starts a program on a side.
func (r *tunRun) start(n *tun.Network, side tun.Side, command []string) (*program, error) {
	p := &program{Cmd: tun.Command(side, command[0], command[1:]...), done: make(chan struct{})}
	p.Stdout, p.Stderr = r.stdout, r.stderr
	p.WaitDelay = endPatience // what its children keep open ends then
	if side == tun.Client && !r.noInput {
		p.Stdin = os.Stdin
		if r.shell {
			ownTerminal(p.Cmd)
		}
	}
	if err := n.Start(side, p.Cmd); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.Wait()
		close(p.done)
	}()
	return p, nil
}

// end asks a program to end, and has it killed if it does not.
func (p *program) end() {
	select {
	case <-p.done:
		return
	default:
	}
	askToEnd(p.Cmd)
	select {
	case <-p.done:
	case <-time.After(endPatience):
		_ = p.Process.Kill() // it has just ended by itself, if this fails
		<-p.done
	}
}

// code returns the exit status of a program that has ended.
func (p *program) code() int {
	if signal := endedBy(p.ProcessState); signal != 0 {
		return exitSignal + signal
	}
	return p.ProcessState.ExitCode()
}

// awaitPort returns when the server has opened a port, or has had the time.
func awaitPort(ctx context.Context, n *tun.Network, server *program) error {
	ctx, cancel := context.WithTimeout(ctx, serverPatience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if open, err := n.Listening(tun.Server); open || err != nil {
			return err
		}
		select {
		case <-server.done:
			return fmt.Errorf("--server: it ended before anything else began: %w", failure(server))
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// failure says how a program ended.
func failure(p *program) error {
	if p.err != nil {
		return p.err
	}
	return errors.New("exit status 0")
}

// watch reports every second until the program or ctx is done.
func (r *tunRun) watch(ctx context.Context, n *tun.Network, main *program) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	began := time.Now()
	last, before := n.Stats(), began
	for {
		select {
		case <-ctx.Done():
			return
		case <-main.done:
			return
		case now := <-ticker.C:
			if r.status == nil {
				continue
			}
			s := n.Stats()
			fmt.Fprintln(r.status, tunStatus(&last, &s, now.Sub(began), now.Sub(before)))
			last, before = s, now
		}
	}
}
