package clock

import (
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// A ServerTime estimates when the server's ticks reach this machine, from
// pairs of (tick, arrival). The earliest arrival in the window is the
// reference: delay is only ever added by queues, so the least delayed packet
// tells most about the clock (NTP's clock filter, RFC 5905 section 10).
//
// Create one with [NewServerTime]. It is not safe for concurrent use.
type ServerTime struct {
	line     timeline
	arrivals window
}

// NewServerTime returns an empty estimate for ticks of the given length.
func NewServerTime(interval time.Duration) *ServerTime {
	return &ServerTime{line: timeline{interval: interval}}
}

// Reset forgets every arrival.
func (s *ServerTime) Reset() {
	s.line.set = false
	s.arrivals.reset()
}

// Known reports whether anything has arrived since the last Reset.
func (s *ServerTime) Known() bool { return s.line.set }

// Observe records that something the server sent right after tick reached us
// at now. It returns true, having started over, when the arrival is more than
// [HardResyncTicks] earlier than any before it: no network does that, so one
// of the two clocks has jumped (a laptop that slept without counting it).
func (s *ServerTime) Observe(tick engine.Tick, now time.Time) (jumped bool) {
	if s.line.set {
		limit := HardResyncTicks * s.line.interval
		jumped = s.line.offset(tick, now) < s.arrivals.min()-limit
	}
	if !s.line.set || jumped {
		s.arrivals.reset()
		s.line.anchor(tick, now)
	}
	s.line.follow(tick)
	s.arrivals.add(s.line.offset(tick, now))
	return jumped
}

// Arriving returns the moment of the server's time whose news, undelayed by
// queues, would be arriving at now. The server itself is half a round trip
// ahead of it. It must not be called before the first Observe.
func (s *ServerTime) Arriving(now time.Time) Position {
	return s.line.position(now, s.arrivals.min())
}

// Jitter returns the mean deviation of arrivals from the median one.
func (s *ServerTime) Jitter() time.Duration { return s.arrivals.spread() }
