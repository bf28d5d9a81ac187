package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// Within three seconds of playing, the client's clocks have settled: inputs
// come in time, others are shown without a gap, and neither costs more delay
// than the network makes necessary.
func TestConvergence(t *testing.T) {
	for _, test := range []struct {
		sky       weather
		maxSlack  time.Duration
		maxInterp time.Duration
	}{
		{weather{delay: 10 * ms, jitter: 2 * ms}, 35 * ms, 40 * ms},
		{weather{delay: 40 * ms, jitter: 10 * ms, loss: 0.01}, 50 * ms, 60 * ms},
		{weather{delay: 40 * ms, jitter: 20 * ms, loss: 0.03}, 60 * ms, 80 * ms},
		{weather{delay: 75 * ms, jitter: 20 * ms, loss: 0.05}, 60 * ms, 90 * ms},
		{weather{delay: 100 * ms, jitter: 20 * ms, loss: 0.05}, 60 * ms, 90 * ms},
	} {
		t.Run(fmt.Sprintf("%+v", test.sky), func(t *testing.T) {
			st := newStage(t, test.sky, nil)
			a := st.enter(nil)
			a.play = wander
			st.mustPlay(a)
			st.run(3 * time.Second)
			before, seen := st.server.Stats().Inputs, a.Stats()
			st.run(60 * time.Second)
			after, s := st.server.Stats().Inputs, a.Stats()
			used, missing := after.Used-before.Used, after.Missing-before.Missing
			starved := float64(s.Starved-seen.Starved) / float64(s.Frames-seen.Frames)
			t.Logf("%d used, %d missing; slack %v; interpolation %v, %.2f%% starved; lead %.1f ticks; %d corrections",
				used, missing, s.Slack, s.InterpolationDelay, starved*100, s.TickLead, s.Corrections)
			if s.Corrections*100 > s.Confirmed {
				t.Errorf("%d corrections, %d confirmed, want at most 1%%", s.Corrections, s.Confirmed)
			}
			if used+missing < 3500 || missing*100 > used+missing {
				t.Errorf("%d inputs used and %d missing in 60 s, want 3600 and at most 1%%", used, missing)
			}
			if s.Slack < 12*ms || s.Slack > test.maxSlack {
				t.Errorf("slack %v, want 12ms to %v", s.Slack, test.maxSlack)
			}
			if starved >= 0.01 {
				t.Errorf("%.2f%% of frames starved, want less than 1%%", starved*100)
			}
			if s.InterpolationDelay > test.maxInterp {
				t.Errorf("interpolation delay %v, want at most %v", s.InterpolationDelay, test.maxInterp)
			}
			if s.Resynchronised != 0 {
				t.Errorf("resynchronised %d times, want never", s.Resynchronised)
			}
		})
	}
}

// Loss of every second input packet leaves nearly no input missing, since each
// packet repeats what is not acknowledged.
func TestLostInputs(t *testing.T) {
	st := newStage(t, weather{delay: 20 * ms, loss: 0.3}, nil)
	a := st.enter(nil)
	a.play = wander
	st.mustPlay(a)
	st.run(5 * time.Second)
	before := st.server.Stats().Inputs
	st.run(30 * time.Second)
	after := st.server.Stats().Inputs
	missing := float64(after.Missing-before.Missing) / 1800
	t.Logf("30%% loss: %.2f%% of inputs missing; %+v", missing*100, after)
	if missing > 0.02 {
		t.Errorf("%.2f%% of inputs missing at 30%% loss, want at most 2%%", missing*100)
	}
}

// A push by the server that nobody can predict is one correction, and is seen
// as a movement, not as a jump.
func TestCorrectionIsSmooth(t *testing.T) {
	st := newStage(t, weather{delay: 40 * ms}, nil)
	push := false
	st.game.onStep = func(w *engine.World, _ *engine.Inputs[walkInput]) {
		if push {
			_, row := st.game.players.Slot(w, 0)
			row.X += 2000
			push = false
		}
	}
	a := st.enter(nil)
	a.frame = time.Second / 144
	st.mustPlay(a)
	st.run(2 * time.Second)
	var last, most, jumps int32
	a.drawn = func(_ time.Time, w *engine.World) {
		x := a.own(st.game, w).X
		if last != 0 {
			most = max(most, x-last, last-x)
			if x != last {
				jumps++
			}
		}
		last = x
	}
	st.run(100 * ms)
	push = true
	st.run(1500 * ms)
	stats := a.Stats()
	if stats.Corrections != 1 {
		t.Errorf("%d corrections, want 1", stats.Corrections)
	}
	if last != mapMiddle+2000 {
		t.Errorf("in the end the row is shown at %d, want %d", last, mapMiddle+2000)
	}
	// With a half-life of 100 ms, a frame of 1/144 s takes 4.7 % of what is left.
	if most > 2000*6/100 || jumps < 50 {
		t.Errorf("the view moved %d at most in a frame, in %d frames, want at most %d in at least 50", most, jumps, 2000*6/100)
	}
}

