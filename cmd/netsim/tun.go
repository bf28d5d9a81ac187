package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/reckon-engine/reckon/sim/control"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/tun"
	"github.com/reckon-engine/reckon/sim/units"
)

const tunHelp = `Usage: netsim tun [flags] [--server COMMAND] -- COMMAND [ARGUMENT...]
       netsim tun [flags] [--server COMMAND] --shell

Runs any program behind a bad network, without changing it: two network
namespaces, the client's side and the server's, joined by nothing but a link
up and a link down. Every IP packet passes them, IPv4 and IPv6, kernel TCP and
ping included. Linux only.

  netsim tun --rtt 80ms --loss 1% --rate 10mbit \
    --server 'python3 -m http.server 8000' \
    -- sh -c 'curl -o /dev/null http://$NETSIM_SERVER:8000/big'

Flags of the link mean what they mean to netsim proxy: --rtt is the round
trip, everything else is for one way, and holds in each direction on its own.
Begin a name with up- or down- to set one direction. Up is from the client's
side to the server's.

The line
  --preset NAME           begin as that access network: netsim presets lists
                          them; flags of the link change what they name
  --scenario FILE|NAME    the link, timeline and seed of a scenario's host, as
                          netsim run has them. Time counts from the start of
                          COMMAND. What it asserts about links is judged
  --host NAME             which host of the scenario (client)

Programs
  -- COMMAND ...          runs on the client's side; its end is the end of all
  --server COMMAND        a line for sh on the server's side; COMMAND begins
                          when it has opened a port, or after 5 seconds
  --shell                 an interactive shell on the client's side

  Their environment has the addresses: NETSIM_CLIENT=10.73.0.1,
  NETSIM_SERVER=10.73.0.2, NETSIM_CLIENT6=fd73::1, NETSIM_SERVER6=fd73::2, and
  NETSIM_SIDE=client or server. There is no way out to other networks.

Delay
  --rtt TIME              round trip without jitter (0ms)
  --jitter TIME           each packet's one-way delay varies by up to ± TIME,
                          at most half of --rtt (0ms)
  --jitter-shape SHAPE    uniform; or normal, pareto, pareto-normal, of which
                          --jitter is the standard deviation
  --unordered             let jitter reorder packets; by default one that would
                          overtake waits, as it would in a queue

Loss
  --loss SHARE            packets lost (0%)
  --burst N               losses come in bursts of on average N packets
                          (Gilbert-Elliott); by default each is independent
  --duplicate SHARE       packets that arrive twice (0%)
  --reorder SHARE         packets held back while later ones pass (0%)
  --reorder-delay TIME    for how long they are

Rate
  --rate RATE             bits a second: 500kbit, 2mbit, 1gbit (no limit)
  --queue SIZE            what may wait for it; beyond is dropped: 64kB, a time
                          at that rate such as 250ms, or none (100ms)
  --mtu BYTES             of the link, and of the devices (1500)
  --device-mtu BYTES      of the devices alone: larger than --mtu, and large
                          packets vanish, as behind a bad firewall
  --overhead BYTES        counted besides each IP packet by --rate, --queue and
                          --mtu (0; 38 for Ethernet)

Running
  --seed N                chance; the same seed loses the same packets (1, or
                          the scenario's)
  --congestion NAME       congestion control of TCP: cubic, reno, bbr
                          (the system's)
  --duration TIME         stop after TIME; by default when COMMAND ends
  --quiet                 no status line every second
  --json                  the summary as JSON on standard output; what the
                          programs print goes to standard error then
  --pcapng FILE           every packet at both ends, for Wireshark
  --live                  show the line, and worsen it by keys; what programs
                          print is among the events
  --control ADDRESS       let scripts do so by HTTP: 127.0.0.1:8474;
                          docs/CONTROL.md says how
  --control-token TOKEN   what they must know, where others can reach ADDRESS

Status lines and the summary go to standard error. It needs root, or the right
to make a user namespace. When netsim ends, however it ends, programs, devices
and namespaces are gone.

Exit status: COMMAND's, 128 and the signal if one ended it; 0 if --duration did;
1 instead of 0 if an assertion does not hold; 2 usage, 125 netsim failed,
126 COMMAND cannot be run, 127 it is not there.
`

// tunOptions are the flags of netsim tun.
type tunOptions struct {
	tunRun
	source
	watchtower
	pcapng      string
	quiet, json bool

	judge   *linkJudge
	capture *captureFile
	began   time.Time
}

