package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/netcode/trace"
	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	simrun "github.com/reckon-engine/reckon/sim/run"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/units"
	"github.com/reckon-engine/reckon/sim/vnet"
)

const replayHelp = `Usage: netsim replay FILE|NAME SEED [flags]

Runs a scenario again with a seed that did something odd, and prints what
happened to every datagram around it: where the run ended before its time, or
else at the first disconnect, stall or rebinding, or else at the end. It is the
same run, datagram by datagram.

  netsim replay outage 1
  netsim replay mine.toml 4711 --from 12.3 --until 12.9 --pcapng odd.pcapng

  --from S, --until S     the window, in virtual seconds (half a second before
                          what is odd, to a quarter after it)
  --seconds S             virtual seconds of the run, if not the file's
  --set KEY=VALUE         a value in place of the file's, such as link.loss=3%
  --pcapng FILE           every datagram of the run at both ends, and the keys
  --qlog DIR              what the protocol did, a file for each end of a flow

A line is: the time, where, the datagram's number in the run, its size, its
addresses as they are there, and what became of it.
`

// replayOptions are the flags of netsim replay.
type replayOptions struct {
	runOptions
	from, until time.Duration // negative if not said
	qlog        string
}

// parseReplay returns the options, or flag.ErrHelp, or an error in one line.
func parseReplay(args []string) (replayOptions, error) {
	o := replayOptions{from: -1, until: -1}
	set := flag.NewFlagSet("netsim replay", flag.ContinueOnError)
	o.register(set)
	set.StringVar(&o.qlog, "qlog", "", "")
	set.Func("from", "", seconds(&o.from))
	set.Func("until", "", seconds(&o.until))
	names, err := namesAndFlags(set, args)
	switch {
	case err != nil:
		return o, twoDashes(err)
	case len(names) != 2:
		return o, errors.New("want a scenario and a seed; see netsim replay --help")
	case o.from >= 0 && o.until >= 0 && o.until < o.from:
		return o, errors.New("--until: want a time after --from")
	}
	seed, err := parseSeed(names[1])
	if err != nil {
		return o, fmt.Errorf("the seed %q: %w", names[1], err)
	}
	o.name, o.Seed, o.quiet = names[0], &seed, true
	return o, nil
}

// seconds returns what parses seconds of virtual time.
func seconds(at *time.Duration) func(string) error {
	return func(s string) error {
		value, err := units.ParseNumber(s, 0, scenario.MaxDuration.Seconds())
		*at = time.Duration(value * float64(time.Second))
		return err
	}
}

// runReplay is the command.
func runReplay(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseReplay(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, replayHelp)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "netsim replay: %v\n", err)
		return exitUsage
	}
	s, err := o.load()
	if err != nil {
		fmt.Fprintf(stderr, "netsim replay: %v\n", err)
		return exitUsage
	}
	if err := o.replay(ctx, s, stdout); err != nil {
		fmt.Fprintf(stderr, "netsim replay: %v\n", err)
		return exitError
	}
	return exitOK
}

// The window around what is odd.
const (
	before = 500 * time.Millisecond
	after  = 250 * time.Millisecond
)

// replay runs twice: to find what is odd, and to show it.
func (o *replayOptions) replay(ctx context.Context, s *scenario.Scenario, stdout io.Writer) error {
	first, err := simrun.Run(ctx, s, simrun.Options{Seed: o.Seed, Duration: o.Duration, Kinds: kinds()})
	if err != nil {
		return err
	}
	odd, why := oddTime(first)
	switch {
	case o.from < 0 && o.until < 0:
		o.from, o.until = max(0, odd-before), odd+after
	case o.from < 0:
		o.from = max(0, o.until-before-after)
	case o.until < 0:
		o.until = o.from + before + after
	}
	w := bufio.NewWriter(stdout)
	fmt.Fprintf(w, "%s, seed %d: %s\n%.3f s to %.3f s of %s s:\n\n",
		s.Name, first.Seed, why, o.from.Seconds(), o.until.Seconds(), trimmed(first.VirtualSeconds))
	shown := teller{w: w, from: o.from, until: o.until, events: first.Events}
	o.Observer = shown.tell
	logs := &qlogs{dir: o.qlog}
	if o.qlog != "" {
		o.Tracer = logs.tracer
	}
	second, err := o.measure(ctx, s, io.Discard)
	if err := errors.Join(err, logs.close()); err != nil {
		return err
	}
	shown.eventsUntil(o.until)
	fmt.Fprintf(w, "\ndigest %s\n", second.Digest)
	if err := w.Flush(); err != nil {
		return err
	}
	if first.Digest != second.Digest && ctx.Err() == nil {
		return fmt.Errorf("BUG: the first run had the digest %s", first.Digest)
	}
	return nil
}

