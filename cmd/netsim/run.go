package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/result"
	simrun "github.com/reckon-engine/reckon/sim/run"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/units"
)

const runHelp = `Usage: netsim run FILE|NAME [flags]

Runs a scenario in virtual time: the real protocol over links that are models,
as fast as the machine computes. The same scenario and seed give the same run,
datagram by datagram, on every machine; the digest says so.

  netsim run duel-lte                     one of the library
  netsim run mine.toml --seed 7 --json    a file of your own

  --seed N                chance (as the file says, or 1)
  --seconds S             virtual seconds (as the file says)
  --set KEY=VALUE         a value in place of the file's, such as link.loss=3%

Output
  --json                  one object instead of tables
  --full                  with --json: histograms and series as well
  --report FILE           a page with plots, for a browser
  --csv DIR               tables, for a spreadsheet
  --pcapng FILE           every datagram at both ends and the keys, for Wireshark
  --quiet                 only what failed, and nothing if all passes

Exit status: 0 all assertions passed, 1 one of them did not or the run ended
before its time, 2 the scenario or the flags make no sense. An interrupt ends
the run, and tells what was measured so far.

Scenarios of the library:
`

// runOptions are the flags of netsim run.
type runOptions struct {
	simrun.Options
	name                string
	set                 []scenario.Setting
	json, full, quiet   bool
	report, csv, pcapng string
}

// kinds returns the kinds of flows that scenarios may have here.
func kinds() []flow.Kind { return append(flow.Kinds(), arenaKind()) }

// register adds the flags that run and replay share.
func (o *runOptions) register(set *flag.FlagSet) {
	set.SetOutput(io.Discard)
	set.Func("seconds", "", func(s string) error {
		seconds, err := units.ParseNumber(s, 0.001, scenario.MaxDuration.Seconds())
		o.Duration = time.Duration(seconds * float64(time.Second))
		return err
	})
	set.StringVar(&o.pcapng, "pcapng", "", "")
	set.Func("set", "", func(s string) error { return addSetting(&o.set, s) })
}

// parseRun returns the options, or flag.ErrHelp, or an error in one line.
func parseRun(args []string) (runOptions, error) {
	var o runOptions
	set := flag.NewFlagSet("netsim run", flag.ContinueOnError)
	o.register(set)
	set.Func("seed", "", func(s string) error {
		seed, err := parseSeed(s)
		o.Seed = &seed
		return err
	})
	set.BoolVar(&o.json, "json", false, "")
	set.BoolVar(&o.full, "full", false, "")
	set.BoolVar(&o.quiet, "quiet", false, "")
	set.StringVar(&o.report, "report", "", "")
	set.StringVar(&o.csv, "csv", "", "")
	names, err := namesAndFlags(set, args)
	switch {
	case err != nil:
		return o, twoDashes(err)
	case len(names) == 0:
		return o, errors.New("want a scenario: a file, or a name of the library; see netsim run --help")
	case len(names) > 1:
		return o, fmt.Errorf("want one scenario, not %q as well", names[1])
	}
	o.name = names[0]
	return o, nil
}

// load reads the scenario, with the values that the command line sets.
func (o *runOptions) load() (*scenario.Scenario, error) {
	file, data, err := scenario.Read(o.name)
	if err != nil {
		return nil, err
	}
	return scenario.ParseWith(file, data, o.set, flow.ScenarioKinds(kinds())...)
}

// runRun is the command.
func runRun(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseRun(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, runHelp)
		writeLibrary(stdout)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "netsim run: %v\n", err)
		return exitUsage
	}
	s, err := o.load()
	if err != nil {
		fmt.Fprintf(stderr, "netsim run: %v\n", err)
		return exitUsage
	}
	o.Series = o.full || o.report != "" || o.csv != ""
	measured, err := o.measure(ctx, s, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "netsim run: %v\n", err)
		return exitUsage
	}
	if err := o.write(s, measured, stdout); err != nil {
		fmt.Fprintf(stderr, "netsim run: %v\n", err)
		return exitError
	}
	if !measured.Passed() {
		return exitError
	}
	return exitOK
}

// measure runs the scenario, with a capture if asked for.
func (o *runOptions) measure(ctx context.Context, s *scenario.Scenario, stderr io.Writer) (*result.Run, error) {
	o.Kinds = kinds()
	if !o.quiet {
		o.Progress = progress(stderr)
	}
	if o.pcapng == "" {
		return simrun.Run(ctx, s, o.Options)
	}
	file, err := os.Create(o.pcapng)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	capture := simrun.NewCapture(file, &o.Options)
	measured, err := simrun.Run(ctx, s, o.Options)
	return measured, errors.Join(err, capture.Close(), file.Close())
}

// write writes what was measured, in the ways that were asked for.
func (o *runOptions) write(s *scenario.Scenario, measured *result.Run, stdout io.Writer) error {
	if err := o.writeFiles(s, measured); err != nil {
		return err
	}
	switch {
	case o.json:
		if !o.full {
			measured = measured.Brief()
		}
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(measured)
	case o.quiet:
		return writeFailures(stdout, measured)
	}
	return writeRun(stdout, measured)
}

// parseSeed parses a seed, as decimal or with 0x.
func parseSeed(s string) (uint64, error) {
	var seed uint64
	if _, err := fmt.Sscan(s, &seed); err != nil || fmt.Sprint(seed) != s && fmt.Sprintf("%#x", seed) != s {
		return 0, errors.New("want a whole number from 0")
	}
	return seed, nil
}

// writeLibrary lists the scenarios of the library.
func writeLibrary(w io.Writer) {
	for _, name := range scenario.Library() {
		s, err := scenario.Load(name, flow.ScenarioKinds(kinds())...)
		if err != nil {
			continue // a test finds it
		}
		fmt.Fprintf(w, "  %-18s %s\n", name, s.About)
	}
}

// progress returns what shows on a terminal how far a long run is.
func progress(w io.Writer) func(passed, whole time.Duration) {
	file, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	began, shown := time.Now(), time.Time{}
	return func(passed, whole time.Duration) {
		now := time.Now()
		switch {
		case passed >= whole:
			if !shown.IsZero() {
				fmt.Fprint(w, "\r\x1b[K")
			}
		case now.Sub(began) > time.Second && now.Sub(shown) > 200*time.Millisecond:
			shown = now
			left := time.Duration(float64(now.Sub(began)) * float64(whole-passed) / float64(passed)).Round(time.Second)
			fmt.Fprintf(w, "\r\x1b[K%3.0f %% of %.0f virtual seconds, %v left", 100*passed.Seconds()/whole.Seconds(), whole.Seconds(), left)
		}
	}
}
