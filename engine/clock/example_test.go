package clock_test

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/clock"
)

// Snapshots that arrive on time are shown with little delay; when they begin
// to be late now and then, the playhead falls back until they no longer hurt.
func ExamplePlayhead() {
	const interval = time.Second / 50
	playhead := clock.NewPlayhead(interval, interval)
	tick, now := engine.Tick(0), time.Unix(0, 0)
	watch := func(late time.Duration) time.Duration {
		for range 500 {
			tick, now = tick+1, now.Add(interval)
			arrival := now
			if tick%10 == 0 {
				arrival = arrival.Add(late)
			}
			playhead.Observe(tick, arrival)
			playhead.Advance(arrival)
		}
		return playhead.Delay().Round(time.Millisecond)
	}
	fmt.Println("on time:", watch(0))
	fmt.Println("one in ten 15 ms late:", watch(15*time.Millisecond))
	// Output:
	// on time: 20ms
	// one in ten 15 ms late: 35ms
}
