package link

import "time"

// LeastDelay returns a time that no datagram takes less than to pass, once it
// was sent: what is known of the far end's future. It may be less than the
// least there is, where a shape has no end that is simple to name.
func (c *Config) LeastDelay() time.Duration {
	switch {
	case c.Jitter == 0 && c.Shape != Tabled:
		return c.Delay
	case c.Shape == Uniform:
		return c.Delay - c.Jitter
	case c.Shape == Normal || c.Shape == Pareto:
		return max(0, c.Delay-4*c.Jitter) // they end at 3.8 and at 0.577 deviations
	}
	return 0
}
