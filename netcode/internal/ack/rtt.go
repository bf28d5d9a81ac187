package ack

import "time"

// granularity is the least variation the timers assume (RFC 9002, section
// 6.1.2).
const granularity = time.Millisecond

// initialRTT is assumed before the first sample (RFC 9002, section 6.2.2).
const initialRTT = 333 * time.Millisecond

// An RTT estimates the round-trip time as RFC 9002, section 5, does: a
// smoothed value gains 1/8 and a mean deviation 1/4 of each new sample. The
// zero value is ready to use.
type RTT struct {
	Latest   time.Duration // newest sample, less the peer's ack delay
	Smoothed time.Duration
	Variance time.Duration // mean deviation of the samples
	Min      time.Duration // least sample
	Samples  int
}

// Add takes a sample: the time from sending a packet to receiving the first
// acknowledgement of it, which the peer says it delayed by delay.
func (r *RTT) Add(sample, delay time.Duration) {
	if sample <= 0 {
		sample = 1 // clocks of coarse resolution
	}
	// RFC 9002, section 5.3, believes a delay only as far as it leaves the
	// least sample, delays included. Where both ends are idle every sample
	// has one, and the estimate would never be true. We believe every delay
	// that is possible: a lie is at most 64 ms, and makes us send to the liar
	// again too early.
	if sample > delay {
		sample -= delay
	}
	if r.Samples == 0 || sample < r.Min {
		r.Min = sample
	}
	r.Latest = sample
	if r.Samples++; r.Samples == 1 {
		r.Smoothed, r.Variance = sample, sample/2
		return
	}
	deviation := (r.Smoothed - sample).Abs()
	r.Variance += (deviation - r.Variance) / 4
	r.Smoothed += (sample - r.Smoothed) / 8
}

// LossDelay returns how long after its sending a packet is given up once a
// later one was acknowledged. RFC 9002, section 6.1.2, waits for 9/8 of the
// round trip; four mean deviations more than a round trip (RFC 6298, section
// 2) keep jitter from looking like loss.
func (r *RTT) LossDelay() time.Duration {
	if r.Samples == 0 {
		return initialRTT * 9 / 8
	}
	rtt := max(r.Smoothed, r.Latest)
	return rtt + max(rtt/8, 4*r.Variance, granularity)
}

// ProbeDelay returns how long after the last packet that asked for one
// silence means that an acknowledgement is missing (RFC 9002, section 6.2.1).
func (r *RTT) ProbeDelay(maxAckDelay time.Duration) time.Duration {
	if r.Samples == 0 {
		return 2*initialRTT + maxAckDelay
	}
	return r.Smoothed + max(4*r.Variance, granularity) + maxAckDelay
}
