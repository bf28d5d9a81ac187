package clock

import (
	"fmt"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// watch shows frames at 144 Hz from what arrives and returns the part of
// frames, after a warm-up of five seconds, that had no snapshot to go towards.
func watch(t *testing.T, head *Playhead, arriving []delivery, d time.Duration) (starved float64) {
	t.Helper()
	const frame = time.Second / 144
	var newest engine.Tick
	var last Position
	frames, dry, shown := 0, 0, false
	for now := epoch; now.Before(epoch.Add(d)); now = now.Add(frame) {
		for len(arriving) > 0 && !arriving[0].at.After(now) {
			head.Observe(arriving[0].tick, arriving[0].at)
			if !shown && newest == 0 || newest.Before(arriving[0].tick) {
				newest = arriving[0].tick
			}
			arriving = arriving[1:]
		}
		if !head.Known() {
			continue
		}
		at := head.Advance(now)
		if shown {
			if moved := at.Sub(last); moved < 0 || moved > 10 {
				t.Fatalf("at %v the playhead moved %v ticks in a frame", now.Sub(epoch), moved)
			}
		}
		last, shown = at, true
		if now.Sub(epoch) < 5*time.Second {
			continue
		}
		frames++
		if at.Sub(Position{Tick: newest}) > 0 {
			dry++
		}
	}
	return float64(dry) / float64(frames)
}

func TestPlayheadStarvation(t *testing.T) {
	for _, test := range []struct {
		rtt, jitter time.Duration
		loss        float64
		every       int
		maxDelay    time.Duration
	}{
		{20 * time.Millisecond, 0, 0, 1, 25 * time.Millisecond},
		{80 * time.Millisecond, 5 * time.Millisecond, 0.01, 1, 55 * time.Millisecond},
		{80 * time.Millisecond, 20 * time.Millisecond, 0.03, 1, 80 * time.Millisecond},
		{200 * time.Millisecond, 20 * time.Millisecond, 0.05, 1, 90 * time.Millisecond},
		{80 * time.Millisecond, 20 * time.Millisecond, 0.03, 3, 180 * time.Millisecond},
	} {
		name := fmt.Sprintf("rtt=%v,jitter=%v,loss=%v,every=%d", test.rtt, test.jitter, test.loss, test.every)
		t.Run(name, func(t *testing.T) {
			const d = 60 * time.Second
			worst := 0.0
			for seed := range uint64(5) {
				head := NewPlayhead(tickInterval, time.Duration(test.every)*tickInterval)
				p := newPath(seed, test.rtt, test.jitter, test.loss)
				arriving := snapshots(p, 1<<32-300, int(d/tickInterval), test.every)
				worst = max(worst, watch(t, head, arriving, d))
				if head.Delay() > test.maxDelay {
					t.Errorf("seed %d: Delay() = %v, want at most %v", seed, head.Delay(), test.maxDelay)
				}
				if seed == 0 {
					t.Logf("delay %v", head.Delay())
				}
			}
			t.Logf("worst of 5 seeds: %.2f%% starved", worst*100)
			if worst >= 0.01 {
				t.Errorf("%.2f%% of frames starved, want less than 1%%", worst*100)
			}
		})
	}
}

// A network that gets worse is followed within seconds, and so is one that
// gets better.
func TestPlayheadFollowsRoute(t *testing.T) {
	head := NewPlayhead(tickInterval, tickInterval)
	n := int(30 * time.Second / tickInterval)
	var arriving []delivery
	for i := range n {
		delay := 20 * time.Millisecond
		if i > n/3 && i < 2*n/3 {
			delay = 90 * time.Millisecond
		}
		arriving = append(arriving, delivery{epoch.Add(time.Duration(i)*tickInterval + delay), engine.Tick(i)})
	}
	var late, back time.Duration
	for _, d := range inOrder(arriving) {
		head.Observe(d.tick, d.at)
		at := head.Advance(d.at)
		behind := time.Duration(Position{Tick: d.tick}.Sub(at) * float64(tickInterval))
		switch d.at.Sub(epoch).Round(tickInterval) {
		case (14 * time.Second).Round(tickInterval):
			late = behind
		case (29 * time.Second).Round(tickInterval):
			back = behind
		}
	}
	if late < tickInterval/2 || late > 2*tickInterval {
		t.Errorf("4 s after 70 ms more delay, %v behind arrivals, want about a tick", late)
	}
	if back < tickInterval/2 || back > 2*tickInterval {
		t.Errorf("9 s after 70 ms less delay, %v behind arrivals, want about a tick", back)
	}
}

// A fixed delay stays what it is, where the network would allow less and where
// it would need more; then the frames starve.
func TestPlayheadFixed(t *testing.T) {
	for _, test := range []struct {
		delay, jitter time.Duration
		starves       bool
	}{
		{120 * time.Millisecond, 20 * time.Millisecond, false},
		{20 * time.Millisecond, 20 * time.Millisecond, true},
	} {
		head := NewPlayhead(tickInterval, tickInterval)
		head.Fix(test.delay)
		const d = 30 * time.Second
		arriving := snapshots(newPath(1, 80*time.Millisecond, test.jitter, 0.01), 0, int(d/tickInterval), 1)
		starved := watch(t, head, arriving, d)
		if off := head.Delay() - test.delay; off < -time.Millisecond || off > time.Millisecond {
			t.Errorf("the delay is %v, want %v", head.Delay(), test.delay)
		}
		if (starved > 0.01) != test.starves {
			t.Errorf("with %v %.2f%% of frames starve", test.delay, 100*starved)
		}
	}
}

func TestPlayheadDoesNotAllocate(t *testing.T) {
	head := NewPlayhead(tickInterval, tickInterval)
	tick, now := engine.Tick(0), epoch
	if n := testing.AllocsPerRun(1000, func() {
		tick, now = tick+1, now.Add(tickInterval)
		head.Observe(tick, now)
		head.Advance(now)
	}); n != 0 {
		t.Errorf("%v allocations per snapshot, want 0", n)
	}
}
