// Package options reads the command line of the window client. It imports
// little, because it runs before the window's library is initialised: see
// package preflight.
package options

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Options are the flags after they were checked.
type Options struct {
	Connect    string // HOST:PORT
	Name       string
	Key        [32]byte // zero: any server will do
	Plaintext  bool
	Seconds    int // zero: until the player leaves
	Demo       bool
	Fullscreen bool
	Mute       bool
	Status     bool
	Width      int // of the window, in device-independent pixels
	Height     int
	Version    bool
}

// Bounds of the flags.
const (
	maxName    = 24 // bytes; session.MaxName, which a test compares
	maxSeconds = 365 * 24 * 60 * 60
	minWidth   = 640
	minHeight  = 360
	maxSide    = 7680
)

// ErrHelp is the error of Parse when help was asked for.
var ErrHelp = flag.ErrHelp

// Usage is what --help prints.
const Usage = `Arena is a top-down multiplayer shooter: this is the client with a window.

Usage:
  arena [flags]

Network:
  --connect HOST:PORT  server to play on (default "127.0.0.1:7777")
  --name NAME          what others call you, 1 to 24 bytes (default "Player")
  --key HEX            public key the server must prove to have, 64 hexadecimal
                       digits; arenad prints it. Without it, any server will do.
  --plaintext          no encryption; the server must do the same

Window:
  --width N            640 to 7680 (default 1280)
  --height N           360 to 7680 (default 720)
  --fullscreen         use the whole screen
  --mute               no sound

Running:
  --seconds N          leave after so many seconds (default 0: play until you leave)
  --demo               the computer plays for you; with --seconds, the last line
                       says how it went, and the exit code whether it went well
  --status             print a line about the game every second
  --version            print the version and exit
  --help               print this and exit

Keys:
  W A S D, arrows      move             Tab   scoreboard
  mouse                aim              F3    network graph
  left button          rifle            F11   fullscreen
  right button, space  rocket           F12   save a picture
  M                    sound on, off    Esc   menu

Exit codes: 0 after a game, 1 when it could not be played, 2 for wrong flags.
`

// flags declares the flags, with their defaults.
func flags(opt *Options, key *string) *flag.FlagSet {
	fs := flag.NewFlagSet("arena", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&opt.Connect, "connect", "127.0.0.1:7777", "")
	fs.StringVar(&opt.Name, "name", "Player", "")
	fs.StringVar(key, "key", "", "")
	fs.BoolVar(&opt.Plaintext, "plaintext", false, "")
	fs.IntVar(&opt.Seconds, "seconds", 0, "")
	fs.BoolVar(&opt.Demo, "demo", false, "")
	fs.BoolVar(&opt.Fullscreen, "fullscreen", false, "")
	fs.BoolVar(&opt.Mute, "mute", false, "")
	fs.BoolVar(&opt.Status, "status", false, "")
	fs.IntVar(&opt.Width, "width", 1280, "")
	fs.IntVar(&opt.Height, "height", 720, "")
	fs.BoolVar(&opt.Version, "version", false, "")
	return fs
}

// Parse reads and checks the flags. The error is ErrHelp when help was asked
// for, else one line in words.
func Parse(args []string) (Options, error) {
	var opt Options
	var key string
	fs := flags(&opt, &key)
	if err := fs.Parse(args); err != nil {
		return opt, tidy(err)
	}
	if fs.NArg() > 0 {
		return opt, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	keyGiven := false
	fs.Visit(func(f *flag.Flag) { keyGiven = keyGiven || f.Name == "key" })
	if keyGiven {
		if err := opt.readKey(key); err != nil {
			return opt, err
		}
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

func (opt *Options) readKey(text string) error {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(opt.Key) {
		return fmt.Errorf("--key %q: want %d hexadecimal digits", text, 2*len(opt.Key))
	}
	copy(opt.Key[:], b)
	if opt.Key == [32]byte{} {
		return errors.New("--key: zero is nobody's key")
	}
	return nil
}

func (opt *Options) check() error {
	for _, limit := range []struct {
		flag         string
		n, low, high int
	}{
		{"--seconds", opt.Seconds, 0, maxSeconds},
		{"--width", opt.Width, minWidth, maxSide},
		{"--height", opt.Height, minHeight, maxSide},
	} {
		if limit.n < limit.low || limit.n > limit.high {
			return fmt.Errorf("%s %d: want %d to %d", limit.flag, limit.n, limit.low, limit.high)
		}
	}
	if opt.Plaintext && opt.Key != [32]byte{} {
		return errors.New("--key and --plaintext exclude each other: nothing proves a key in plaintext")
	}
	if !printable(opt.Name) {
		return fmt.Errorf("--name %q: want 1 to %d bytes of printable UTF-8, single spaces inside and none around", opt.Name, maxName)
	}
	return opt.checkAddress()
}

// printable reports whether a name would reach others as it is: the rules of
// session.CleanName.
func printable(name string) bool {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return strings.TrimSpace(name) == name && !strings.Contains(name, "  ")
}

// checkAddress refuses what cannot be a host and a port. Whether the host
// exists, only looking it up can tell.
func (opt *Options) checkAddress() error {
	host, port, ok := cutPort(opt.Connect)
	if !ok {
		return fmt.Errorf("--connect %q: want HOST:PORT, and [HOST]:PORT for IPv6", opt.Connect)
	}
	if host == "" {
		return fmt.Errorf("--connect %q: the host is missing", opt.Connect)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("--connect %q: want a port of 1 to 65535", opt.Connect)
	}
	return nil
}

// cutPort is net.SplitHostPort without package net, which would make this
// package too late for preflight.
func cutPort(address string) (host, port string, ok bool) {
	i := strings.LastIndexByte(address, ':')
	if i < 0 {
		return "", "", false
	}
	host, port = address[:i], address[i+1:]
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		return inner, port, found && !strings.ContainsAny(inner, "[]")
	}
	return host, port, !strings.ContainsAny(host, ":[]")
}
