package run

import "testing"

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
