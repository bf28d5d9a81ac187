package link

import (
	"fmt"
	"time"
)

// An Algorithm decides which datagrams a queue drops.
type Algorithm uint8

const (
	// DropTail drops what finds the queue full.
	DropTail Algorithm = iota

	// CoDel drops from the head when datagrams have waited longer than a
	// target for longer than an interval (RFC 8289). A datagram's fate is
	// settled when it leaves the queue: Fate.Cause is Pending until then.
	CoDel

	// PIE drops at the tail with a probability that it steers so that
	// datagrams wait as long as a target (RFC 8033).
	PIE

	lastAlgorithm = PIE
)

// algorithmNames are the names of the algorithms, in order.
var algorithmNames = [...]string{"drop-tail", "codel", "pie"}

// String returns "drop-tail", "codel" or "pie".
func (a Algorithm) String() string {
	if int(a) < len(algorithmNames) {
		return algorithmNames[a]
	}
	return fmt.Sprintf("Algorithm(%d)", uint8(a))
}

// ParseAlgorithm returns the algorithm of a name that String returns.
func ParseAlgorithm(name string) (Algorithm, error) {
	for i, n := range algorithmNames {
		if n == name {
			return Algorithm(i), nil
		}
	}
	return 0, &FieldError{"AQM.Algorithm", fmt.Sprintf("%q", name), "drop-tail, codel or pie"}
}

// ActiveQueue is active queue management: an algorithm that keeps the queue of
// the bottleneck short by dropping early. Datagrams are dropped, never marked:
// a UDP payload has no ECN field. The queue's limits hold besides. The zero
// value is a drop-tail queue.
type ActiveQueue struct {
	// Algorithm needs a Rate or a Trace, unless it is DropTail.
	Algorithm Algorithm

	// Target is how long a datagram should wait. Zero means 5 ms for CoDel
	// (RFC 8289, section 4.3) and 15 ms for PIE (RFC 8033, section 4.2). At
	// most 10 s.
	Target time.Duration

	// Interval is how long CoDel lets datagrams wait longer than Target
	// before it drops; zero means 100 ms (RFC 8289, section 4.3). Of PIE it
	// is the time between two updates of the probability, T_UPDATE; zero
	// means 15 ms (RFC 8033, section 4.2). From 1 ms to 10 s.
	Interval time.Duration

	// MaxBurst is for how long PIE lets a burst pass after the queue was
	// idle, MAX_BURST; zero means 150 ms (RFC 8033, section 4.4), negative
	// none. At most 10 s. CoDel has no such thing: it must be zero.
	MaxBurst time.Duration
}

// maxQueueTime bounds the times of an ActiveQueue.
const maxQueueTime = 10 * time.Second

func (a ActiveQueue) validate() error {
	switch {
	case a.Algorithm > lastAlgorithm:
		return &FieldError{"AQM.Algorithm", a.Algorithm.String(), "drop-tail, codel or pie"}
	case a.Algorithm == DropTail && a != (ActiveQueue{}):
		return &FieldError{"AQM.Algorithm", "drop-tail", "codel or pie where another field of AQM is set"}
	case a.Target < 0 || a.Target > maxQueueTime:
		return &FieldError{"AQM.Target", a.Target.String(), "0s to 10s"}
	case a.Interval != 0 && (a.Interval < time.Millisecond || a.Interval > maxQueueTime):
		return &FieldError{"AQM.Interval", a.Interval.String(), "0s or 1ms to 10s"}
	case a.MaxBurst > maxQueueTime:
		return &FieldError{"AQM.MaxBurst", a.MaxBurst.String(), "at most 10s"}
	case a.MaxBurst != 0 && a.Algorithm == CoDel:
		return &FieldError{"AQM.MaxBurst", a.MaxBurst.String(), "0s with codel"}
	}
	return nil
}
