package wakeup

import (
	"time"

	"github.com/reckon-engine/reckon/sim/result"
)

// A Lateness is how much later than computed datagrams were released, as far
// as the program sees it: until they were handed to the system.
type Lateness struct {
	P50, P99, Max time.Duration // P50 and P99 to 0.8 %
}

// LatenessOf sums up a histogram.
func LatenessOf(h *result.Histogram) Lateness {
	return Lateness{
		P50: h.Quantile(500_000),
		P99: h.Quantile(990_000),
		Max: time.Duration(h.Max),
	}
}
