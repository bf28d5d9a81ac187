package pace

import "time"

// A Mark is what a packet remembers for the delivery-rate sample that its
// acknowledgement gives (draft-cheng-iccrg-delivery-rate-estimation, section
// 3.2). Times are in microseconds and everything wraps: only differences
// count, over less than an hour and 4 GB.
type Mark struct {
	delivered   uint32 // bytes that had arrived when it was sent
	deliveredAt uint32 // when the newest of them was acknowledged
	firstSent   uint32 // when the first packet of the sample's flight was sent
	idle        bool   // the application, not the network, held back
}

// rateWindow is how long a delivery rate is remembered, at least; at most
// twice as long. BBR's filter keeps two cycles of 2 to 3 s
// (draft-ietf-ccwg-bbr, section 4.3.3.4).
const rateWindow = 3 * time.Second

// maxRate bounds estimates: 100 Gbit/s, in bytes per second. Whatever a peer
// says, products with it fit in 64 bits.
const maxRate = 12_500_000_000

// A sampler measures how fast data arrive.
type sampler struct {
	delivered   uint32
	deliveredAt uint32
	firstSent   uint32

	// The acknowledgement being processed.
	mark   Mark
	newest time.Duration // when the newest packet it acknowledges was sent
	bytes  int64
	stays  int64 // bytes × nanoseconds that they were in flight

	rates   [2]int64 // greatest of this window, and of the one before
	turned  time.Duration
	latest  int64
	started bool
}

func micros(t time.Duration) uint32 { return uint32(t / time.Microsecond) }

// rate returns the windowed maximum, in bytes per second.
func (s *sampler) rate() int64 { return max(s.rates[0], s.rates[1]) }

func (s *sampler) sent(t time.Duration, flight int, idle bool) Mark {
	if now := micros(t); flight <= 0 {
		s.deliveredAt, s.firstSent = now, now
	}
	return Mark{s.delivered, s.deliveredAt, s.firstSent, idle}
}

func (s *sampler) acked(t, sent time.Duration, bytes int, m Mark) {
	s.delivered += uint32(bytes)
	s.bytes += int64(bytes)
	s.stays += int64(bytes) * int64(min(max(t-sent, 0), maxStay))
	if !s.started || sent >= s.newest {
		s.started, s.newest, s.mark = true, sent, m
	}
}

// maxStay bounds the time in flight that is believed.
const maxStay = 10 * time.Second

// settle turns what was acknowledged into a rate sample and into the mean
// time in flight. It returns when the newest packet was sent.
func (s *sampler) settle(t, base time.Duration, stay *time.Duration) (newest time.Duration, any bool) {
	if !s.started {
		return 0, false
	}
	mean := max(time.Duration(s.stays/max(1, s.bytes)), minStay)
	if *stay == 0 {
		*stay = mean
	}
	*stay += (mean - *stay) / 4
	s.deliveredAt = micros(t)
	s.firstSent = micros(s.newest)
	m := s.mark
	elapsed := max(s.deliveredAt-m.deliveredAt, s.firstSent-m.firstSent)
	// A shorter time than the round trip is a burst of acknowledgements.
	if elapsed > 0 && elapsed < 1<<31 && time.Duration(elapsed)*time.Microsecond >= base {
		rate := min(int64(s.delivered-m.delivered)*1e6/int64(elapsed), maxRate)
		s.latest = rate
		if t-s.turned >= rateWindow && !m.idle {
			s.rates[1], s.rates[0], s.turned = s.rates[0], 0, t
		}
		if !m.idle || rate > s.rate() {
			s.rates[0] = max(s.rates[0], rate)
		}
	}
	newest = s.newest
	s.started, s.bytes, s.stays = false, 0, 0
	return newest, true
}

// minStay bounds the time in flight from below: loopback is faster, but no
// timer that paces is finer.
const minStay = 100 * time.Microsecond
