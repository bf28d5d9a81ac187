package tcpmodel

import (
	"encoding/binary"
	"time"
)

// acknowledged takes what the other end has heard: the newest segment, +1, and
// a bit for each before it.
func (s *Stream) acknowledged(now time.Time, heard int, before []byte) {
	newest := -1
	for number := max(0, heard-1-maxFlying); number < heard; number++ {
		behind := heard - 1 - number
		if behind > 0 && before[(behind-1)/8]>>((behind-1)%8)&1 == 0 {
			continue
		}
		g := &s.segments[number]
		for i := range g.count {
			s.known[g.first+i] = true // also if it was given up too early
		}
		if g.done {
			continue
		}
		g.done, newest = true, number
		s.flying--
		if number >= s.recover && s.limited {
			s.grow(now)
		}
	}
	if newest < 0 {
		return
	}
	s.highest = max(s.highest, heard)
	s.timer, s.backoff, s.probed = now, 0, false
	s.measure(now.Sub(s.segments[newest].at), uint64(newest), uint64(len(s.segments)))
	s.findLost(now)
}

// findLost gives up segments that later ones have overtaken.
func (s *Stream) findLost(now time.Time) {
	for s.oldest < s.highest {
		if g := &s.segments[s.oldest]; !g.done {
			if s.oldest+dupThreshold >= s.highest && now.Before(s.overdue(g)) {
				return
			}
			s.lose(s.oldest)
			if s.oldest >= s.recover {
				s.recover = len(s.segments)
				s.reduce()
			}
		}
		s.oldest++
	}
}

// overdue returns when a segment counts as lost of which a later one was
// acknowledged (RFC 8985, section 6.2).
func (s *Stream) overdue(g *segment) time.Time { return g.at.Add(s.smoothed + s.least/4) }

// lose gives a segment up.
func (s *Stream) lose(number int) {
	s.segments[number].done = true
	s.flying--
	s.again = append(s.again, number)
}

// NextDeadline implements End.
func (s *Stream) NextDeadline() time.Time {
	next := s.ackAt
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if s.flying > 0 {
		sooner(s.timer.Add(s.patience()))
		if s.oldest < s.highest {
			sooner(s.overdue(&s.segments[s.oldest]))
		}
	}
	return next
}

// patience is how long there may be silence before a probe, or the timeout
// (RFC 8985, section 7.2).
func (s *Stream) patience() time.Duration {
	if s.probed || s.smoothed == 0 {
		return s.timeout()
	}
	probe := 2 * s.smoothed
	if s.flying == 1 {
		probe += minTimeout // the other's acknowledgement may wait; as Linux
	}
	return min(probe, s.timeout())
}

// Flush implements End.
func (s *Stream) Flush(now time.Time, send func([]byte)) {
	s.findLost(now)
	if s.flying > 0 && !now.Before(s.timer.Add(s.patience())) {
		s.silence(now, send)
	}
	s.limited = false
	for {
		first, count := s.waiting()
		if count == 0 {
			break
		}
		if s.flying >= min(int(s.window), maxFlying) {
			s.limited = true
			break
		}
		s.sent(first, count)
		s.transmit(now, first, count, send)
	}
	if !s.ackAt.IsZero() && !now.Before(s.ackAt) {
		send(s.header(noSegment, 0))
	}
}

// silence sends a probe, or gives up all that is in flight.
func (s *Stream) silence(now time.Time, send func([]byte)) {
	if now.Before(s.timer.Add(s.timeout())) {
		s.probed = true
		last := s.segments[len(s.segments)-1]
		if first, count := s.waiting(); count > 0 {
			s.sent(first, count)
			last.first, last.count = first, count
		}
		s.transmit(now, last.first, last.count, send)
		return
	}
	s.expired()
	for number := s.oldest; number < len(s.segments); number++ {
		if !s.segments[number].done {
			s.lose(number)
		}
	}
	s.oldest, s.recover, s.timer, s.probed = len(s.segments), len(s.segments), now, false
}

// waiting returns the messages that the next segment should have: those of a
// lost one, less what has arrived since, or new ones.
func (s *Stream) waiting() (first, count int) {
	for len(s.again) > 0 {
		g := &s.segments[s.again[0]]
		for i := range g.count {
			if !s.known[g.first+i] {
				return g.first, g.count
			}
		}
		s.again = s.again[1:]
	}
	return s.next, min(len(s.messages)-s.next, segmentBytes/s.out)
}

// sent notes that what waiting returned is sent.
func (s *Stream) sent(first, count int) {
	if first == s.next {
		s.next += count
		return
	}
	s.again = s.again[1:]
}

// transmit sends a segment.
func (s *Stream) transmit(now time.Time, first, count int, send func([]byte)) {
	if s.flying == 0 {
		s.timer = now // it starts with what is sent
	}
	packet := s.header(uint32(len(s.segments)), first)
	for i := range count {
		packet = append(packet, s.messages[first+i]...)
	}
	s.segments = append(s.segments, segment{at: now, first: first, count: count})
	s.flying++
	send(packet)
}

// header returns a header that acknowledges all there is.
func (s *Stream) header(number uint32, first int) []byte {
	s.owed, s.ackAt = 0, time.Time{}
	h := s.packet[:headerBytes]
	clear(h)
	h[0] = Mark
	binary.LittleEndian.PutUint32(h[1:], number)
	binary.LittleEndian.PutUint32(h[5:], uint32(len(s.heard)))
	binary.LittleEndian.PutUint32(h[9:], uint32(first))
	for behind := 1; behind <= min(maxFlying, len(s.heard)-1); behind++ {
		if s.heard[len(s.heard)-1-behind] {
			h[13+(behind-1)/8] |= 1 << ((behind - 1) % 8)
		}
	}
	return h
}
