package clock

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// A race is a client that leads, a server that reports slack, and the two
// paths between them.
type race struct {
	lead     *Lead
	up, down *path
	start    engine.Tick // the server's tick at epoch

	ran      engine.Tick // newest tick run by the client
	sent     []delivery
	reports  []report
	got      engine.Tick // newest input the server has
	gotFirst bool
	slacks   []time.Duration // of every input, in the order of ticks
}

type report struct {
	at    time.Time
	tick  engine.Tick
	slack time.Duration
}

func (r *race) due(tick engine.Tick) time.Time {
	return epoch.Add(time.Duration(tick.Sub(r.start)) * tickInterval)
}

// run plays until d, frame by frame.
func (r *race) run(t *testing.T, d, frame time.Duration) {
	t.Helper()
	first, _ := r.down.deliver(epoch)
	rtt := r.up.delay + r.down.delay
	for now := first; now.Before(epoch.Add(d)); now = now.Add(frame) {
		r.server(now)
		r.listen(now)
		if !r.lead.Started() {
			r.lead.Start(now, Position{Tick: r.start + engine.Tick(now.Sub(epoch)/tickInterval) - 1}, rtt)
			r.ran = r.lead.Position(now).Tick - 1
		}
		if r.lead.Advance(now) {
			t.Fatalf("the lead jumped at %v", now.Sub(epoch))
		}
		for due := r.lead.Position(now).Tick; r.ran.Before(due); {
			r.ran++
			r.lead.Ran(r.ran)
			if at, ok := r.up.deliver(now); ok {
				r.sent = append(r.sent, delivery{at, r.ran})
				inOrder(r.sent)
			}
		}
	}
}

// server files inputs that have arrived by now. A message brings every input
// since the newest before it.
func (r *race) server(now time.Time) {
	for len(r.sent) > 0 && !r.sent[0].at.After(now) {
		m := r.sent[0]
		r.sent = r.sent[1:]
		if r.gotFirst && !r.got.Before(m.tick) {
			continue
		}
		oldest := m.tick
		if r.gotFirst {
			oldest = r.got + 1
		}
		for tick := oldest; tick.Sub(m.tick) <= 0; tick++ {
			r.slacks = append(r.slacks, r.due(tick).Sub(m.at))
		}
		slack := r.due(oldest).Sub(m.at)
		r.got, r.gotFirst = m.tick, true
		next := m.at.Truncate(tickInterval).Add(tickInterval)
		if at, ok := r.down.deliver(next); ok {
			r.reports = append(r.reports, report{at, m.tick, slack})
			slices.SortFunc(r.reports, func(a, b report) int { return a.at.Compare(b.at) })
		}
	}
}

func (r *race) listen(now time.Time) {
	for len(r.reports) > 0 && !r.reports[0].at.After(now) {
		r.lead.Report(r.reports[0].tick, r.reports[0].slack)
		r.reports = r.reports[1:]
	}
}

func TestLeadConverges(t *testing.T) {
	for _, test := range []struct {
		rtt, jitter time.Duration
		loss        float64
		frame       time.Duration
		maxMedian   time.Duration // of slack: running further ahead than needed
	}{
		{20 * time.Millisecond, 0, 0, time.Second / 240, 30 * time.Millisecond},
		{20 * time.Millisecond, 5 * time.Millisecond, 0.01, time.Second / 60, 55 * time.Millisecond},
		{80 * time.Millisecond, 10 * time.Millisecond, 0.03, time.Second / 144, 60 * time.Millisecond},
		{200 * time.Millisecond, 20 * time.Millisecond, 0.03, time.Second / 60, 70 * time.Millisecond},
		{200 * time.Millisecond, 40 * time.Millisecond, 0.05, time.Second / 60, 110 * time.Millisecond},
	} {
		name := fmt.Sprintf("rtt=%v,jitter=%v,loss=%v,frame=%v", test.rtt, test.jitter, test.loss, test.frame)
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				r := &race{
					lead: NewLead(tickInterval), start: 1<<32 - 500,
					up:   newPath(seed, test.rtt, test.jitter, test.loss),
					down: newPath(seed+100, test.rtt, test.jitter, test.loss),
				}
				r.run(t, 60*time.Second, test.frame)
				late, warm := 0, r.slacks[120:] // two seconds
				for _, s := range warm {
					if s < 0 {
						late++
					}
				}
				slices.Sort(warm)
				median := warm[len(warm)/2]
				part := float64(late) / float64(len(warm))
				t.Logf("seed %d: %.2f%% late, median slack %v", seed, part*100, median)
				if part > 0.01 {
					t.Errorf("seed %d: %.2f%% of inputs late, want at most 1%%", seed, part*100)
				}
				if median < tickInterval*9/10 || median > test.maxMedian {
					t.Errorf("seed %d: median slack %v, want a tick to %v", seed, median, test.maxMedian)
				}
			}
		})
	}
}

