// Package preflight ends the program in good order when it cannot or need not
// open a window: wrong flags, --help, no display.
//
// It does so while packages are initialised, and that needs a reason. The
// window's library opens the display in its own initialisation and panics if
// there is none: before main, where nobody can recover, even for --help. Go
// initialises packages in a fixed order: again and again the one that comes
// first by import path among those whose imports are ready. This package and
// what it imports need little, and are ready long before the library is,
// which needs go/ast, image and more. TestWithoutDisplay of cmd/arena holds
// this to be true.
package preflight

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/reckon-engine/reckon/cmd/arena/internal/options"
)

// Exit codes of the program.
const (
	ExitOK    = 0
	ExitRun   = 1
	ExitUsage = 2
)

// Options are the flags of this process. In a test binary they are zero.
var Options = check()

// check returns the flags or ends the process.
func check() options.Options {
	if isTest(os.Args[0]) {
		return options.Options{}
	}
	opt, err := options.Parse(os.Args[1:])
	switch {
	case errors.Is(err, options.ErrHelp):
		fmt.Print(options.Usage)
		os.Exit(ExitOK)
	case err != nil:
		fmt.Fprintf(os.Stderr, "arena: %v (see arena --help)\n", err)
		os.Exit(ExitUsage)
	}
	quiet()
	if reason := noDisplay(); reason != "" {
		if opt.Version {
			fmt.Println("arena (the rules' version cannot be told without a display; see arenad --version)")
			os.Exit(ExitOK)
		}
		fmt.Fprintf(os.Stderr, "arena: no display: %s, or run arenabot for a client without a window\n", reason)
		os.Exit(ExitRun)
	}
	return opt
}

// isTest reports whether a program is one that go test made.
func isTest(program string) bool {
	return strings.HasSuffix(strings.TrimSuffix(program, ".exe"), ".test")
}