// On a display faster or slower than the tick rate, one's own walk is even:
// every frame moves it by the distance that the frame's time is worth.
func TestOwnMovementIsEven(t *testing.T) {
	for _, hz := range []time.Duration{50, 60, 75, 144, 240} {
		st := newStage(t, weather{delay: 30 * ms}, nil)
		a := st.enter(nil)
		a.frame = time.Second / hz
		a.play = func(time.Time) walkInput { return walkInput{Move: 1} }
		st.mustPlay(a)
		st.run(5 * time.Second)
		const speed = 281 // the rule's fixed point, per tick: 40 - 281/8 truncates to a net 0
		want := float64(speed) * 60 / float64(hz)
		last, lastAt := int32(0), time.Time{}
		worst := 0.0
		a.drawn = func(now time.Time, w *engine.World) {
			x := a.own(st.game, w).X
			if !lastAt.IsZero() {
				expected := want * float64(now.Sub(lastAt)) / float64(a.frame)
				worst = max(worst, (float64(x-last)-expected)/want, -(float64(x-last)-expected)/want)
			}
			last, lastAt = x, now
		}
		st.run(2 * time.Second)
		if worst > 0.08 {
			t.Errorf("%d Hz: a frame moved %.0f%% more or less than it should, want at most 8%%", hz, worst*100)
		}
	}
}

// The machine sleeps for a minute: at once, everything starts over.
func TestStall(t *testing.T) {
	for _, asleep := range []time.Duration{300 * ms, 4 * time.Second} {
		st := newStage(t, weather{delay: 40 * ms, jitter: 5 * ms}, nil)
		a := st.enter(nil)
		a.play = wander
		st.mustPlay(a)
		st.run(3 * time.Second)
		a.asleep = true
		st.run(asleep)
		a.asleep, a.next = false, st.now
		st.run(300 * ms)
		before, seen := st.server.Stats().Inputs, a.Stats()
		st.run(3 * time.Second)
		after, s := st.server.Stats().Inputs, a.Stats()
		if s.Resynchronised != 1 {
			t.Errorf("%v: resynchronised %d times, want once", asleep, s.Resynchronised)
		}
		if missing := after.Missing - before.Missing; missing > 2 {
			t.Errorf("%v: %d inputs missing from 300 ms after waking on, want at most 2", asleep, missing)
		}
		if starved := s.Starved - seen.Starved; starved > 5 {
			t.Errorf("%v: %d frames starved from 300 ms after waking on, want at most 5", asleep, starved)
		}
		if s.InterpolationDelay > 60*ms {
			t.Errorf("%v: interpolation delay %v after waking, want at most 60ms", asleep, s.InterpolationDelay)
		}
		if r := st.server.Stats().Resynchronised; r != 1 {
			t.Errorf("%v: the server saw %d new timelines, want 1", asleep, r)
		}
	}
}

// The machine sleeps, and its clock with it: nobody was late, but the server
// is a minute further on.
func TestClockSleeps(t *testing.T) {
	st := newStage(t, weather{delay: 40 * ms}, nil)
	a := st.enter(nil)
	a.play = wander
	st.mustPlay(a)
	st.run(3 * time.Second)
	a.asleep = true
	st.run(4 * time.Second)
	a.asleep, a.next, a.skew = false, st.now, 4*time.Second
	st.run(500 * ms)
	before := st.server.Stats().Inputs
	st.run(3 * time.Second)
	after, s := st.server.Stats().Inputs, a.Stats()
	if s.Resynchronised == 0 || s.Resynchronised > 2 {
		t.Errorf("resynchronised %d times, want once or twice", s.Resynchronised)
	}
	if missing := after.Missing - before.Missing; missing > 2 {
		t.Errorf("%d inputs missing from 500 ms after waking on, want at most 2", missing)
	}
	if s.InterpolationDelay > 60*ms || s.TickLead > 10 {
		t.Errorf("interpolation delay %v and lead %.1f ticks after waking, want at most 60ms and 10", s.InterpolationDelay, s.TickLead)
	}
}

