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
	"github.com/reckon-engine/reckon/sim/scenario"
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

The line
  --preset NAME           begin as that access network: netsim presets lists
                          them; flags of the link change what they name
  --scenario FILE|NAME    the link, timeline and seed of a scenario's host, as
                          netsim run has them; client number n is host number
                          n. Time counts from the first datagram. Flows are
                          yours; what it asserts about links is judged
  --host NAME             every client is that host of the scenario

Addresses
  --listen ADDRESS        where clients connect (:7778)
  --to HOST:PORT          the server; required

Delay
  --rtt TIME              round trip without jitter (0ms)
  --jitter TIME           each datagram's one-way delay varies by up to ± TIME,
                          at most half of --rtt (0ms)
  --jitter-shape SHAPE    uniform; or normal, pareto, pareto-normal, of which
                          --jitter is the standard deviation
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
  --seed N                chance; the same seed loses the same datagrams (1,
                          or the scenario's)
  --clients N             at most so many clients at once (256)
  --idle TIME             forget clients that are silent for so long (2m)
  --duration TIME         stop after TIME; by default on interrupt
  --quiet                 no status line every second
  --json                  the summary at the end as JSON
  --pcapng FILE           every datagram at both ends, for Wireshark
  --live                  show the line, and worsen it by keys
  --control ADDRESS       let scripts do so by HTTP: 127.0.0.1:8474;
                          docs/CONTROL.md says how
  --control-token TOKEN   what they must know, where others can reach ADDRESS

"netsim: proxy ready on ADDRESS" on standard output says that clients can
connect. Status lines go to standard error, the summary to standard output.
Exit status: 0 done, 1 the network refused (such as a port in use) or an
assertion does not hold, 2 usage.
`

// proxyOptions are the flags of netsim proxy.
type proxyOptions struct {
	proxy.Config
	source
	watchtower
	duration    time.Duration
	pcapng      string
	quiet, json bool
}

// parseProxy returns the options, or flag.ErrHelp, or an error in one line.
func parseProxy(args []string) (proxyOptions, error) {
	var o proxyOptions
	o.overhead = udpOverhead
	set := flag.NewFlagSet("netsim proxy", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.Listen, "listen", ":7778", "")
	set.StringVar(&o.Target, "to", "", "")
	set.BoolVar(&o.quiet, "quiet", false, "")
	set.BoolVar(&o.json, "json", false, "")
	set.StringVar(&o.pcapng, "pcapng", "", "")
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
	o.source.register(set)
	o.watchtower.register(set)
	if err := set.Parse(args); err != nil {
		return o, twoDashes(err)
	}
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("%q is not a flag; see netsim proxy --help", set.Arg(0))
	case o.Target == "":
		return o, errors.New("--to is missing: the server's HOST:PORT")
	}
	if err := o.resolve(scenario.ModeProxy); err != nil {
		return o, err
	}
	o.intoProxy(&o.Config)
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
	r := proxyRun{proxyOptions: o, stdout: stdout, stderr: stderr}
	code, err := r.run(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "netsim: %v\n", err)
	}
	return code
}
