package report

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

// A channel makes up the messages of one part of a flow.
type channel struct {
	name, direction string
	perSecond       int
	size            int
	delay           float64 // ms, least
	jitter          float64 // ms, mean of the exponential part
	loss            float64
	burst           float64 // mean length of a burst
	resend          float64 // ms after which what was lost comes again; 0: never
	ordered         bool    // what is lost holds up what comes after
}

// part runs a channel for so many seconds, with a bad time in the middle.
func (c channel) part(seconds int, seed uint64) result.Part {
	r := rand.New(rand.NewPCG(seed, 7))
	const steps = 2 // a second
	n := seconds * steps
	s := &result.Series{
		StepSeconds: 1.0 / steps, Sent: make([]uint64, n), Lost: make([]uint64, n), Bytes: make([]uint64, n),
		P50: make([]float64, n), P99: make([]float64, n),
	}
	f := result.Figures{Latency: &result.Histogram{}, Series: s}
	bad, free := false, 0.0
	for step := range n {
		var took []float64
		stress := 1.0
		if t := float64(step) / float64(n); t > 0.45 && t < 0.6 {
			stress = 3
		}
		for i := range c.perSecond / steps {
			at := float64(step)*500 + float64(i)*500/float64(max(c.perSecond/steps, 1))
			f.Sent++
			s.Sent[step]++
			if bad {
				bad = r.Float64() >= 1/c.burst
			} else {
				bad = r.Float64() < c.loss*stress/c.burst/(1-c.loss)
			}
			ms := c.delay + float64(c.jitter*stress*r.ExpFloat64())
			if bad && c.resend == 0 {
				s.Lost[step]++
				continue
			}
			for tries := 1.0; bad; tries++ {
				ms += c.resend * tries
				bad = r.Float64() < 0.2
			}
			if c.ordered {
				ms = max(ms, free-at)
				free = at + ms
			}
			took = append(took, ms)
			f.Latency.Add(time.Duration(ms * 1e6))
			f.Delivered++
			s.Bytes[step] += uint64(c.size)
		}
		if slices.Sort(took); len(took) > 0 {
			s.P50[step], s.P99[step] = took[len(took)/2], took[len(took)*99/100]
		}
	}
	f.P50, f.P99, f.Max = float64(f.Latency.Quantile(500_000))/1e6, float64(f.Latency.Quantile(990_000))/1e6, float64(f.Latency.Max)/1e6
	if f.Sent > 0 {
		f.Loss = float64(f.Sent-f.Delivered) / float64(f.Sent)
	}
	return result.Part{Channel: c.name, Direction: c.direction, Figures: f}
}

// whole adds up the parts of a flow.
func whole(name, kind string, parts ...result.Part) result.Flow {
	f := result.Flow{Name: name, Kind: kind, Parts: parts}
	f.Latency = &result.Histogram{}
	for _, p := range parts {
		f.Sent += p.Sent
		f.Delivered += p.Delivered
		f.Latency.Merge(p.Latency)
	}
	f.P50, f.P99, f.Max = float64(f.Latency.Quantile(500_000))/1e6, float64(f.Latency.Quantile(990_000))/1e6, float64(f.Latency.Max)/1e6
	if f.Sent > 0 {
		f.Loss = float64(f.Sent-f.Delivered) / float64(f.Sent)
	}
	return f
}

// link makes up one direction of a link: what a Gilbert chain loses, and a
// queue that fills in the middle.
func link(name, direction string, seconds int, seed uint64) result.Link {
	r := rand.New(rand.NewPCG(seed, 9))
	n := seconds * 2
	l := result.Link{Name: name, Direction: direction, Bursts: make([]uint64, 12), Series: &result.Series{
		StepSeconds: 0.5, Sent: make([]uint64, n), Lost: make([]uint64, n), Bytes: make([]uint64, n), QueueBytes: make([]uint64, n),
	}}
	run, bad := 0, false
	for step := range n {
		t := float64(step) / float64(n)
		perStep := 30 + r.IntN(6)
		for range perStep {
			l.Sent++
			l.Series.Sent[step]++
			l.SentBytes += 180
			if bad {
				bad = r.Float64() > 0.45
			} else {
				bad = r.Float64() < 0.012
			}
			if bad {
				run++
				l.LostBurst++
				l.Series.Lost[step]++
				continue
			}
			if run > 0 {
				l.Bursts[min(run, len(l.Bursts))-1]++
				run = 0
			}
			l.Delivered++
			l.DeliveredBytes += 180
			l.Series.Bytes[step] += 180
		}
		if t > 0.45 && t < 0.6 {
			l.Series.QueueBytes[step] = uint64(9000 + r.IntN(12000))
		} else {
			l.Series.QueueBytes[step] = uint64(r.IntN(1500))
		}
	}
	l.Loss = float64(l.Sent-l.Delivered) / float64(l.Sent)
	l.Reordered, l.Duplicated = l.Sent/500, l.Sent/900
	return l
}