// A client that is only called when it says so plays as well as any.
func TestNextDeadline(t *testing.T) {
	st := newStage(t, weather{delay: 40 * ms}, nil)
	a := st.enter(nil)
	a.play, a.lazy = wander, true
	st.mustPlay(a)
	st.run(3 * time.Second)
	before, n := st.server.Stats().Inputs, a.Stats().Inputs
	st.run(10 * time.Second)
	after := st.server.Stats().Inputs
	if used := after.Used - before.Used; used < 599 || after.Missing != before.Missing {
		t.Errorf("%d of 600 inputs used, %d missing, want all and none", used, after.Missing-before.Missing)
	}
	if made := a.Stats().Inputs - n; made < 598 || made > 602 {
		t.Errorf("%d inputs in 10 s, want 600", made)
	}
}

// A server that was held up makes up for a little, drops the rest from its
// schedule, and goes on at the right pace.
func TestOverrun(t *testing.T) {
	st := newStage(t, weather{delay: 20 * ms}, nil)
	a := st.enter(nil)
	a.play = wander
	st.mustPlay(a)
	st.run(2 * time.Second)
	before := st.server.Stats()
	st.deaf = true
	st.run(500 * ms)
	st.deaf = false
	st.run(time.Millisecond)
	after := st.server.Stats()
	if n := after.Ticks - before.Ticks; n > 6 {
		t.Errorf("ran %d ticks at once, want at most 6", n)
	}
	if n := after.Overruns - before.Overruns; n < 24 || n > 26 {
		t.Errorf("%d overruns for 500 ms, want about 25", n)
	}
	st.run(time.Second)
	if n := st.server.Stats().Ticks - after.Ticks; n < 59 || n > 61 {
		t.Errorf("%d ticks in the second after, want 60", n)
	}
	st.run(8 * time.Second)
	settled := st.server.Stats().Inputs
	st.run(5 * time.Second)
	now := st.server.Stats().Inputs
	if used := now.Used - settled.Used; used < 299 {
		t.Errorf("%d of 300 inputs used after recovery, want all", used)
	}
	t.Logf("slack %v after recovery, resynchronised %d", a.Stats().Slack, a.Stats().Resynchronised)
	if s := a.Stats().Slack; s > 40*ms {
		t.Errorf("slack %v after recovery, want at most 40ms", s)
	}
}

// The schedule does not drift: after an hour, tick n has been due at start +
// n·interval to the nanosecond.
func TestNoDrift(t *testing.T) {
	st := newStage(t, weather{}, nil)
	s, start := st.server, st.now
	s.Advance(start)
	for range 60 * 60 * 60 {
		s.Advance(s.NextTick().Add(3 * ms)) // always late
	}
	want := start.Add(216001 * (time.Second / 60))
	if got := s.NextTick(); !got.Equal(want) || s.Tick() != 216001 {
		t.Errorf("tick %d, next due %v, want 216001, %v", s.Tick(), got.Sub(start), want.Sub(start))
	}
	if s.Stats().Overruns != 0 {
		t.Errorf("%d overruns, want 0", s.Stats().Overruns)
	}
}

// A slow display is no stall: at 5 to 17 frames a second every tick is
// predicted, in its time, and the view goes on.
func TestSlowFrames(t *testing.T) {
	for _, hz := range []time.Duration{17, 9, 7} {
		st := newStage(t, weather{delay: 10 * ms}, nil)
		a := st.enter(nil)
		a.frame = time.Second / hz
		st.mustPlay(a)
		st.run(5 * time.Second) // for the lead to find out
		before, missing := a.Stats(), st.server.Stats().Inputs.Missing
		st.run(10 * time.Second)
		after := a.Stats()
		if n := after.Resynchronised - before.Resynchronised; n > 0 {
			t.Errorf("%d Hz: started over %d times", hz, n)
		}
		if n := after.Inputs - before.Inputs; n < 580 || n > 620 {
			t.Errorf("%d Hz: predicted %d ticks in 10 s, want 600", hz, n)
		}
		if n := after.Snapshots - before.Snapshots; n < 590 {
			t.Errorf("%d Hz: %d snapshots in 10 s, want 600", hz, n)
		}
		if n := st.server.Stats().Inputs.Missing - missing; n > 30 {
			t.Errorf("%d Hz: %d of 600 inputs came too late, want few", hz, n)
		}
	}
}
