package sweep

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/reckon-engine/reckon/sim/result"
	simrun "github.com/reckon-engine/reckon/sim/run"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// Options are how a sweep runs. The zero value is ready to use.
type Options struct {
	// Jobs is how many runs there are at once. If zero, one for each core.
	Jobs int

	// FindSeed ends the sweep at the first point, in the order of the grid,
	// that fails. Outcomes have the points up to it.
	FindSeed bool

	// Log, if not nil, keeps every point as soon as it is measured.
	Log *Log

	// Progress, if not nil, is called after every point, by one goroutine at
	// a time.
	Progress func(p *Point)
}

// Run measures what is still to measure. If ctx ends it returns nil when the
// runs that were under way have been given up: Outcome has the others. An
// error is of the log.
func (s *Sweep) Run(ctx context.Context, o Options) error {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q := &queue{sweep: s, options: o, cancel: cancel}
	if o.FindSeed {
		for i := range s.points {
			if s.done[i] && s.points[i].broken() {
				q.found(i)
				break
			}
		}
	}
	var workers sync.WaitGroup
	for range min(o.Jobs, len(s.points)) {
		workers.Go(func() {
			w := worker{sweep: s, cell: -1}
			for i, ok := q.take(ctx); ok; i, ok = q.take(ctx) {
				p, err := w.measure(ctx, i)
				if err != nil {
					q.fail(err)
				} else if ctx.Err() == nil {
					q.put(p)
				}
			}
		})
	}
	workers.Wait()
	return q.err
}

// A queue hands out points, in order, and takes what was measured.
type queue struct {
	sweep   *Sweep
	options Options
	cancel  context.CancelFunc

	mu   sync.Mutex
	next int
	err  error
}

// take returns the next point to measure.
func (q *queue) take(ctx context.Context) (point int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.sweep
	for q.next < len(s.points) && s.done[q.next] {
		q.next++
	}
	if ctx.Err() != nil || q.next == len(s.points) || s.stopped >= 0 && q.next > s.stopped {
		return 0, false
	}
	q.next++
	return q.next - 1, true
}

// put keeps a point.
func (q *queue) put(p Point) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.sweep
	if q.err != nil {
		return
	}
	if q.options.Log != nil {
		if q.err = q.options.Log.add(&p); q.err != nil {
			q.cancel()
			return
		}
	}
	s.points[p.Index], s.done[p.Index] = p, true
	if q.options.FindSeed && p.broken() {
		q.found(p.Index)
	}
	if q.options.Progress != nil {
		q.options.Progress(&s.points[p.Index])
	}
}

// found notes a point that fails. Those before it are still measured, so that
// the first one does not depend on which was done first.
func (q *queue) found(point int) {
	if s := q.sweep; s.stopped < 0 || point < s.stopped {
		s.stopped = point
	}
}

// fail ends everything.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = errors.Join(q.err, err)
	q.cancel()
}

// A worker measures points one after the other.
type worker struct {
	sweep    *Sweep
	cell     int // that scenario is of; -1 before the first
	scenario *scenario.Scenario
	figures  []scenario.Figure
}

// measure runs a point.
func (w *worker) measure(ctx context.Context, index int) (p Point, err error) {
	s := w.sweep
	seeds := s.grid.seeds
	if cell := index / len(seeds); cell != w.cell {
		// Seeds of one cell follow each other, so this is seldom.
		if w.scenario, err = s.parse(s.grid.settings(cell)); err != nil {
			return p, fmt.Errorf("the scenario changed while it was swept: %w", err)
		}
		if w.figures, err = s.figuresOf(w.scenario); err != nil {
			return p, err
		}
		w.cell = cell
	}
	seed := seeds[index%len(seeds)]
	run, err := w.run(ctx, seed)
	if err != nil {
		return p, fmt.Errorf("at %s, seed %d: %w", describeSettings(s.grid.settings(w.cell)), seed, err)
	}
	return w.pointOf(index, run), nil
}

// run runs the worker's scenario. A panic is what a sweep is to find: it is
// the error of that run, with the seed that repeats it.
func (w *worker) run(ctx context.Context, seed uint64) (run *result.Run, err error) {
	defer func() {
		if r := recover(); r != nil {
			w.cell = -1 // whatever is left of it
			run, err = &result.Run{Seed: seed, Error: fmt.Sprintf("panic: %v", r)}, nil
		}
	}()
	return simrun.Run(ctx, w.scenario, simrun.Options{Seed: &seed, Duration: w.sweep.config.Duration, Kinds: w.sweep.config.Kinds})
}
