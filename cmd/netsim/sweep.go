package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/sweep"
	"github.com/reckon-engine/reckon/sim/units"
)

const sweepHelp = `Usage: netsim sweep FILE|NAME --vary KEY=VALUES ... [flags]

Runs a scenario in virtual time at every point of a grid: all combinations of
the values that its keys may have, each with several seeds, on all cores.

  netsim sweep duel-lte --vary link.loss=0%..10%/11 --vary link.rtt=20ms,50ms,100ms --seeds 1..20
  netsim sweep mine.toml --seeds 1..10000 --find-seed

The grid
  --vary KEY=VALUES       a key of the scenario, dotted: link.loss, link.down.rate,
                          hosts.alice.link.rtt, flow.duel.channel.state.up.rate.
                          Repeat it for more keys (up to 8). VALUES are a list
                          of values and ranges, with commas between:
                            0%..10%/11        11 values, both ends included
                            20ms..100ms/+20ms each 20ms more
                            64kbit..4mbit/x2  each twice the one before
                            10ms..1s/7log     7 values, each the same multiple
                            lte,wifi,dsl      texts, as of link.preset
  --seeds SEEDS           chance at every combination of values: 1..20, or
                          1..5,77 (the scenario's)
  --set KEY=VALUE         a value in place of the file's, at every point
  --seconds S             virtual seconds of a run (as the file says)

Measuring
  --metric FIGURE         what to keep of every point, as assertions name it:
                          "p99 of channel state", "loss of link client up",
                          "counter stalls"; repeat it for more (p50, p99, loss)
  --jobs N                runs at once (one for each core)
  --find-seed             stop at the first point that fails, in the order of
                          the grid, whatever --jobs is

Output
  --out DIR               keep every point in DIR/points.jsonl as soon as it is
                          measured
  --resume                with --out: go on where an earlier sweep was stopped,
                          by whatever. It is refused if the scenario, the grid
                          or the program is another, with the difference
  --report FILE           a page with plots, for a browser
  --csv FILE              a line for each point, for a spreadsheet
  --json                  one object instead of tables
  --quiet                 no progress, and only what failed

Assertions of the scenario must hold at every point; one that begins with
"sometimes:" needs to with one seed of each combination of values. What fails
is listed with the netsim replay command that shows it, the worst first.

The same grid gives the same points and the same digest on every machine, with
any number of jobs, stopped and resumed or not.

Exit status: 0 everything was measured and held, 1 it was not, did not, or a
file could not be written, 2 the scenario, the grid or the flags make no sense.
An interrupt ends the sweep, and reports what was measured so far.
`

// sweepOptions are the flags of netsim sweep.
type sweepOptions struct {
	sweep.Config
	sweep.Options
	name             string
	out, report, csv string
	resume           bool
	json, quiet      bool
	began            time.Time
}

