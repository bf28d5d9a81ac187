package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/units"
)

// udpOverhead is what UDP over IPv4 adds to each datagram: 20 bytes of
// IP (RFC 791) and 8 of UDP (RFC 768).
const udpOverhead = 28

// A line is one direction as the flags describe it.
type line struct {
	link.Config
	loss  float64       // Config.Loss, unless burst makes it Config.Burst
	burst float64       // mean length in datagrams; 0 = independent losses
	queue time.Duration // Config.QueueBytes as a time at Config.Rate; 0 = as it is
}

// An option is a flag that exists for both directions, and with a prefix for
// each.
type option struct {
	name string
	set  func(*line, string) error
}

// options are all of them, except --rtt.
func options() []option {
	return []option{
		{"delay", func(l *line, s string) (err error) {
			l.Delay, err = units.ParseDelay(s, 0, link.MaxDelay)
			return err
		}},
		{"jitter", func(l *line, s string) (err error) {
			l.Jitter, err = units.ParseDelay(s, 0, link.MaxDelay)
			return err
		}},
		{"jitter-shape", setShape},
		{"loss", func(l *line, s string) (err error) {
			l.loss, err = units.ParseShare(s)
			return err
		}},
		{"burst", func(l *line, s string) (err error) {
			l.burst, err = units.ParseNumber(s, 1, 1e6)
			return err
		}},
		{"duplicate", func(l *line, s string) (err error) {
			l.Duplicate, err = units.ParseShare(s)
			return err
		}},
		{"reorder", func(l *line, s string) (err error) {
			l.Reorder, err = units.ParseShare(s)
			return err
		}},
		{"reorder-delay", func(l *line, s string) (err error) {
			l.ReorderDelay, err = units.ParseDelay(s, 0, link.MaxDelay)
			return err
		}},
		{"rate", func(l *line, s string) (err error) {
			l.Rate, err = units.ParseRate(s, link.MinRate, link.MaxRate)
			return err
		}},
		{"queue", setQueue},
		{"mtu", func(l *line, s string) (err error) {
			l.MTU, err = units.ParseSize(s, 0, link.MaxMTU)
			return err
		}},
		{"overhead", func(l *line, s string) (err error) {
			l.Overhead, err = units.ParseSize(s, 0, link.MaxOverhead)
			return err
		}},
	}
}

// setShape takes every shape but that of a table, which is a file's.
func setShape(l *line, s string) (err error) {
	if l.Shape, err = link.ParseShape(s); err != nil || l.Shape == link.Tabled {
		l.Shape = link.Uniform
		return errors.New("want uniform, normal, pareto or pareto-normal; a table is for scenarios")
	}
	return nil
}

func setQueue(l *line, s string) (err error) {
	l.queue = 0
	if s == "none" {
		l.QueueBytes = -1
		return nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		l.queue, err = units.ParseDelay(s, time.Microsecond, link.MaxDelay)
		return err
	}
	if l.QueueBytes, err = units.ParseSize(s, 1, link.MaxQueueBytes); err != nil {
		return fmt.Errorf("%w, or a time such as 100ms, or none", err)
	}
	return nil
}

// lineFlags collects the flags of both directions.
type lineFlags struct {
	rtt       time.Duration
	unordered bool
	overhead  int               // where --overhead is not given
	raw       map[string]string // value by flag name, of those that were given
}

// register adds --rtt, and each option without prefix, with "up-" and with
// "down-". Values are checked when they are parsed.
func (f *lineFlags) register(set *flag.FlagSet) {
	f.raw = map[string]string{}
	set.Func("rtt", "", func(s string) (err error) {
		f.rtt, err = units.ParseDelay(s, 0, 2*link.MaxDelay)
		return err
	})
	set.BoolVar(&f.unordered, "unordered", false, "")
	for _, o := range options() {
		for _, prefix := range []string{"", "up-", "down-"} {
			if prefix == "" && o.name == "delay" {
				continue // that is --rtt
			}
			set.Func(prefix+o.name, "", func(s string) error {
				f.raw[prefix+o.name] = s
				return o.set(&line{}, s)
			})
		}
	}
}

// config returns the link of one direction, "up" or "down".
func (f *lineFlags) config(direction string) (link.Config, error) {
	l := line{Config: link.Config{
		Delay: f.rtt / 2, Overhead: f.overhead, Unordered: f.unordered,
	}}
	for _, o := range options() {
		for _, name := range []string{o.name, direction + "-" + o.name} {
			s, given := f.raw[name]
			if !given {
				continue
			}
			if err := o.set(&l, s); err != nil {
				return link.Config{}, fmt.Errorf("--%s: %w", name, err)
			}
		}
	}
	return l.config()
}

// config checks what depends on several flags, and returns the link.
func (l *line) config() (link.Config, error) {
	c := l.Config
	switch {
	case c.Jitter > c.Delay:
		return c, fmt.Errorf("--jitter %v is more than the one-way delay, %v, and nothing arrives before it was sent: --rtt %v would do", c.Jitter, c.Delay, 2*c.Jitter)
	case l.burst > 0 && l.loss == 0:
		return c, fmt.Errorf("--burst %g says how losses come together, but there are none: --loss is missing", l.burst)
	case c.Reorder > 0 && c.ReorderDelay == 0:
		return c, errors.New("--reorder needs --reorder-delay: for how long datagrams are held back")
	case c.Rate == 0 && (c.QueueBytes != 0 || l.queue > 0):
		return c, errors.New("--queue needs --rate: without one nothing ever waits")
	}
	if l.burst > 0 {
		var err error
		if c.Burst, err = link.Bursts(l.loss, l.burst); err != nil {
			return c, fmt.Errorf("--loss %g%% is too much for --burst %g: want at most %.3g%%", l.loss*100, l.burst, 100*l.burst/(l.burst+1))
		}
	} else {
		c.Loss = l.loss
	}
	if l.queue > 0 {
		bytes := float64(c.Rate) / 8 * l.queue.Seconds()
		if bytes > link.MaxQueueBytes {
			return c, fmt.Errorf("--queue %v is %.0f bytes at --rate %s, want at most %d", l.queue, bytes, units.FormatRate(float64(c.Rate)), link.MaxQueueBytes)
		}
		c.QueueBytes = max(1, int(bytes))
	}
	return c, c.Validate()
}
