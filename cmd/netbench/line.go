package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// udpOverhead is what UDP over IPv4 adds to each datagram: 20 bytes of IP
// (RFC 791) and 8 of UDP (RFC 768).
const udpOverhead = 28

// A line is the network between the two ends, the same each way.
type line struct {
	rtt    time.Duration // without jitter; half of it each way
	jitter time.Duration // of each datagram, one way, ±
	loss   float64       // each way
	burst  float64       // mean length in datagrams; 0 = independent losses
	rate   int64         // bits per second; 0 = unlimited
	queue  time.Duration // that the bottleneck holds
}

// register adds the flags of a line that every command takes.
func (l *line) register(set *flag.FlagSet) {
	durationVar(set, &l.rtt, "rtt", 0, 2*link.MaxDelay)
	lossVar(set, &l.loss)
	durationVar(set, &l.jitter, "jitter", 0, link.MaxDelay)
	set.Func("burst", "", func(s string) (err error) {
		l.burst, err = parseNumber(s, 1, 1e6)
		return err
	})
}

// config returns one direction of the line.
func (l *line) config() (link.Config, error) {
	c := link.Config{
		Delay: l.rtt / 2, Jitter: l.jitter, Unordered: true,
		Rate: l.rate, Overhead: udpOverhead,
	}
	switch {
	case c.Jitter > c.Delay:
		return c, fmt.Errorf("--jitter %v is more than the one-way delay, %v, and nothing arrives before it was sent", c.Jitter, c.Delay)
	case l.burst > 0 && l.loss == 0:
		return c, fmt.Errorf("--burst %g says how losses come together, but there are none: --loss is missing", l.burst)
	case l.burst > 0:
		var err error
		if c.Burst, err = link.Bursts(l.loss, l.burst); err != nil {
			return c, fmt.Errorf("--loss %g is too much for --burst %g: want at most %.3g", l.loss*100, l.burst, 100*l.burst/(l.burst+1))
		}
	default:
		c.Loss = l.loss
	}
	if l.rate > 0 {
		bytes := float64(l.rate) / 8 * l.queue.Seconds()
		if bytes > link.MaxQueueBytes {
			return c, fmt.Errorf("--queue %v is %.0f bytes at that rate, want at most %d", l.queue, bytes, link.MaxQueueBytes)
		}
		c.QueueBytes = max(1, int(bytes))
	}
	return c, c.Validate()
}
