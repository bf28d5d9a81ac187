package fit

import (
	"fmt"
	"math"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A Model is what one direction of the link is like.
type Model struct {
	Direction  string   `json:"direction"`
	Seconds    float64  `json:"seconds"` // from the first datagram to the last
	Sent       int      `json:"sent"`
	Lost       int      `json:"lost"`
	Duplicated int      `json:"duplicated"`
	Corrupted  int      `json:"corrupted"`
	Late       int      `json:"late"` // arrived after one that was sent later
	Strays     int      `json:"strays"`
	Ambiguous  int      `json:"ambiguous"`
	Calm       int      `json:"calm"` // sent while the bottleneck was not saturated: what loss and delay are fitted to
	Loss       Loss     `json:"loss"`
	Delay      *Jitter  `json:"delay,omitempty"`
	Correlated *float64 `json:"correlation,omitempty"`
	Unordered  bool     `json:"unordered"`
	Reorder    *Reorder `json:"reorder,omitempty"`
	Rate       *Rate    `json:"rate,omitempty"`
	Spikes     *Spikes  `json:"spikes,omitempty"`
	Outage     *Outage  `json:"outage,omitempty"`

	// Unknown is what this capture cannot tell, each with the reason.
	Unknown []string `json:"unknown"`

	// Config is the link.
	Config link.Config `json:"-"`
}

// Reorder is how datagrams are held back while others pass.
type Reorder struct {
	Share float64 `json:"share"`
	Delay float64 `json:"delay_ms"`
	delay time.Duration
}

// leastDatagrams is what a direction must have.
const leastDatagrams = 100

// fitDirection fits all models. The error says what is missing.
func fitDirection(d *Direction) (*Model, error) {
	flights := flightsOf(d)
	if len(flights) < leastDatagrams {
		return nil, fmt.Errorf("%s: want at least %d datagrams from the first to the last that are on both sides, got %d", d.Name, leastDatagrams, len(flights))
	}
	m := &Model{Direction: d.Name, Strays: d.Strays, Ambiguous: d.Ambiguous, Unknown: []string{}}
	m.Seconds = significant(float64(flights[len(flights)-1].Sent-flights[0].Sent)/1e9, 4)
	m.count(flights)
	m.Outage = outageOf(flights)
	if d.Clocks != Unknown && !d.RoundTrips {
		m.Rate = rateOf(flights, d.Overhead)
	}
	if m.Rate != nil {
		m.Rate.serialise(flights, d.Overhead)
	}
	order(flights)
	for i := range flights {
		m.Late += bit(flights[i].late)
		m.Calm += bit(flights[i].calm)
	}
	m.findReordering(flights)
	m.Spikes = spikesOf(flights)
	m.fitDelay(flights, d)
	m.fitLoss(flights)
	m.setConfig(d)
	m.admit(d)
	return m, m.Config.Validate()
}

func (m *Model) count(flights []flight) {
	m.Sent = len(flights)
	for i := range flights {
		f := &flights[i]
		m.Lost += bit(f.Lost)
		m.Corrupted += bit(f.Corrupted)
		m.Duplicated += bit(f.Copies > 0)
	}
}

// findReordering decides whether jitter reorders, or datagrams are held back.
// Where jitter does there are late ones and hardly any that arrive at once,
// and there is no gap between the delays of the late and of the others.
func (m *Model) findReordering(flights []flight) {
	var late, others []int64
	ties := 0
	for i := range flights {
		f := &flights[i]
		switch {
		case f.Lost || !f.steady():
		case f.late:
			late = append(late, f.transit())
		default:
			others = append(others, f.transit())
			ties += bit(f.tied)
		}
	}
	if len(late) == 0 {
		return
	}
	a, b := median(late), median(others) // which sorts them
	spread := quantile(others, 0.75) - quantile(others, 0.25)
	gap := quantile(late, 0.05)-quantile(others, 0.95) > (quantile(others, 0.95)-b)/2 &&
		quantile(late, 0.75)-quantile(late, 0.25) <= 2*spread+1_000_000 // a tail is wider
	if !gap && ties < len(late)/10+1 {
		m.Unordered = true
		return
	}
	if a <= b || len(late) < 10 {
		m.Unknown = append(m.Unknown, fmt.Sprintf("why %d datagrams came late: too few, or by too little", len(late)))
		return
	}
	share := float64(len(late)) / float64(len(late)+len(others))
	m.Reorder = &Reorder{Share: significant(share, 3), delay: time.Duration(a - b).Round(10 * time.Microsecond)}
	m.Reorder.Delay = milliseconds(int64(m.Reorder.delay))
}

// fitDelay fits the delay to what was neither held back nor in a spike.
func (m *Model) fitDelay(flights []flight, d *Direction) {
	chosen := func(f *flight) bool {
		return f.steady() && !f.spike && (m.Unordered || !f.late)
	}
	all := distributionOf(flights, mostError, chosen)
	if all.exact < leastDatagrams/2 {
		m.Unknown = append(m.Unknown, "delay and jitter: the bottleneck was saturated all the time")
		return
	}
	if m.Reorder != nil && m.Reorder.delay > 0 {
		// The median of the others contained what waited; be exact.
		late := distributionOf(flights, mostError, func(f *flight) bool { return f.steady() && !f.spike && f.late })
		if late.exact > 0 {
			m.Reorder.delay = time.Duration(late.quantile(0.5) - all.quantile(0.5)).Round(10 * time.Microsecond)
			m.Reorder.Delay = milliseconds(int64(m.Reorder.delay))
		}
	}
	jitter := shapeOf(&all)
	if d.RoundTrips {
		jitter.sigma = time.Duration(float64(jitter.sigma) * math.Sqrt2).Round(time.Microsecond) // of two that add up
		jitter.Jitter = milliseconds(int64(jitter.sigma))
	}
	m.Delay = &jitter
	m.correlate(flights, &all, chosen)
	if m.Rate != nil {
		m.Rate.queue(flights, d.Overhead, &all, !m.Unordered)
	}
}

// correlate estimates how alike the delays of neighbours are: the correlation
// of their shares, as numbers of a normal distribution with these shares,
// which is that of link's copula. Where order hides many delays, what is seen
// is chosen by being longer than its neighbour, and tells nothing.
func (m *Model) correlate(flights []flight, d *distribution, chosen func(*flight) bool) {
	if m.Delay.Shape == "constant" {
		return
	}
	if d.hidden > d.exact/50 {
		m.Unknown = append(m.Unknown, fmt.Sprintf("how alike the delays of neighbours are: order hides %d%% of them", 100*d.hidden/(d.hidden+d.exact)))
		return
	}
	var n, sxy, sxx float64
	last, known := 0.0, false
	for i := range flights {
		f := &flights[i]
		if f.Lost || !chosen(f) || f.tied {
			known = false
			continue
		}
		share := d.share(f.transit())
		z := normalQuantile(min(1-1e-6, max(1e-6, share-0.5/float64(d.exact))))
		if known {
			n, sxy, sxx = n+1, sxy+last*z, sxx+(last*last+z*z)/2
		}
		last, known = z, true
	}
	if n < leastDatagrams || sxx == 0 {
		return
	}
	c := sxy / sxx
	if math.Abs(c) < 3/math.Sqrt(n) { // as good as none
		c = 0
	}
	c = significant(min(0.999, max(0, c)), 3)
	m.Correlated = &c
}

// fitLoss fits losses to what was calm and outside of spikes.
func (m *Model) fitLoss(flights []flight) {
	var lost []bool
	for i := range flights {
		if f := &flights[i]; f.steady() && !f.spike {
			lost = append(lost, f.Lost)
		}
	}
	m.Loss = lossOf(lost)
}

// setConfig makes the link of what was found.
func (m *Model) setConfig(d *Direction) {
	c := &m.Config
	c.Overhead = d.Overhead
	c.Loss = significant(m.Loss.random, 4)
	c.Burst, c.Markov = m.Loss.burst, m.Loss.markov
	if d.RoundTrips { // a round trip is lost if either way is
		c.Loss = significant(1-math.Sqrt(1-c.Loss), 4)
		c.Burst.P /= 2
		c.Markov.P13, c.Markov.P14 = c.Markov.P13/2, c.Markov.P14/2
	}
	for _, p := range []*float64{&c.Burst.P, &c.Burst.R, &c.Burst.BadLoss, &c.Burst.GoodLoss, &c.Markov.P13, &c.Markov.P14, &c.Markov.P23, &c.Markov.P31, &c.Markov.P32} {
		*p = significant(*p, 4)
	}
	if c.Markov.P31+c.Markov.P32 > 1 {
		c.Markov.P32 = 1 - c.Markov.P31
	}
	m.setDelay(c, d)
	if m.Outage != nil {
		c.Outage = m.Outage.model
	}
	if m.Spikes != nil {
		c.Spikes = m.Spikes.model()
	}
	if m.Rate != nil {
		c.Rate, c.QueueBytes = m.Rate.Bits, m.Rate.QueueBytes
	}
	n := float64(m.Sent - m.Lost)
	c.Duplicate = significant(float64(m.Duplicated)/n, 3)
	c.Corrupt.Probability = significant(float64(m.Corrupted)/n, 3)
	if m.Reorder != nil && m.Reorder.delay > 0 {
		c.Reorder, c.ReorderDelay = m.Reorder.Share, min(m.Reorder.delay, link.MaxDelay)
	}
}

// setDelay makes delay and jitter what a link can have.
func (m *Model) setDelay(c *link.Config, d *Direction) {
	if m.Delay == nil {
		return
	}
	c.Delay, c.Jitter, c.Shape, c.Table = m.Delay.delay, m.Delay.sigma, m.Delay.shape, m.Delay.table
	if d.Clocks == Unknown { // as short as it can have been
		c.Delay = c.Jitter
	}
	c.Delay = min(link.MaxDelay, max(0, c.Delay))
	if c.Jitter > c.Delay {
		m.Unknown = append(m.Unknown, fmt.Sprintf("a jitter of %v: no link has more than its delay", c.Jitter))
		c.Jitter = c.Delay
	}
	if c.Jitter == 0 && c.Table == nil {
		c.Shape = link.Uniform
	}
	if m.Correlated != nil {
		c.Correlation = *m.Correlated
	}
	c.Unordered = m.Unordered
}

// admit says what the capture cannot tell.
func (m *Model) admit(d *Direction) {
	say := func(format string, args ...any) { m.Unknown = append(m.Unknown, fmt.Sprintf(format, args...)) }
	switch {
	case d.RoundTrips:
		say("which way it was: delay, jitter and loss of the round trip are divided evenly")
	case d.Clocks == Unknown:
		say("the delay itself, by two clocks and one direction: it is as short as the jitter allows; --rtt says it")
	case d.Clocks == Halved:
		say("how the round trip divides: by two clocks, the shortest delays count as the same both ways")
	}
	switch {
	case m.Rate == nil && d.RoundTrips:
		say("rate and queue: pings fill no line")
	case m.Rate == nil:
		say("rate and queue: nothing was saturated; transmission times are part of the delay")
	case m.Rate.QueueBytes == 0:
		say("the length of the queue: it was never full, or too short; 100 ms at the rate is assumed")
	default:
		say("whether the queue is managed (CoDel, PIE): it is taken for one that drops what does not fit")
	}
	if m.Ambiguous*20 > m.Sent {
		say("which of them were lost, exactly: %d datagrams had the payload of another one", m.Ambiguous)
	}
	if m.Loss.Lost > 0 && m.Loss.Lost < leastLosses {
		say("how losses come together: only %d were seen", m.Loss.Lost)
	}
}
