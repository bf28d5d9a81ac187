package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/compare"
	"github.com/reckon-engine/reckon/sim/report"
	"github.com/reckon-engine/reckon/sim/tun"
	"github.com/reckon-engine/reckon/sim/units"
)

const compareHelp = `Usage: netsim compare [SCENARIO | PRESET | flags of the link] [flags]

Sends a game's positions over one bad line by several ways, one after another,
and measures how old the newest position is at every picture: our protocol,
plain UDP, and this kernel's TCP with bbr and cubic (TCP_NODELAY), between two
network namespaces that a TUN link joins (Linux, root or a user namespace).
With --virtual everything happens in virtual time, in a second and on every
system: TCP is a model of cubic then, and there are what people write first.

  netsim compare                          the well-known case: 125 ms, 5 % lost
  netsim compare --rtt 80ms --loss 2% --burst 4
  netsim compare lte --virtual

The line is that of the scenario's client with its timeline, a preset, or what
flags say, which mean what they mean to netsim proxy: --rtt, --jitter,
--jitter-shape, --unordered, --loss, --burst, --duplicate, --reorder,
--reorder-delay, --rate, --queue, --mtu, --overhead, and with up- and down-
before for one direction. --rtt is the round trip, all others are for one way.
Without any: --rtt 125ms --loss 5%.

The traffic: 60 times a second 64 bytes up and 256 bytes down.

  --virtual               in virtual time; the same figures on every machine
  --copies N              how often the naive sender of copies sends (3)
  --seconds N             for how long each sends (60, or the scenario's)
  --seed N                chance; packet number n of each is lost or not alike
                          (1, or the scenario's)
  --svg FILE              a plot
  --report FILE.html      a page with all of it
  --json                  one object instead of a table

Age, what a player sees: how long ago the newest position that has arrived was
sent, at 144 pictures a second, the first second left out. Late: from handing a
message over to reading it, one way, of those that arrived. A stall is a time
of more than 250 ms in which nothing newer arrived. On the wire: both ways with
IP headers, in kbit/s. All are of both directions together; --json has each.

Interrupted, it prints what there is. Exit status: 0 done, 1 it could not be
measured, 2 usage.
`

// compareOptions are the flags of netsim compare.
type compareOptions struct {
	compare.Config
	line    string // the line for people
	virtual bool
	json    bool
	svg     string
	report  string
	command string // to type to get the same again
}

// parseCompare returns the options, or flag.ErrHelp, or an error.
func parseCompare(args []string) (compareOptions, error) {
	o := compareOptions{command: strings.Join(append([]string{"netsim compare"}, args...), " ")}
	lines := lineFlags{overhead: udpOverhead}
	set := flag.NewFlagSet("netsim compare", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.BoolVar(&o.virtual, "virtual", false, "")
	set.BoolVar(&o.json, "json", false, "")
	set.StringVar(&o.svg, "svg", "", "")
	set.StringVar(&o.report, "report", "", "")
	var seed *uint64
	set.Func("seed", "", func(s string) error {
		n, err := units.ParseNumber(s, 0, 1<<53)
		number := uint64(n)
		seed = &number
		return err
	})
	set.Func("copies", "", func(s string) error {
		n, err := units.ParseNumber(s, 2, 16)
		o.Copies = int(n)
		return err
	})
	set.Func("seconds", "", func(s string) error {
		n, err := units.ParseNumber(s, 2, 86400)
		o.Duration = time.Duration(n * float64(time.Second))
		return err
	})
	lines.register(set)
	names, err := namesAndFlags(set, args)
	if err != nil {
		return o, twoDashes(err)
	}
	if err := o.setLine(&lines, names); err != nil {
		return o, err
	}
	if seed != nil {
		o.Seed = *seed
	}
	return o, nil
}

// runCompare is the command.
func runCompare(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseCompare(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, compareHelp)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "netsim compare: %v\n", err)
		return exitUsage
	}
	measure := compare.Virtual
	if !o.virtual {
		measure = compare.Real
		o.Began = func(s compare.Subject, number, of int) {
			fmt.Fprintf(stderr, "netsim compare: %d of %d, %s, %v\n", number+1, of, s.Title, o.Duration)
		}
	}
	found, err := measure(ctx, o.Config)
	switch {
	case errors.Is(err, tun.ErrPermission) && mayBeRoot():
		if code := runAsRoot(ctx, append([]string{"compare"}, args...), stdout, stderr); code != exitTUN {
			return code
		}
		fmt.Fprint(stderr, proposeVirtual)
		return exitError
	case errors.Is(err, tun.ErrPermission) || errors.Is(err, tun.ErrUnsupported):
		fmt.Fprintf(stderr, "netsim compare: %v\n%s", err, proposeVirtual)
		return exitError
	case err != nil:
		fmt.Fprintf(stderr, "netsim compare: %v\n", err)
		return exitError
	}
	if err := o.write(stdout, found); err != nil {
		fmt.Fprintf(stderr, "netsim compare: %v\n", err)
		return exitError
	}
	return exitOK
}

// proposeVirtual is for those who cannot have namespaces.
const proposeVirtual = "netsim compare --virtual needs neither Linux nor rights: the same in virtual time, with a model of TCP.\n"

// write writes what was found.
func (o *compareOptions) write(stdout io.Writer, found *compare.Result) error {
	if o.svg != "" {
		err := writeFile(o.svg, func(w io.Writer) error { return found.WriteSVG(w, o.plotLine()) })
		if err != nil {
			return err
		}
	}
	if o.report != "" {
		err := writeFile(o.report, func(w io.Writer) error { return report.Compare(w, o.page(found)) })
		if err != nil {
			return err
		}
	}
	if !o.json {
		return writeComparison(stdout, o, found)
	}
	for i := range found.Subjects {
		s := &found.Subjects[i]
		s.Latency, s.Up.Latency, s.Down.Latency = nil, nil, nil // for plots
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(comparison{o.line, o.Seed, found})
}

// A comparison is what --json prints.
type comparison struct {
	Line string `json:"line"`
	Seed uint64 `json:"seed"`
	*compare.Result
}

// writeFile writes a file and reports what closing it has to say.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
