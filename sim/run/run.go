package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/netcode"
	"github.com/reckon-engine/reckon/sim/flow"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
	"github.com/reckon-engine/reckon/sim/vnet"
)

// Options configures a run. The zero value is ready to use.
type Options struct {
	// Seed decides all chance. If nil, the scenario's.
	Seed *uint64

	// Duration is how long the run takes in virtual time. If zero, as long
	// as the scenario says.
	Duration time.Duration

	// Kinds are the kinds of flows. If nil, flow.Kinds().
	Kinds []flow.Kind

	// Series makes flows keep what plots need, in steps of a hundredth of a
	// second to a minute, 600 of them or fewer. Links always do.
	Series bool

	// Tracer, if not nil, returns who watches the core of a flow on a host;
	// it may return nil.
	Tracer func(flow, host string) netcode.Tracer

	// Observer, if not nil, is told what happens to every datagram.
	Observer func(vnet.Event)

	// Progress, if not nil, is called now and then with the virtual time
	// that has passed.
	Progress func(passed, whole time.Duration)
}

// slice is how much virtual time passes between two looks at the context and
// at the flows.
const slice = time.Second

// What is still on its way when flows fall silent has this long to arrive, and
// is looked after so often. A reliable message that was lost over the worst of
// our presets takes a few round trips of a second.
const (
	drain     = 10 * time.Second
	drainStep = 50 * time.Millisecond
)

// Run runs a scenario. The error is about what makes no sense in it; what goes
// wrong in the run, such as a flow that never connects, is in result.Run.Error.
// If ctx ends, the run does too, and the result is of what was measured so far.
func Run(ctx context.Context, s *scenario.Scenario, o Options) (*result.Run, error) {
	r, err := start(s, o)
	if err != nil {
		return nil, err
	}
	began := clock()
	err = r.play(ctx)
	if err == nil {
		err = r.drain(ctx)
	}
	return r.finish(clock().Sub(began), err), nil
}

// A running run.
type running struct {
	scenario *scenario.Scenario
	options  Options
	seed     uint64
	whole    time.Duration
	stage    *flow.Stage
	net      *vnet.Internet
	flows    []flow.Flow
	world    world
	played   time.Duration
	failure  error // of a change of the timeline
}

// start builds everything.
func start(s *scenario.Scenario, o Options) (*running, error) {
	r := &running{scenario: s, options: o, seed: s.Seed, whole: s.Duration}
	if o.Seed != nil {
		r.seed = *o.Seed
	}
	if o.Duration != 0 {
		r.whole = o.Duration
	}
	if r.whole <= 0 {
		return nil, fmt.Errorf("run: the duration is %v, want more than 0s", r.whole)
	}
	if o.Kinds == nil {
		r.options.Kinds = flow.Kinds()
	}
	r.net = vnet.NewInternet(vnet.InternetConfig{Seed: r.seed, Start: epoch(), Observer: o.Observer})
	epoch := r.net.Now()
	r.stage = &flow.Stage{
		Net: r.net, Seed: r.seed, Epoch: epoch, Until: epoch.Add(r.whole), IPv6: s.IPv6, Tracer: o.Tracer,
	}
	step := stepOf(r.whole)
	if o.Series {
		r.stage.Step = step
	}
	r.world = world{net: r.net, ipv6: s.IPv6, step: step, epoch: epoch}
	if err := r.world.build(s.Places); err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	for _, p := range s.Places {
		if !p.Router {
			r.stage.Hosts = append(r.stage.Hosts, p.Name)
		}
	}
	if err := r.begin(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	r.schedule()
	return r, nil
}

// stepOf returns how long a step of a series is: at most 600 of them, and a
// number that reads well.
func stepOf(whole time.Duration) time.Duration {
	for _, step := range []time.Duration{
		10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
		100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	} {
		if whole <= 600*step {
			return step
		}
	}
	return (whole/600 + time.Minute - 1).Truncate(time.Minute)
}

// begin makes the flows.
func (r *running) begin() error {
	for _, f := range r.scenario.Flows {
		i := slices.IndexFunc(r.options.Kinds, func(k flow.Kind) bool { return k.Name == f.Kind })
		if i < 0 {
			return fmt.Errorf("flow %s: no flows of the kind %q here", f.Name, f.Kind)
		}
		made, err := r.options.Kinds[i].Begin(r.stage, f.Name, f.Options)
		if err != nil {
			return err
		}
		r.flows = append(r.flows, made)
	}
	return nil
}

// play runs until flows fall silent, or one of them cannot go on.
func (r *running) play(ctx context.Context) error {
	for r.played < r.whole {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("interrupted after %.0f of %.0f virtual seconds", r.played.Seconds(), r.whole.Seconds())
		}
		r.played = min(r.played+slice, r.whole)
		if err := r.advance(r.played); err != nil {
			return err
		}
		if r.options.Progress != nil {
			r.options.Progress(r.played, r.whole)
		}
	}
	return nil
}

// drain lets what is on its way arrive.
func (r *running) drain(ctx context.Context) error {
	for passed := drainStep; passed <= drain && ctx.Err() == nil; passed += drainStep {
		quiet := true
		for _, f := range r.flows {
			quiet = quiet && f.Quiet()
		}
		if quiet {
			return nil
		}
		if err := r.advance(r.whole + passed); err != nil {
			return err
		}
	}
	return nil
}

// advance runs until a time since the beginning.
func (r *running) advance(to time.Duration) error {
	if err := r.net.Run(r.stage.Epoch.Add(to)); err != nil {
		return err
	}
	if r.failure != nil {
		return r.failure
	}
	for _, f := range r.flows {
		if err := f.Err(); err != nil {
			return err
		}
	}
	return nil
}

// finish puts together what was measured. The error says why the run ended
// before its time.
func (r *running) finish(wall time.Duration, err error) *result.Run {
	out := &result.Run{
		Scenario: r.scenario.Name, Mode: result.Virtual, Seed: r.seed,
		Digest:         fmt.Sprintf("%#016x", r.net.Digest()),
		VirtualSeconds: r.played.Seconds(), WallSeconds: wall.Seconds(),
		Flows: []result.Flow{}, Links: r.world.results(),
	}
	if err != nil {
		out.Error = err.Error()
	}
	for _, f := range r.flows {
		out.Flows = append(out.Flows, f.Result())
	}
	out.Events = slices.Concat(r.world.events, r.stage.Events())
	slices.SortStableFunc(out.Events, func(a, b result.Event) int { return cmp.Compare(a.Seconds, b.Seconds) })
	out.Assertions = r.scenario.Judge(out)
	return out
}