// parseTun returns the options, or flag.ErrHelp, or an error in one line.
func parseTun(args []string) (tunOptions, error) {
	var o tunOptions
	set := flag.NewFlagSet("netsim tun", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.server, "server", "", "")
	set.StringVar(&o.Congestion, "congestion", "", "")
	set.BoolVar(&o.shell, "shell", false, "")
	set.BoolVar(&o.quiet, "quiet", false, "")
	set.BoolVar(&o.json, "json", false, "")
	set.StringVar(&o.pcapng, "pcapng", "", "")
	set.Func("device-mtu", "", func(s string) (err error) {
		o.DeviceMTU, err = units.ParseSize(s, 68, 65535)
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
	o.client = set.Args()
	switch {
	case o.shell && o.live:
		return o, errors.New("both --shell and --live: there is one terminal")
	case o.shell && len(o.client) > 0:
		return o, fmt.Errorf("both --shell and %q: only one can run", o.client[0])
	case !o.shell && len(o.client) == 0 && o.server == "":
		return o, errors.New("nothing to run: -- COMMAND or --shell is missing; see netsim tun --help")
	}
	if err := o.resolve(scenario.ModeTUN); err != nil {
		return o, err
	}
	if err := o.intoTUN(&o.Config); err != nil {
		return o, err
	}
	return o, nil
}

// Exit codes of netsim tun, besides those of the program it runs: what docker
// run and timeout(1) use.
const (
	exitTUN       = 125 // netsim failed
	exitCannotRun = 126
	exitNotFound  = 127
	exitSignal    = 128 // and the signal's number
)

// runTun is the command.
func runTun(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseTun(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, tunHelp)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "netsim tun: %v\n", err)
		return exitUsage
	}
	if err := o.open(); err != nil {
		fmt.Fprintf(stderr, "netsim: %v\n", err)
		return exitTUN
	}
	n, err := tun.New(o.Config)
	if errors.Is(err, tun.ErrPermission) && mayBeRoot() {
		_ = o.capture.Close(io.Discard) // there is nothing in it
		o.watchtower.close()
		return runAsRoot(ctx, append([]string{"tun"}, args...), stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "netsim: %v\n", errors.Join(err, o.capture.Close(stderr)))
		return exitTUN
	}
	defer n.Close()
	o.stdout, o.stderr, o.status = stdout, stderr, stderr
	if o.json {
		o.stdout = stderr
	}
	if o.quiet {
		o.status = nil
	}
	o.began = time.Now()
	code, err := o.watched(ctx, n)
	_ = n.Close() // it returns nil; what programs left running is ended here
	if err = errors.Join(err, o.capture.Close(stderr)); err != nil {
		fmt.Fprintf(stderr, "netsim: %v\n", err)
		return max(code, exitTUN)
	}
	return o.finish(n.Stats(), code, stdout, stderr)
}

// open makes what watches the links.
func (o *tunOptions) open() (err error) {
	var observers []func(tun.Packet)
	if o.judge = newLinkJudge(&o.source); o.judge != nil {
		observers = append(observers, o.judge.observeTUN)
	}
	if err := o.watchtower.open(); err != nil {
		return err
	}
	if o.used() {
		o.desk = &control.Desk{}
		observers = append(observers, o.desk.Meter.ObserveTUN)
	}
	if o.capture, err = createCapture(o.pcapng); err != nil {
		o.watchtower.close()
		return err
	}
	if o.capture != nil {
		observers = append(observers, o.capture.observeTUN)
	}
	if len(observers) > 0 {
		o.Observe = func(p tun.Packet) {
			for _, observe := range observers {
				observe(p)
			}
		}
	}
	return nil
}

// watched runs the programs, with the live view and the REST interface where
// they are wanted.
func (o *tunOptions) watched(ctx context.Context, n *tun.Network) (int, error) {
	if !o.used() {
		return o.run(ctx, n)
	}
	ctx, cancel := context.WithCancel(ctx)
	wait := o.watchtower.start(ctx, control.OfTUN(n), &o.source, "tun", true, nil)
	defer wait()
	defer cancel()
	if !o.live {
		return o.run(ctx, n)
	}
	lines := &eventWriter{desk: o.desk}
	defer lines.flush(o.stderr)
	o.stdout, o.stderr, o.status, o.noInput = lines, lines, nil, true
	return liveWhile(ctx, o.desk, func(ctx context.Context) (int, error) { return o.run(ctx, n) })
}

// finish writes the summary and returns the exit status.
func (o *tunOptions) finish(stats tun.Stats, code int, stdout, stderr io.Writer) int {
	summary := tunSummaryOf(stats, time.Since(o.began), code)
	if o.judge != nil {
		summary.from = &o.source
		summary.Run = o.judge.judge(result.TUN, time.Since(o.began), [][2]link.Counters{{stats.Up, stats.Down}})
	}
	var err error
	if o.json {
		err = summary.writeJSON(stdout)
	} else {
		err = summary.writeText(stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "netsim: summary: %v\n", err)
		return exitTUN
	}
	if code == exitOK && !passed(summary.Run) {
		return exitError
	}
	return code
}
