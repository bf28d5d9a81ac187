// Arenad is the dedicated server of Arena.
//
// It needs no display, no cgo and one UDP port. SIGINT and SIGTERM stop it;
// the players are told. It exits with 0 after a clean stop, with 2 when it
// was called wrongly and with 1 when it could not run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
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

// run is main with its surroundings passed in. It serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		printUsage(stdout)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "arenad: %v (see arenad --help)\n", err)
		return exitUsage
	case opt.version:
		fmt.Fprintln(stdout, versionLine())
		return exitOK
	}
	if err := serve(ctx, opt, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "arenad: %v\n", err)
		return exitRun
	}
	return exitOK
}

// versionLine says which program this is, and which rules it plays by.
func versionLine() string {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return fmt.Sprintf("arenad %s, rules %d, schema %016x", version, arena.Version, arena.New().Schema.Fingerprint())
}
