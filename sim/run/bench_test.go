package run

import (
	"testing"
	"time"

	"github.com/reckon-engine/reckon/internal/race"
)

// BenchmarkDuel is one connection at 60 Hz each way over LTE, with the real
// core: a minute of it. The figures are virtual seconds per second, and per second that
// the process had a processor.
func BenchmarkDuel(b *testing.B) {
	for _, name := range []string{"duel-lte", "duel-distant"} {
		b.Run(name, func(b *testing.B) {
			s := load(b, name)
			b.ReportAllocs()
			virtual, cpu := 0., processorTime()
			for b.Loop() {
				virtual += mustRun(b, s, Options{}).VirtualSeconds
			}
			b.ReportMetric(virtual/b.Elapsed().Seconds(), "×realtime")
			b.ReportMetric(virtual/(processorTime()-cpu).Seconds(), "×cputime")
		})
	}
}

// A run allocates for its beginning and for what grows with its length, not
// for datagrams.
func TestAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	s := load(t, "duel-lte")
	allocations := func(seconds time.Duration) float64 {
		return testing.AllocsPerRun(2, func() { mustRun(t, s, Options{Duration: seconds * time.Second}) })
	}
	short, long := allocations(20), allocations(60)
	if more := long - short; more > 100 {
		t.Errorf("40 virtual seconds more, which are 4,800 datagrams, made %.0f allocations more", more)
	}
}
