package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/proxy"
	"github.com/reckon-engine/reckon/sim/units"
)

const proxyHelp = `Usage: netsim proxy --to HOST:PORT [flags]

Puts a bad network between a game's clients and its server. Clients connect to
the proxy instead of the server. Each gets a link up (to the server) and a link
down of its own.

  netsim proxy --to 127.0.0.1:7777 --rtt 80ms --jitter 20ms --loss 3%

--rtt is the round trip, half of it each way. Everything else is for one way,
and holds in each direction on its own: --loss 3% loses 3% up and 3% down.
Begin a name with up- or down- to set one direction: --up-rate 1mbit,
--down-loss 5%, --up-delay 30ms (one way, instead of half of --rtt).

Addresses
  --listen ADDRESS        where clients connect (:7778)
  --to HOST:PORT          the server; required

Delay
  --rtt TIME              round trip without jitter (0ms)
  --jitter TIME           each datagram's one-way delay varies by up to ± TIME,
                          at most half of --rtt (0ms)
  --jitter-shape SHAPE    uniform, or normal: --jitter is the standard deviation
  --unordered             let jitter reorder datagrams; by default one that
                          would overtake waits, as it would in a queue

Loss
  --loss SHARE            datagrams lost (0%)
  --burst N               losses come in bursts of on average N datagrams
                          (Gilbert-Elliott); by default each is independent
  --duplicate SHARE       datagrams that arrive twice (0%)
  --reorder SHARE         datagrams held back while later ones pass (0%)
  --reorder-delay TIME    for how long they are

Rate
  --rate RATE             bits a second: 500kbit, 2mbit, 1gbit (no limit)
  --queue SIZE            what may wait for it; beyond is dropped: 64kB, a time
                          at that rate such as 250ms, or none (100ms)
  --mtu BYTES             drop what is larger as an IP packet (no limit)
  --overhead BYTES        IP and UDP headers, counted by --rate, --queue and
                          --mtu (28; 48 for IPv6)

Running
  --seed N                chance; the same seed loses the same datagrams (1)
  --clients N             at most so many clients at once (256)
  --idle TIME             forget clients that are silent for so long (2m)
  --duration TIME         stop after TIME; by default on interrupt
  --quiet                 no status line every second
  --json                  the summary at the end as JSON

"netsim: proxy ready on ADDRESS" on standard output says that clients can
connect. Status lines go to standard error, the summary to standard output.
Exit status: 0 done, 1 the network refused (such as a port in use), 2 usage.
`

// proxyOptions are the flags of netsim proxy.
type proxyOptions struct {
	proxy.Config
	duration    time.Duration
	quiet, json bool
}

// parseProxy returns the options, or flag.ErrHelp, or an error in one line.
func parseProxy(args []string) (proxyOptions, error) {
	var o proxyOptions
	lines := lineFlags{overhead: udpOverhead}
	set := flag.NewFlagSet("netsim proxy", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.Listen, "listen", ":7778", "")
	set.StringVar(&o.Target, "to", "", "")
	set.Uint64Var(&o.Seed, "seed", 1, "")
	set.BoolVar(&o.quiet, "quiet", false, "")
	set.BoolVar(&o.json, "json", false, "")
	set.Func("clients", "", func(s string) error {
		n, err := units.ParseNumber(s, 1, 65536)
		o.MaxClients = int(n)
		return err
	})
	set.Func("idle", "", func(s string) (err error) {
		o.IdleTimeout, err = units.ParseDelay(s, time.Second, 24*time.Hour)
		return err
	})
	set.Func("duration", "", func(s string) (err error) {
		o.duration, err = units.ParseDelay(s, time.Millisecond, 365*24*time.Hour)
		return err
	})
	lines.register(set)
	if err := set.Parse(args); err != nil {
		return o, twoDashes(err)
	}
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("%q is not a flag; see netsim proxy --help", set.Arg(0))
	case o.Target == "":
		return o, errors.New("--to is missing: the server's HOST:PORT")
	}
	var err error
	if o.Up, err = lines.config("up"); err != nil {
		return o, fmt.Errorf("up: %w", err)
	}
	if o.Down, err = lines.config("down"); err != nil {
		return o, fmt.Errorf("down: %w", err)
	}
	return o, nil
}

// twoDashes writes flags in errors of package flag as the help does.
func twoDashes(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errors.New(strings.NewReplacer("for flag -", "for --", "not defined: -", "not defined: --", "argument: -", "argument: --").Replace(err.Error()))
}

// runProxy is the command.
func runProxy(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseProxy(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, proxyHelp)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "netsim proxy: %v\n", err)
		return exitUsage
	}
	p, err := proxy.New(o.Config)
	if err != nil {
		fmt.Fprintf(stderr, "netsim: %v\n", err)
		return exitError
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.duration > 0 {
		ctx, cancel = context.WithTimeout(ctx, o.duration)
		defer cancel()
	}
	began := time.Now()
	fmt.Fprintf(stdout, "netsim: proxy ready on %v\n", p.Addr())
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		if !o.quiet {
			reportEverySecond(ctx, p, began, stderr)
		}
	}()
	err = p.Run(ctx)
	cancel()
	<-reported
	if err != nil {
		fmt.Fprintf(stderr, "netsim: %v\n", err)
		return exitError
	}
	if err := writeSummary(stdout, p.Stats(), time.Since(began), o.json); err != nil {
		fmt.Fprintf(stderr, "netsim: summary: %v\n", err)
		return exitError
	}
	return exitOK
}