// oddTime returns what deserves a look.
func oddTime(r *result.Run) (at time.Duration, why string) {
	end := time.Duration(r.VirtualSeconds * float64(time.Second))
	if r.Error != "" {
		return end, r.Error
	}
	for _, kind := range []string{"disconnected", "stalled", "migrated", "rebind", "move"} {
		for _, e := range r.Events {
			if e.Kind == kind {
				return time.Duration(e.Seconds * float64(time.Second)), e.Text
			}
		}
	}
	return end, "nothing odd happened"
}

// A teller prints what happens in a window of time.
type teller struct {
	w           io.Writer
	from, until time.Duration
	events      []result.Event // of the run, in order of time
	told        int            // of events
}

// tell prints an event of the network.
func (t *teller) tell(e vnet.Event) {
	at := e.Time.Sub(time.Unix(0, 0))
	if at < t.from || at > t.until {
		return
	}
	t.eventsUntil(at)
	if e.Kind == vnet.Carried && e.Fate.Cause == link.Delivered && e.Fate.Delay == 0 && !e.Fate.Duplicated {
		return // a perfect link
	}
	where, what := e.Where, e.Kind.String()
	switch e.Kind {
	case vnet.Carried, vnet.Dropped:
		where += " " + e.Direction.String()
		what = e.Fate.Cause.String()
		if e.Fate.Cause == link.Delivered {
			what = fmt.Sprintf("takes %.3f ms", float64(e.Fate.Delay)/1e6)
		}
		for _, more := range []struct {
			is   bool
			text string
		}{{e.Fate.Duplicated, "twice"}, {e.Fate.Held, "held back"}, {e.Fate.Corrupted, "corrupted"}} {
			if more.is {
				what += ", " + more.text
			}
		}
	case vnet.Refused:
		what = fmt.Sprintf("refused: %v", e.Refusal)
	}
	fmt.Fprintf(t.w, "%13.6f  %-14s #%-6d %5d B  %v → %v  %s\n", at.Seconds(), where, e.Number, len(e.Datagram), e.From, e.To, what)
}

// eventsUntil prints the events of the run up to a time.
func (t *teller) eventsUntil(at time.Duration) {
	for ; t.told < len(t.events) && t.events[t.told].Seconds <= at.Seconds(); t.told++ {
		if e := &t.events[t.told]; e.Seconds >= t.from.Seconds() {
			fmt.Fprintf(t.w, "%13.6f  %s %s: %s\n", e.Seconds, e.Kind, e.Subject, e.Text)
		}
	}
}

// qlogs are the logs of all ends of all flows.
type qlogs struct {
	dir   string
	files []*os.File
	logs  []*trace.Log
	err   error
}

// tracer returns the log of one end of a flow.
func (q *qlogs) tracer(flow, host string) netcode.Tracer {
	file, err := os.Create(filepath.Join(q.dir, flow+"-"+host+".sqlog"))
	if err != nil {
		q.err = errors.Join(q.err, err)
		return nil
	}
	log := trace.NewLog(file, trace.LogOptions{Title: flow + " at " + host, Wait: true})
	q.files, q.logs = append(q.files, file), append(q.logs, log)
	return log
}

func (q *qlogs) close() error {
	for i, log := range q.logs {
		q.err = errors.Join(q.err, log.Close(), q.files[i].Close())
	}
	return q.err
}
