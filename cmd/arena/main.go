// Arena is the window client of Arena, a fast top-down multiplayer shooter.
//
// It exits with 0 after a game, with 2 when it was called wrongly and with 1
// when the game could not be played: then the last line says why.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/reckon-engine/reckon/cmd/arena/internal/options"
	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
	"github.com/reckon-engine/reckon/cmd/arena/internal/preflight"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/arena/internal/window"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

func main() { os.Exit(run(preflight.Options, os.Stdout, os.Stderr)) }

// run is main after the flags were read, which preflight did.
func run(opt options.Options, stdout, stderr io.Writer) int {
	if opt.Version {
		fmt.Fprintln(stdout, versionLine())
		return preflight.ExitOK
	}
	session, err := play.New(opt)
	if err != nil {
		fmt.Fprintf(stderr, "arena: %v\n", err)
		return preflight.ExitRun
	}
	err = window.Run(opt, session, stdout)
	summary := session.Summary()
	session.Client.Close()
	if err != nil {
		fmt.Fprintf(stderr, "arena: %s\n", scene.ReasonLine(err))
		return preflight.ExitRun
	}
	if opt.Demo && opt.Seconds > 0 {
		if err := summary.Check(); err != nil {
			fmt.Fprintf(stderr, "arena: %v\n", err)
			return preflight.ExitRun
		}
		fmt.Fprintln(stdout, summary)
	}
	return preflight.ExitOK
}

// versionLine says which program this is, and which rules it plays by.
func versionLine() string {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return fmt.Sprintf("arena %s, rules %d, schema %016x", version, arena.Version, arena.New().Schema.Fingerprint())
}
