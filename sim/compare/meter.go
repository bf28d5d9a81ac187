package compare

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

// headBytes are the number and the time that a message begins with. The rest
// of it is of no interest.
const headBytes = 16

// appendMessage writes a message of some size.
func appendMessage(b []byte, size int, number uint64, sent time.Duration) []byte {
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, uint64(sent))
	return append(b, make([]byte, size-headBytes)...)
}

// An arrival is a message that reached the application. Times count from the
// beginning of the measurement.
type arrival struct {
	number   uint64
	sent, at time.Duration
}

// A meter is what one direction did.
type meter struct {
	sent     uint64
	arrivals []arrival // in order of time
}

// hear files a message away. What is none is ignored.
func (m *meter) hear(at time.Duration, message []byte) {
	if len(message) < headBytes {
		return
	}
	m.arrivals = append(m.arrivals, arrival{
		number: binary.LittleEndian.Uint64(message),
		sent:   time.Duration(binary.LittleEndian.Uint64(message[8:])), at: at,
	})
}

// figures sums up, for messages sent until end.
func (m *meter) figures(end time.Duration) Figures {
	var f Figures
	delays := m.delays()
	f.Sent, f.Delivered = m.sent, uint64(len(delays))
	if m.sent > 0 {
		f.Loss = rounded(1 - float64(f.Delivered)/float64(m.sent))
	}
	f.Latency = &result.Histogram{}
	for _, d := range delays {
		f.Latency.Add(d)
	}
	slices.Sort(delays)
	f.P50, f.P99, f.Max = milliseconds(quantile(delays, 50)), milliseconds(quantile(delays, 99)), milliseconds(quantile(delays, 100))
	f.Ages, f.Stalls = m.ages(end)
	f.setAges(f.Ages)
	return f
}

// setAges sets the figures that are about ages.
func (f *Figures) setAges(ages []time.Duration) {
	sorted := slices.Clone(ages)
	slices.Sort(sorted)
	f.AgeP50, f.AgeP99, f.AgeMax = milliseconds(quantile(sorted, 50)), milliseconds(quantile(sorted, 99)), milliseconds(quantile(sorted, 100))
}

// delays returns the one-way times of all messages that arrived.
func (m *meter) delays() []time.Duration {
	seen := make([]bool, m.sent)
	var delays []time.Duration
	for _, a := range m.arrivals {
		if a.number < m.sent && !seen[a.number] {
			seen[a.number] = true
			delays = append(delays, a.at-a.sent)
		}
	}
	return delays
}

// ages returns how old the newest position was at every picture, and how often
// there was no newer one for too long.
func (m *meter) ages(end time.Duration) (ages []time.Duration, stalls int) {
	var newest, since time.Duration // when it was sent, and came
	next := 0
	stall := func(until time.Duration) {
		if until-since > Stall && since > 0 {
			stalls++
		}
		since = until
	}
	for picture := 0; ; picture++ {
		t := settling + time.Duration(picture)*time.Second/PictureRate
		if t > end {
			break
		}
		for ; next < len(m.arrivals) && m.arrivals[next].at <= t; next++ {
			if a := m.arrivals[next]; a.sent > newest || since == 0 {
				newest = a.sent
				stall(a.at)
			}
		}
		ages = append(ages, t-newest)
	}
	stall(end)
	return ages, stalls
}

// together returns what two directions are in one.
func together(a, b *Figures) Figures {
	f := Figures{Figures: result.Figures{
		Sent: a.Sent + b.Sent, Delivered: a.Delivered + b.Delivered, Latency: &result.Histogram{},
	}, Stalls: a.Stalls + b.Stalls}
	f.Latency.Merge(a.Latency)
	f.Latency.Merge(b.Latency)
	if f.Sent > 0 {
		f.Loss = rounded(1 - float64(f.Delivered)/float64(f.Sent))
	}
	f.P50, f.P99 = milliseconds(f.Latency.Quantile(500_000)), milliseconds(f.Latency.Quantile(990_000))
	f.Max = max(a.Max, b.Max)
	f.Ages = slices.Concat(a.Ages, b.Ages)
	f.setAges(f.Ages)
	return f
}

// quantile returns the least value that so many percent do not exceed.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}

// milliseconds is for figures: microseconds are what is left of a duration.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// rounded cuts a share to what is worth printing.
func rounded(x float64) float64 { return float64(int(float64(x*1e5)+0.5)) / 1e5 }

// fill sets all figures of a subject.
func (s *Subject) fill(up, down *meter, end time.Duration, wireBytes uint64) {
	s.Up, s.Down = up.figures(end), down.figures(end)
	s.Figures = together(&s.Up, &s.Down)
	s.Wire = float64(int(float64(wireBytes)*8/end.Seconds()/100+0.5)) / 10
}
