package secondhand

import (
	"errors"
	"time"
)

// A sent is a packet on its way.
type sent struct {
	at       time.Time
	contents []content
	elicits  bool
	newest   uint64 // of the ack in it
	acks     bool   // it has one
	decided  bool
	acked    bool
}

// A sender numbers packets, and learns what became of them (section 4).
type sender struct {
	next  uint64
	sent  map[uint64]*sent
	floor uint64 // below, everything is decided

	acknowledged uint64 // a: one more than the newest number acknowledged
	anyAck       bool
	ackPacket    uint64 // newest packet from which an ack was taken
	rtt          time.Duration
	lastSent     time.Time // of an eliciting packet
	probes       int       // without an answer

	forms [4]int // how many acks of each form were taken
	runs  int    // how many of them had runs
	lost  int
}

// short says whether a packet's number fits in one byte (section 4.1).
func (s *sender) short() bool { return s.next-s.acknowledged < 128 }

// take uses an ack from a packet, if it is one to be taken (section 4.2).
func (s *sender) take(a ack, form uint8, packet uint64, now time.Time, received *history) error {
	if a.none || s.anyAck && packet < s.ackPacket {
		return nil
	}
	newest := a.full(s.acknowledged)
	if newest >= s.next {
		return errors.New("an ack of what was never sent")
	}
	s.anyAck, s.ackPacket = true, packet
	s.forms[form]++
	if a.runs != nil {
		s.runs++
	}
	if p := s.sent[newest]; p != nil && !p.acked && p.elicits && !a.vague {
		sample := now.Sub(p.at)
		if a.delay < sample {
			sample -= a.delay
		}
		s.rtt = max(s.rtt*7/8+sample/8, sample)
	}
	s.acknowledged = max(s.acknowledged, newest+1)
	a.each(newest, func(number uint64) {
		p := s.sent[number]
		if p == nil || p.acked {
			return
		}
		p.acked, p.decided = true, true
		s.probes = 0
		if p.acks {
			received.told = max(received.told, p.newest+1)
		}
		for _, c := range p.contents {
			if c.acked != nil {
				c.acked()
			}
		}
	})
	return nil
}

// lose gives up what was overtaken, and after a silence the oldest packet
// with reliable content (section 4.4 is guidance; this is simpler).
func (s *sender) lose(now time.Time) (probe bool) {
	var first *sent
	late := s.rtt*5/4 + 20*time.Millisecond
	for n := s.floor; n < s.next; n++ {
		p := s.sent[n]
		if p != nil && !p.decided {
			if n+1 < s.acknowledged && now.Sub(p.at) > late {
				s.giveUp(p)
			} else if first == nil && p.reliable() {
				first = p
			}
		}
		if n == s.floor && (p == nil || p.decided) {
			delete(s.sent, n-10_000) // until then an ack of it may still come
			s.floor++
		}
	}
	wait := (2*s.rtt + 100*time.Millisecond) << min(s.probes, 6)
	if first == nil || now.Sub(s.lastSent) < wait {
		return false
	}
	s.probes++
	s.giveUp(first)
	return true
}

func (p *sent) reliable() bool {
	for _, c := range p.contents {
		if c.lost != nil {
			return true
		}
	}
	return false
}

func (s *sender) giveUp(p *sent) {
	p.decided = true
	s.lost++
	for _, c := range p.contents {
		if c.lost != nil {
			c.lost()
		}
	}
}
