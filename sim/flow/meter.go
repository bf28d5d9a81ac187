package flow

import (
	"math"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

// A Meter counts the messages of one channel in one direction, and times them.
// They have numbers from 0, in the order in which they were sent.
type Meter struct {
	Channel, Direction string

	step time.Duration // of the series; zero keeps none

	sent, delivered uint64
	bytes           uint64
	doubled         uint64   // that came twice
	disorder        uint64   // that came after a newer one
	newest          uint64   // number+1 of the newest
	seen            []uint64 // bits by number
	latency         result.Histogram

	sentIn  []uint32 // by step
	bytesIn []uint32 // delivered, by step
	samples []sample
}

// A sample is a message that arrived.
type sample struct {
	step   uint32 // in which it was sent
	micros uint32 // that it took
}

// NewMeter returns a meter that has counted nothing. If step is not zero it
// keeps what a plot needs.
func NewMeter(channel, direction string, step time.Duration) *Meter {
	return &Meter{Channel: channel, Direction: direction, step: step}
}

// Sent counts a message that is sent at a time since the epoch.
func (m *Meter) Sent(at time.Duration) {
	m.sent++
	if m.step > 0 {
		m.sentIn = addAt(m.sentIn, m.stepOf(at), 1)
	}
}

// Arrived counts a message of a number and size that was sent at a time and
// has arrived at another, both since the epoch. It reports false of one that
// has arrived before.
func (m *Meter) Arrived(number uint64, size int, sent, at time.Duration) bool {
	word, bit := number/64, uint64(1)<<(number%64)
	for uint64(len(m.seen)) <= word {
		m.seen = append(m.seen, 0)
	}
	if m.seen[word]&bit != 0 {
		m.doubled++
		return false
	}
	m.seen[word] |= bit
	m.delivered++
	m.bytes += uint64(size)
	if number+1 < m.newest {
		m.disorder++
	}
	m.newest = max(m.newest, number+1)
	m.latency.Add(at - sent)
	if m.step > 0 {
		m.bytesIn = addAt(m.bytesIn, m.stepOf(at), uint32(size))
		m.samples = append(m.samples, sample{uint32(m.stepOf(sent)), uint32(min((at-sent)/time.Microsecond, math.MaxUint32))})
	}
	return true
}

func (m *Meter) stepOf(at time.Duration) int { return int(max(at, 0) / m.step) }

// addAt adds to an element of a slice that grows as needed.
func addAt(s []uint32, i int, n uint32) []uint32 {
	for len(s) <= i {
		s = append(s, 0)
	}
	s[i] += n
	return s
}

// Part returns what the meter counted.
func (m *Meter) Part() result.Part {
	return result.Part{Channel: m.Channel, Direction: m.Direction, Figures: Together(m)}
}

// Together returns what several meters counted, as one. They have the same
// step.
func Together(meters ...*Meter) result.Figures {
	f := result.Figures{Latency: &result.Histogram{}}
	var step time.Duration
	for _, m := range meters {
		f.Sent += m.sent
		f.Delivered += m.delivered
		f.Latency.Merge(&m.latency)
		step = m.step
	}
	f.P50 = milliseconds(f.Latency.Quantile(500_000))
	f.P99 = milliseconds(f.Latency.Quantile(990_000))
	f.Max = milliseconds(time.Duration(f.Latency.Max))
	if f.Sent > f.Delivered {
		f.Loss = float64(f.Sent-f.Delivered) / float64(f.Sent)
	}
	if step > 0 {
		f.Series = seriesOf(step, meters)
	}
	return f
}

// seriesOf adds up the series of meters.
func seriesOf(step time.Duration, meters []*Meter) *result.Series {
	steps := 0
	var samples []sample
	for _, m := range meters {
		steps = max(steps, len(m.sentIn), len(m.bytesIn))
		samples = append(samples, m.samples...)
	}
	slices.SortFunc(samples, func(a, b sample) int {
		if a.step != b.step {
			return int(a.step) - int(b.step)
		}
		return int(int64(a.micros) - int64(b.micros))
	})
	s := &result.Series{
		StepSeconds: step.Seconds(),
		Sent:        make([]uint64, steps), Lost: make([]uint64, steps), Bytes: make([]uint64, steps),
		P50: make([]float64, steps), P99: make([]float64, steps),
	}
	for _, m := range meters {
		for i, n := range m.sentIn {
			s.Sent[i] += uint64(n)
		}
		for i, n := range m.bytesIn {
			s.Bytes[i] += uint64(n)
		}
	}
	for i := range steps {
		n := 0
		for n < len(samples) && int(samples[n].step) == i {
			n++
		}
		s.Lost[i] = s.Sent[i] - min(uint64(n), s.Sent[i])
		if n > 0 {
			s.P50[i], s.P99[i] = rank(samples[:n], 50), rank(samples[:n], 99)
		}
		samples = samples[n:]
	}
	return s
}

// rank returns the nearest rank of a percentile, in milliseconds.
func rank(samples []sample, percent int) float64 {
	return float64(samples[(len(samples)*percent+99)/100-1].micros) / 1000
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
