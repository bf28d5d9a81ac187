package link

import (
	"fmt"
	"time"
)

// A FieldError says which field of a Config is out of its limits.
type FieldError struct {
	Field  string // name of the field, "Burst.P" for nested ones
	Value  string // the value it has
	Limits string // what it should be
}

// Error names the field, its value and its limits.
func (e *FieldError) Error() string {
	return fmt.Sprintf("link: %s is %s, want %s", e.Field, e.Value, e.Limits)
}

// validateJitter checks Jitter and what belongs to it.
func (c *Config) validateJitter() error {
	err := checkDuration("Jitter", c.Jitter, c.Delay, fmt.Sprintf("0s to Delay, which is %v", c.Delay))
	switch {
	case err != nil:
		return err
	case c.Shape > lastShape:
		return &FieldError{"Shape", c.Shape.String(), "uniform, normal, pareto, pareto-normal or table"}
	case c.Shape == Tabled && c.Table == nil:
		return &FieldError{"Table", "nil", "a table where Shape is table"}
	case c.Shape != Tabled && c.Table != nil:
		return &FieldError{"Table", "set", "none unless Shape is table"}
	case c.Table != nil && c.Table.absolute && c.Jitter != 0:
		return &FieldError{"Jitter", c.Jitter.String(), "0s with a table of delays: it has its own scale"}
	case !(c.Correlation >= 0 && c.Correlation <= maxCorrelation):
		return &FieldError{"Correlation", fmt.Sprint(c.Correlation), "0 to 0.9999"}
	}
	return nil
}

// validateBottleneck checks the capacity and its queue.
func (c *Config) validateBottleneck() error {
	switch {
	case c.Rate != 0 && (c.Rate < MinRate || c.Rate > MaxRate):
		return &FieldError{"Rate", fmt.Sprintf("%d bit/s", c.Rate), "0 or 1000 to 1000000000000"}
	case c.Rate != 0 && c.Trace != nil:
		return &FieldError{"Rate", fmt.Sprintf("%d bit/s", c.Rate), "0 where Trace is set"}
	case c.Trace != nil && c.QueueBytes < 0:
		return &FieldError{"QueueBytes", fmt.Sprint(c.QueueBytes), "at least 0 where Trace is set: everything waits for an opportunity"}
	case c.AQM.Algorithm != DropTail && !c.limited():
		return &FieldError{"AQM.Algorithm", c.AQM.Algorithm.String(), "drop-tail without Rate or Trace: nothing ever waits"}
	}
	if err := checkInt("QueueBytes", c.QueueBytes, -MaxQueueBytes, MaxQueueBytes); err != nil {
		return err
	}
	if err := checkInt("QueuePackets", c.QueuePackets, 0, MaxQueuePackets); err != nil {
		return err
	}
	return c.AQM.validate()
}

func checkDelay(field string, d time.Duration) error {
	return checkDuration(field, d, MaxDelay, "0s to 10m")
}

func checkDuration(field string, d, limit time.Duration, limits string) error {
	if d < 0 || d > limit {
		return &FieldError{field, d.String(), limits}
	}
	return nil
}

func checkProbability(field string, p float64) error {
	if !(p >= 0 && p <= 1) { // NaN is neither
		return &FieldError{field, fmt.Sprint(p), "0 to 1"}
	}
	return nil
}

func checkInt(field string, n, low, high int) error {
	if n < low || n > high {
		return &FieldError{field, fmt.Sprint(n), fmt.Sprintf("%d to %d", low, high)}
	}
	return nil
}

// firstError returns the first error there is.
func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
