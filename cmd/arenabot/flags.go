package main

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/reckon-engine/reckon/cmd/internal/watch"
	"github.com/reckon-engine/reckon/netcode"
)

// options are the flags after they were checked.
type options struct {
	connect   string
	name      string
	key       [32]byte
	plaintext bool
	seconds   int
	status    bool
	demo      bool
	files     watch.Files
	tracer    netcode.Tracer // what writes the files
}

const maxSeconds = 10 * 365 * 24 * 60 * 60

const usageText = `Arenabot plays Arena by itself, without a window.

Usage:
  arenabot [flags]

  --connect HOST:PORT  the server (default "127.0.0.1:7777")
  --name NAME          the player's name (default "Arenabot")
  --key HEX            the key the server must have, as arenad prints it;
                       without it any server will do
  --plaintext          no encryption; the server must be started so too
  --seconds N          play for so many seconds (default 0: until stopped)
  --status             print a line every second
` + watch.Usage + `  --demo               judge the run: the last line is
                       "demo: ok players=N ticks=N snapshots=N inputs_acked=N",
                       and the exit code is 1 if ticks or snapshots are missing;
                       needs --seconds
  --help               print this and exit

Example:
  arenabot --connect 127.0.0.1:7777 --status
`

// parseFlags reads and checks the flags. The error is flag.ErrHelp when help
// was asked for.
func parseFlags(args []string) (options, error) {
	var opt options
	var key string
	fs := flag.NewFlagSet("arenabot", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&opt.connect, "connect", "127.0.0.1:7777", "")
	fs.StringVar(&opt.name, "name", "Arenabot", "")
	fs.StringVar(&key, "key", "", "")
	fs.BoolVar(&opt.plaintext, "plaintext", false, "")
	fs.IntVar(&opt.seconds, "seconds", 0, "")
	fs.StringVar(&opt.files.Trace, "trace", "", "")
	fs.StringVar(&opt.files.Capture, "capture", "", "")
	fs.BoolVar(&opt.status, "status", false, "")
	fs.BoolVar(&opt.demo, "demo", false, "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return opt, err
		}
		return opt, errors.New(strings.NewReplacer("flag provided but not defined: -", "unknown flag --",
			" for flag -", " for --", ": parse error", "").Replace(err.Error()))
	}
	switch {
	case fs.NArg() > 0:
		return opt, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case opt.seconds < 0 || opt.seconds > maxSeconds:
		return opt, fmt.Errorf("--seconds %d: want 0 to %d", opt.seconds, maxSeconds)
	case opt.demo && opt.seconds == 0:
		return opt, errors.New("--demo needs --seconds")
	case opt.plaintext && key != "":
		return opt, errors.New("--key is of no use with --plaintext")
	}
	if key != "" {
		b, err := hex.DecodeString(key)
		if err != nil || len(b) != len(opt.key) {
			return opt, fmt.Errorf("--key %q: want 64 hexadecimal digits", key)
		}
		opt.key = [32]byte(b)
	}
	return opt, nil
}
