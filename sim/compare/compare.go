// Package compare lets several ways to carry a game's positions have the same
// bad line one after another, and measures what a player would see: ours, TCP,
// plain UDP, and what people write when they begin.
//
// Each way carries the traffic of a fast game, 60 times a second 64 bytes up
// and 256 down. What counts is the age of the newest position that the other
// end has, at every picture of a screen: a message that waits for an earlier one
// to be sent again is late, and so is everything behind it.
//
// [Virtual] runs in virtual time, on every system and the same each time; what
// it calls TCP is a model. [Real] takes the TCP of this kernel, over package
// tun.
package compare

import (
	"fmt"
	"slices"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/tun"
)

// The traffic. 64 bytes are a few inputs with their acknowledgement, 256 a
// snapshot delta of a small match: Arena's means.
const (
	Rate      = 60  // messages a second, each way
	UpBytes   = 64  // of a message of the client
	DownBytes = 256 // of a message of the server

	// PictureRate is how often a second the age is looked at: that of a fast
	// screen. 144 is no multiple of 60, so it does not matter how pictures lie
	// to ticks.
	PictureRate = 144

	// Stall is how long nothing new may arrive before it counts as a stall:
	// as long as engine/interp extrapolates; then players stand still.
	Stall = 250 * time.Millisecond
)

// udpOverhead is what UDP over IPv4 adds to each datagram: 20 bytes of IP
// (RFC 791) and 8 of UDP (RFC 768).
const udpOverhead = 28

// settling is left out of ages at the start, while windows open.
const settling = time.Second

// A Config says what all have to cope with.
type Config struct {
	// Up and Down are the client's link, each way. Their Overhead is that of
	// UDP datagrams: 28 to count IP packets over IPv4.
	Up, Down link.Config

	// Changes happen to the links, in order of time, for each way alike.
	Changes []tun.Change

	// Seed decides all chance, and what the links do to which packet: of
	// every way to carry positions packet number n is lost or not alike. It
	// is the seed of a scenario.
	Seed uint64

	// Duration is how long each sends. From 2 seconds to a day.
	Duration time.Duration

	// Copies is how often the way that sends everything several times does
	// so. If zero, 3. From 2 to 16. Only for Virtual.
	Copies int

	// Began, if not nil, is told of each before it begins.
	Began func(s Subject, number, of int)

	only []string // names of subjects; all if empty
}

// withDefaults returns c with defaults filled in, or an error that names the
// field.
func (c Config) withDefaults() (Config, error) {
	if c.Copies == 0 {
		c.Copies = 3
	}
	if err := c.Up.Validate(); err != nil {
		return c, fmt.Errorf("compare: up: %w", err)
	}
	if err := c.Down.Validate(); err != nil {
		return c, fmt.Errorf("compare: down: %w", err)
	}
	for i, change := range c.Changes {
		for _, cfg := range []*link.Config{change.Up, change.Down} {
			if cfg == nil {
				continue
			}
			if err := cfg.Validate(); err != nil {
				return c, fmt.Errorf("compare: change %d, at %v: %w", i, change.At, err)
			}
		}
	}
	switch {
	case c.Duration < 2*time.Second || c.Duration > 24*time.Hour:
		return c, fmt.Errorf("compare: Duration is %v, want 2s to 24h", c.Duration)
	case c.Copies < 2 || c.Copies > 16:
		return c, fmt.Errorf("compare: Copies is %d, want 2 to 16", c.Copies)
	}
	return c, nil
}

// names returns the names of the subjects, of those that there are.
func (c *Config) names(all ...string) []string {
	return slices.DeleteFunc(all, func(name string) bool {
		return len(c.only) > 0 && !slices.Contains(c.only, name)
	})
}

// patience is how long after the last message late ones are waited for.
func (c *Config) patience() time.Duration {
	return c.Up.Delay + c.Down.Delay + 4*time.Second
}

// The names of subjects, for scripts.
const (
	OursState   = "reckon-state"
	OursOrdered = "reckon-ordered"
	UDP         = "udp"
	UDPCopies   = "udp-copies"
	Timers      = "timers"
	GoBackN     = "go-back-n"
	TCPCubic    = "tcp-cubic"
	TCPBBR      = "tcp-bbr"
)

// A Result is the comparison.
type Result struct {
	Mode     string    `json:"mode"` // result.Virtual or result.TUN
	Seconds  float64   `json:"seconds"`
	Subjects []Subject `json:"subjects"`

	// Notes are what whoever reads the figures should know: what is missing,
	// and why.
	Notes []string `json:"notes,omitempty"`
}

// Find returns the subject with a name that was measured, or nil.
func (r *Result) Find(name string) *Subject {
	i := slices.IndexFunc(r.Subjects, func(s Subject) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Subjects[i]
}

// A Subject is one way to carry positions, and what it did to them.
type Subject struct {
	Name     string `json:"name"`
	Title    string `json:"title"`    // for people, short
	About    string `json:"about"`    // one line
	Reliable bool   `json:"reliable"` // everything arrives in the end

	// Figures are of both directions together.
	Figures
	Up   Figures `json:"up"`
	Down Figures `json:"down"`

	// Wire is what it puts on the link, both ways, IP headers counted, in
	// thousands of bits a second, while it sends.
	Wire float64 `json:"wire_kbit"`

	// Digest is a hash of every datagram of a virtual run.
	Digest string `json:"digest,omitempty"`
}

// Figures are what messages of one direction went through, and how old that
// left the newest position.
type Figures struct {
	result.Figures

	AgeP50 float64 `json:"age_p50_ms"` // over all pictures
	AgeP99 float64 `json:"age_p99_ms"`
	AgeMax float64 `json:"age_max_ms"`

	// Stalls counts the times in which nothing new arrived for more than
	// Stall.
	Stalls int `json:"stalls"`

	// Ages is the age at each picture, from a second after the beginning;
	// for plots.
	Ages []time.Duration `json:"-"`
}