// duel is a run as it comes out of the simulator: a connection with two
// channels, a plain flow beside it, two links, and a few events.
func duel(seconds int) *result.Run {
	connection := whole("duel", "connection",
		channel{name: "state", direction: "up", perSecond: 60, size: 64, delay: 31, jitter: 6, loss: 0.02, burst: 2}.part(seconds, 1),
		channel{name: "state", direction: "down", perSecond: 60, size: 256, delay: 38, jitter: 9, loss: 0.03, burst: 3}.part(seconds, 2),
		channel{name: "events", direction: "up", perSecond: 4, size: 32, delay: 31, jitter: 6, loss: 0.02, burst: 2, resend: 105, ordered: true}.part(seconds, 3),
		channel{name: "events", direction: "down", perSecond: 10, size: 48, delay: 38, jitter: 9, loss: 0.03, burst: 3, resend: 115, ordered: true}.part(seconds, 4))
	connection.Counters = map[string]float64{"rtt_ms": 76.4, "wire_bytes_per_payload_byte": 1.31, "connects": 2}
	r := &result.Run{
		Scenario: "LTE duel", Mode: result.Virtual, Seed: 42, Digest: "0x3fa94c11b2d07e65",
		VirtualSeconds: float64(seconds), WallSeconds: float64(seconds) / 2481,
		Flows: []result.Flow{connection, whole("voice", "udp", channel{name: "voice", direction: "down", perSecond: 50, size: 160, delay: 38, jitter: 9, loss: 0.03, burst: 3}.part(seconds, 5))},
		Links: []result.Link{link("client", "up", seconds, 1), link("client", "down", seconds, 2)},
		Assertions: []result.Assertion{
			{Text: "connected within 3 s", Pass: true, Measured: "connected after 0.113 s"},
			{Text: "no disconnect", Pass: true, Measured: "0 disconnects"},
			{Text: "p99 of channel state < 120 ms", Pass: true, Measured: "104.2 ms"},
			{Text: "loss of channel state < 2 %", Measured: "2.9 %"},
			{Text: "sometimes: a rebind happened", Pass: true, Measured: "1 rebind", Sometimes: true},
		},
	}
	end := float64(seconds)
	r.Events = []result.Event{
		{Seconds: 0.113, Kind: "connected", Subject: "duel", Text: "the first connect", Lasted: 0.113},
		{Seconds: 0.45 * end, Kind: "change", Subject: "client", Text: "walks behind the house: jitter times three"},
		{Seconds: 0.5 * end, Kind: "stalled", Subject: "duel", Text: "nothing arrived at the client for 1.700 s", Lasted: 1.7},
		{Seconds: 0.52 * end, Kind: "rebind", Subject: "home", Text: "the NAT forgot every mapping"},
		{Seconds: 0.6 * end, Kind: "change", Subject: "client", Text: "back at the window"},
	}
	return r
}

// large is a run of many flows, links and steps.
func large(flows, seconds int) *result.Run {
	r := duel(seconds)
	r.Scenario = fmt.Sprintf("%d flows for %d s", flows, seconds)
	template, up, down := r.Flows[0], r.Links[0], r.Links[1]
	r.Flows, r.Links = nil, nil
	for i := range flows {
		template.Name, up.Name, down.Name = fmt.Sprintf("player %d", i+1), fmt.Sprintf("player %d", i+1), fmt.Sprintf("player %d", i+1)
		r.Flows, r.Links = append(r.Flows, template), append(r.Links, up, down)
	}
	for i := range 5000 {
		r.Events = append(r.Events, result.Event{Seconds: float64(i) * float64(seconds) / 5000, Kind: "rebind", Subject: fmt.Sprintf("player %d", i%flows), Text: "again"})
	}
	return r
}