// Far too early or late, the lead jumps rather than walk.
func TestLeadResynchronises(t *testing.T) {
	for _, slack := range []time.Duration{-20 * tickInterval, 20 * tickInterval} {
		lead := NewLead(tickInterval)
		lead.Start(epoch, Position{Tick: 100}, 50*time.Millisecond)
		tick := lead.Position(epoch).Tick
		lead.Ran(tick)
		lead.Report(tick-1, slack) // from before the start: ignored
		if lead.Advance(epoch) {
			t.Error("a report about the time before Start was believed")
		}
		lead.Report(tick, slack)
		if !lead.Advance(epoch) {
			t.Fatalf("Advance with slack %v = false, want a jump", slack)
		}
		moved := time.Duration(lead.Position(epoch).Tick.Sub(tick)) * tickInterval
		if want := leadStart*tickInterval - slack; (moved - want).Abs() > tickInterval {
			t.Errorf("slack %v moved the lead by %v, want %v", slack, moved, want)
		}
		if lead.Advance(epoch) {
			t.Error("the lead jumps twice for one report")
		}
	}
}

// Dilation stays within five percent.
func TestLeadDilation(t *testing.T) {
	lead := NewLead(tickInterval)
	lead.Start(epoch, Position{Tick: 100}, 50*time.Millisecond)
	tick := lead.Position(epoch).Tick
	lead.Ran(tick)
	lead.Report(tick, -2*tickInterval)
	before := lead.Position(epoch)
	for i := 1; i <= 60; i++ {
		now := epoch.Add(time.Duration(i) * tickInterval)
		if lead.Advance(now) {
			t.Fatal("Advance = true, want a walk")
		}
		after := lead.Position(now)
		if rate := after.Sub(before); rate < 0.949 || rate > 1.051 {
			t.Fatalf("ran %.4f ticks in a tick, want 0.95 to 1.05", rate)
		}
		before = after
	}
}

func TestServerTime(t *testing.T) {
	s := NewServerTime(tickInterval)
	p := newPath(1, 80*time.Millisecond, 20*time.Millisecond, 0.1)
	var now time.Time
	for _, d := range snapshots(p, 1000, 1200, 1) {
		now = d.at
		if s.Observe(d.tick, d.at) {
			t.Fatal("ordinary jitter was taken for a jump of the clock")
		}
	}
	want := 1000 + float64(now.Sub(epoch)-p.delay)/float64(tickInterval)
	got := s.Arriving(now)
	if off := got.Sub(Position{}) - want; off < -0.1 || off > 0.1 {
		t.Errorf("Arriving() is off by %.3f ticks, want at most 0.1", off)
	}
	if j := s.Jitter(); j < 3*time.Millisecond || j > 7*time.Millisecond {
		t.Errorf("Jitter() = %v, want about 5ms, the mean deviation of 0 to 20 ms", j)
	}
	if !s.Observe(got.Tick+100, now) {
		t.Error("an arrival 100 ticks early was not taken for a jump of the clock")
	}
}

// Matches that last longer than ticks can count are followed without a break.
func TestTimelineFollows(t *testing.T) {
	s := NewServerTime(tickInterval)
	head := NewPlayhead(tickInterval, tickInterval)
	const stride = 1 << 22 // 19 hours
	for i := range time.Duration(3000) {
		tick, now := engine.Tick(i*stride), epoch.Add(i*stride*tickInterval)
		if s.Observe(tick, now) {
			t.Fatalf("after %v the clock is said to have jumped", now.Sub(epoch))
		}
		head.Observe(tick, now)
		if off := s.Arriving(now).Sub(Position{Tick: tick}); off != 0 {
			t.Fatalf("after %v the estimate is off by %v ticks", now.Sub(epoch), off)
		}
	}
}