// parseSweep returns the options, or flag.ErrHelp, or an error in one line.
func parseSweep(args []string) (*sweepOptions, error) {
	o := &sweepOptions{}
	set := flag.NewFlagSet("netsim sweep", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	o.registerGrid(set)
	set.Func("metric", "", func(s string) error {
		o.Metrics = append(o.Metrics, strings.Join(strings.Fields(s), " "))
		return nil
	})
	set.Func("jobs", "", func(s string) error {
		n, err := units.ParseNumber(s, 1, 4096)
		o.Jobs = int(n)
		return err
	})
	set.BoolVar(&o.FindSeed, "find-seed", false, "")
	set.StringVar(&o.out, "out", "", "")
	set.BoolVar(&o.resume, "resume", false, "")
	set.StringVar(&o.report, "report", "", "")
	set.StringVar(&o.csv, "csv", "", "")
	set.BoolVar(&o.json, "json", false, "")
	set.BoolVar(&o.quiet, "quiet", false, "")
	names, err := namesAndFlags(set, args)
	switch {
	case err != nil:
		return o, twoDashes(err)
	case len(names) == 0:
		return o, errors.New("want a scenario: a file, or a name of the library; see netsim sweep --help")
	case len(names) > 1:
		return o, fmt.Errorf("want one scenario, not %q as well", names[1])
	case len(o.Axes) == 0 && o.Seeds == nil:
		return o, errors.New("nothing varies: want --vary KEY=VALUES, --seeds 1..20, or both")
	case o.resume && o.out == "":
		return o, errors.New("--resume needs --out: the folder of the sweep to go on with")
	}
	o.name = names[0]
	return o, nil
}

// registerGrid adds the flags that say what is measured.
func (o *sweepOptions) registerGrid(set *flag.FlagSet) {
	set.Func("vary", "", func(s string) error {
		axis, err := sweep.ParseAxis(s)
		o.Axes = append(o.Axes, axis)
		return err
	})
	set.Func("seeds", "", func(s string) (err error) {
		o.Seeds, err = sweep.ParseSeeds(s)
		return err
	})
	set.Func("set", "", func(s string) error { return addSetting(&o.Set, s) })
	set.Func("seconds", "", func(s string) error {
		seconds, err := units.ParseNumber(s, 0.001, scenario.MaxDuration.Seconds())
		o.Duration = time.Duration(seconds * float64(time.Second))
		return err
	})
}

// addSetting reads KEY=VALUE.
func addSetting(all *[]scenario.Setting, s string) error {
	key, value, ok := strings.Cut(s, "=")
	if !ok || key == "" || value == "" {
		return errors.New("want KEY=VALUE, such as link.loss=3%")
	}
	*all = append(*all, scenario.Setting{Key: strings.TrimSpace(key), Value: strings.TrimSpace(value)})
	return nil
}

// runSweep is the command.
func runSweep(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseSweep(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, sweepHelp)
		return exitOK
	}
	refuse := func(err error, code int) int {
		fmt.Fprintf(stderr, "netsim sweep: %v\n", err)
		return code
	}
	if err != nil {
		return refuse(err, exitUsage)
	}
	if o.File, o.Data, err = scenario.Read(o.name); err != nil {
		return refuse(err, exitUsage)
	}
	o.Kinds, o.Version = kinds(), version()
	s, err := sweep.New(o.Config)
	if err != nil {
		return refuse(err, exitUsage)
	}
	if o.out != "" {
		if o.Log, err = s.Open(o.out, o.resume); err != nil {
			if errors.Is(err, sweep.ErrExists) {
				err = fmt.Errorf("%w: add --resume to go on with it, or choose another --out", err)
			}
			return refuse(err, exitError)
		}
		defer o.Log.Close()
	}
	if err := o.sweep(ctx, s, stdout, stderr); err != nil {
		return refuse(err, exitError)
	}
	if !s.Outcome().Passed() {
		return exitError
	}
	return exitOK
}

// sweepGC is how much garbage there may be for each byte in use, in percent:
// a run leaves little behind, and memory is not what a sweep is short of.
const sweepGC = 400

// sweep measures and reports.
func (o *sweepOptions) sweep(ctx context.Context, s *sweep.Sweep, stdout, stderr io.Writer) error {
	defer debug.SetGCPercent(debug.SetGCPercent(sweepGC))
	o.began = time.Now()
	shown := newSweepProgress(stderr, s, o.quiet)
	o.Progress = shown.point
	err := s.Run(ctx, o.Options)
	shown.end()
	return errors.Join(err, o.writeSweep(s, time.Since(o.began), stdout))
}

// version says which program measured something.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text, changed := info.Main.Version, ""
	for _, set := range info.Settings {
		switch {
		case set.Key == "vcs.revision":
			text = set.Value
		case set.Key == "vcs.modified" && set.Value == "true":
			changed = "+changes"
		}
	}
	return text + changed
}

// replayCommand returns what to type to see a point again.
func (o *sweepOptions) replayCommand(s *sweep.Sweep, p *sweep.Point) string {
	words := []string{"netsim", "replay", o.name, fmt.Sprint(p.Seed)}
	for _, set := range s.Settings(p.Index) {
		words = append(words, "--set", set.Key+"="+set.Value)
	}
	if o.Duration != 0 {
		words = append(words, "--seconds", fmt.Sprint(o.Duration.Seconds()))
	}
	return shellWords(words)
}

// sweepCommand returns what to type to get the same sweep.
func sweepCommand() string {
	return shellWords(append([]string{"netsim"}, os.Args[1:]...))
}

// shellWords quotes words as a POSIX shell and most others read them.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if quoted[i] = w; w == "" || strings.ContainsFunc(w, func(r rune) bool {
			return !strings.ContainsRune("%+,-./:=@_", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
