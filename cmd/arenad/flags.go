package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/cmd/internal/watch"
	"github.com/reckon-engine/reckon/netcode"
)

// options are the flags after they were checked.
type options struct {
	listen     string
	bots       int
	maxPlayers int
	name       string
	keyFile    string
	plaintext  bool
	round      time.Duration
	seed       uint
	seconds    int
	status     bool
	files      watch.Files
	tracer     netcode.Tracer // what writes the files
	quiet      bool
	version    bool
}

// Bounds of the flags.
const (
	maxName    = 64
	maxSeconds = 10 * 365 * 24 * 60 * 60
	maxRound   = time.Hour
	minRound   = 10 * time.Second
)

const usageText = `Arenad is the dedicated server of Arena, a top-down multiplayer shooter.

Usage:
  arenad [flags]

Network:
  --listen ADDRESS    UDP address to listen on (default ":7777"; ":0" picks a port)
  --key FILE          long-lived key of this server; made when there is no such file.
                      Without it every start has a new key, which clients cannot pin.
  --plaintext         no encryption: local networks and debugging only; clients must
                      choose it too

Game:
  --max-players N     seats, bots included, 1 to 64 (default 16)
  --bots N            bots, at most as many as seats
                      (default 8, but no more than half of the seats)
  --name TEXT         what the server is called, up to 64 bytes (default "Arena")
  --round DURATION    length of a round, 10s to 1h (default 5m)
  --seed N            start of the rules' random numbers, 0 to 4294967295
                      (default 0: a random one)

Running:
  --seconds N         stop after so many seconds (default 0: run until stopped)
  --status            print a line about the server every second
  --quiet             do not print joins, departures and kills
` + watch.Usage + `  --version           print the version and exit
  --help              print this and exit

Examples:
  arenad --bots 4                          play on this machine at 127.0.0.1:7777
  arenad --key arena.key --name "Friday"   a server with an identity of its own

SIGINT (Ctrl-C) and SIGTERM stop the server; the players are told.
`

func printUsage(out io.Writer) { io.WriteString(out, usageText) }

// flags declares the flags, with their defaults.
func flags(opt *options) *flag.FlagSet {
	fs := flag.NewFlagSet("arenad", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&opt.listen, "listen", ":7777", "")
	fs.IntVar(&opt.bots, "bots", 8, "")
	fs.IntVar(&opt.maxPlayers, "max-players", 16, "")
	fs.StringVar(&opt.name, "name", "Arena", "")
	fs.StringVar(&opt.keyFile, "key", "", "")
	fs.BoolVar(&opt.plaintext, "plaintext", false, "")
	fs.DurationVar(&opt.round, "round", 5*time.Minute, "")
	fs.UintVar(&opt.seed, "seed", 0, "")
	fs.IntVar(&opt.seconds, "seconds", 0, "")
	fs.StringVar(&opt.files.Trace, "trace", "", "")
	fs.StringVar(&opt.files.Capture, "capture", "", "")
	fs.BoolVar(&opt.status, "status", false, "")
	fs.BoolVar(&opt.quiet, "quiet", false, "")
	fs.BoolVar(&opt.version, "version", false, "")
	return fs
}

// parseFlags reads and checks the flags. The error is flag.ErrHelp when help
// was asked for.
func parseFlags(args []string) (options, error) {
	var opt options
	fs := flags(&opt)
	if err := fs.Parse(args); err != nil {
		return opt, tidy(err)
	}
	if fs.NArg() > 0 {
		return opt, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	given := make(map[string]bool)
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["bots"] {
		opt.bots = min(opt.bots, opt.maxPlayers/2)
	}
	if given["key"] && opt.keyFile == "" {
		return opt, errors.New("--key wants the name of a file")
	}
	return opt, opt.check()
}

// tidy turns an error of package flag into one in our words.
func tidy(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	text := strings.NewReplacer("flag provided but not defined: -", "unknown flag --",
		" for flag -", " for --", " for -", " for --", "flag needs an argument: -", "a value is missing after --",
		": parse error", "", ": value out of range", "").Replace(err.Error())
	return errors.New(text)
}

func (opt *options) check() error {
	if err := within("--max-players", opt.maxPlayers, 1, arena.MaxPlayers); err != nil {
		return err
	}
	if err := within("--bots", opt.bots, 0, opt.maxPlayers); err != nil {
		return err
	}
	if err := within("--seconds", opt.seconds, 0, maxSeconds); err != nil {
		return err
	}
	switch {
	case opt.round < minRound || opt.round > maxRound:
		return fmt.Errorf("--round %v: want %v to %v", opt.round, minRound, maxRound)
	case uint64(opt.seed) > 1<<32-1:
		return fmt.Errorf("--seed %d: want 0 to %d", opt.seed, uint32(1<<32-1))
	case opt.name == "" || len(opt.name) > maxName || !utf8.ValidString(opt.name):
		return fmt.Errorf("--name %q: want 1 to %d bytes of UTF-8", opt.name, maxName)
	}
	return checkAddress(opt.listen)
}

func within(flag string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("%s %d: want %d to %d", flag, n, low, high)
	}
	return nil
}

// checkAddress refuses what cannot be an address to listen on. Whether the
// host is ours, only listening can tell.
func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen %q: want HOST:PORT or :PORT", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return fmt.Errorf("--listen %q: want a port of 0 to 65535", address)
	}
	return nil
}
