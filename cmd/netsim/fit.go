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

	"github.com/reckon-engine/reckon/sim/fit"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/units"
)

const fitHelp = `Usage: netsim fit CAPTURE [CAPTURE2] [flags]

Makes a preset of a capture: loss, bursts, delay, jitter, rate and queue that
explain it best, how well they do, and what the capture cannot tell.

  netsim fit here.pcap there.pcap -o mine.toml      both ends of the same traffic
  netsim fit run.pcapng                             one file with both, as of netsim run
  netsim fit pings.csv                              time,rtt: rtt is empty where lost
  netsim fit oneway.csv                             sent,received,size
  netsim run FILE, with link = { preset = "mine.toml" }

Captures are pcap or pcapng. Of two, the first is the client's side: what it
sends is the preset's "up". A rate shows only where the line was filled for
some seconds; see docs/FIT.md.

  -o FILE                 where the preset goes (standard output)
  --json                  all figures and the preset as JSON
  --sides A,B             which two interfaces of one file, instead of those
                          that have most in common
  --same-clock            the clocks of both captures are one, or synchronised
  --rtt TIME              the shortest round trip, where they are not
`

// fitOptions are the flags of netsim fit.
type fitOptions struct {
	fit.Options
	files  []string
	out    string
	asJSON bool
}

// parseFit returns the options, or flag.ErrHelp, or an error in one line.
func parseFit(args []string) (o fitOptions, err error) {
	set := flag.NewFlagSet("netsim fit", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.out, "o", "", "")
	set.BoolVar(&o.asJSON, "json", false, "")
	set.BoolVar(&o.SameClock, "same-clock", false, "")
	set.Func("rtt", "", func(s string) (err error) {
		o.RTT, err = units.ParseDelay(s, time.Microsecond, 2*link.MaxDelay)
		return err
	})
	set.Func("sides", "", func(s string) error {
		a, b, ok := strings.Cut(s, ",")
		if !ok || a == "" || b == "" || a == b {
			return errors.New("want two names such as client,server")
		}
		o.Sides = [2]string{a, b}
		return nil
	})
	o.files, err = namesAndFlags(set, args)
	switch {
	case err != nil:
		return o, twoDashes(err)
	case len(o.files) == 0 || len(o.files) > 2:
		return o, errors.New("want one capture or two; see netsim fit --help")
	}
	return o, nil
}

// runFit is the command.
func runFit(_ context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFit(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, fitHelp)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "netsim fit: %v\n", err)
		return exitUsage
	}
	report, err := o.fit()
	if err != nil {
		fmt.Fprintf(stderr, "netsim fit: %v\n", err)
		var system *os.PathError
		if errors.As(err, &system) {
			return exitError
		}
		return exitUsage
	}
	if err := o.write(report, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "netsim fit: %v\n", err)
		return exitError
	}
	return exitOK
}

// fit reads the files.
func (o *fitOptions) fit() (*fit.Report, error) {
	var inputs []fit.Input
	for _, name := range o.files {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		inputs = append(inputs, fit.Input{Name: name, Reader: file})
	}
	return fit.Fit(o.Options, inputs...)
}

// write writes the preset, and what there is to say about it: beside it, if
// the preset has standard output to itself.
func (o *fitOptions) write(r *fit.Report, stdout, stderr io.Writer) error {
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(r.Preset), 0o666); err != nil {
			return err
		}
	}
	if o.asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r)
	}
	if o.out != "" {
		if err := r.WriteText(stdout); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "\n%s is the preset: link = { preset = %q }\n", o.out, o.out)
		return err
	}
	if err := r.WriteText(stderr); err != nil {
		return err
	}
	_, err := io.WriteString(stdout, r.Preset)
	return err
}
