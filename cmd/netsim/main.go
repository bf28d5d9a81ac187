// Command netsim is a bad network: it loses, delays, reorders and duplicates
// datagrams, and limits their rate, on purpose and repeatably.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // something outside failed: a port in use, a name unknown
	exitUsage = 2 // what was asked for makes no sense
)

// A command is a subcommand. It runs until its work is done or ctx is.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

func commands() []command {
	return []command{
		{"run", "run a scenario in virtual time, and judge what it asserts", runRun},
		{"replay", "run a seed again, and show every datagram around what was odd", runReplay},
		{"proxy", "put a bad network in front of any game, by UDP proxy", runProxy},
		{"tun", "run any program, kernel TCP included, behind a bad network (Linux)", runTun},
		{"compare", "ours beside TCP and plain UDP on one bad line: how old are positions?", runCompare},
		{"sweep", "run a scenario over a grid of values and seeds, on all cores", runSweep},
		{"fit", "make a preset of a capture, and say how well it fits", runFit},
		{"presets", "list the access networks that have names, with their sources", runPresets},
		{"completion", "print what makes bash, zsh or fish complete all this", runCompletion},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends us at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run finds the subcommand and runs it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(stdout)
		return exitOK
	case "__complete":
		return runComplete(ctx, args[1:], stdout)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "netsim: there is no command %q; see netsim --help\n", args[0])
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprint(w, "netsim is a bad network: for your game, on purpose, and the same every time.\n\nUsage: netsim COMMAND [flags]\n\nCommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n\"netsim COMMAND --help\" tells about a command.\n")
}
