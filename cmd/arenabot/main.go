// Arenabot is a player of Arena without a window: a bot that connects like
// anyone else. It fills servers, shows whether a connection is good, and
// plays the demo where there is no display.
//
// It exits with 0 after a good run, with 2 when it was called wrongly and
// with 1 when it could not play.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitOK    = 0
	exitRun   = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with its surroundings passed in. It plays until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		io.WriteString(stdout, usageText)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "arenabot: %v (see arenabot --help)\n", err)
		return exitUsage
	}
	summary, err := play(ctx, opt, stdout)
	if err == nil && opt.demo {
		err = summary.Check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "arenabot: %v\n", err)
		return exitRun
	}
	if opt.demo {
		fmt.Fprintln(stdout, summary)
	}
	return exitOK
}
