// Command netbench measures the transport: how late messages are, what they
// cost on the wire and on the processor, and what a blob does to the state
// beside it. Figures in virtual time are the same on every machine; the others
// come with the floor of the machine they were measured on.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // the measurement failed: a port in use, a peer that never connected
	exitUsage = 2 // what was asked for makes no sense
)

// A command is a subcommand.
type command struct {
	name    string
	summary string
	help    string
	hidden  bool // a part of another command that is a process of its own

	// parse returns what measures, or an error in one line.
	parse func(set *flag.FlagSet, args []string) (measurement, error)
}

// A measurement runs until it is done or ctx is, and returns its figures.
type measurement func(ctx context.Context, stderr io.Writer) (figures, error)

// figures are what a measurement found: a flat struct with JSON names that
// can also say itself in words.
type figures interface {
	// rows explain the figures for people: what, how much, and what it means.
	rows() []row
}

// A row is a line of the table for people.
type row struct{ name, figure, meaning string }

func commands() []command {
	return append([]command{
		latencyCommand(),
		bulkCommand(),
		wireCommand(),
		cpuCommand(),
		floodCommand(),
	}, childCommands()...)
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
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "netbench: there is no command %q; see netbench --help\n", args[0])
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprint(w, "netbench measures the transport.\n\nUsage: netbench COMMAND [flags]\n\nCommands:\n")
	for _, c := range commands() {
		if !c.hidden {
			fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
		}
	}
	fmt.Fprint(w, `
Every command takes --json, which prints one flat object. "netbench COMMAND
--help" tells about a command.
`)
}

// run parses the flags, measures and prints.
func (c *command) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("netbench "+c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	asJSON := set.Bool("json", false, "")
	measure, err := c.parse(set, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, c.help)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "netbench %s: %v\n", c.name, err)
		return exitUsage
	}
	found, err := measure(ctx, stderr)
	if err == nil && found != nil {
		err = print(stdout, found, *asJSON)
	}
	if err != nil {
		fmt.Fprintf(stderr, "netbench %s: %v\n", c.name, err)
		return exitError
	}
	return exitOK
}

// print writes figures for a script or for people.
func print(w io.Writer, f figures, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(f)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range f.rows() {
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.name, r.figure, r.meaning)
	}
	return table.Flush()
}

// parseFlags parses args; whatever is left over is an error.
func parseFlags(set *flag.FlagSet, args []string) error {
	if err := set.Parse(args); err != nil {
		return twoDashes(err)
	}
	if set.NArg() > 0 {
		return fmt.Errorf("%q is not a flag; see %s --help", set.Arg(0), set.Name())
	}
	return nil
}

// twoDashes writes flags in errors of package flag as the help does.
func twoDashes(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errors.New(strings.NewReplacer("for flag -", "for --", "not defined: -", "not defined: --", "argument: -", "argument: --").Replace(err.Error()))
}
