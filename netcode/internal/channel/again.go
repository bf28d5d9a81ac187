package channel

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Urge fills in segment number, whether it waits or is on its way. The packet
// of a copy becomes the one whose loss counts. Urge reports done if there is no reason to urge it any more: it was
// acknowledged or its lifetime ended. Otherwise not ok means that it does not
// fit in room bytes, or not yet in the window.
func (o *Outgoing) Urge(now time.Duration, number uint64, room int, packet uint64, f *wire.Frame) (ok, done bool) {
	if number < o.oldest {
		return false, true
	}
	s := o.at(number)
	if s.state == segmentAcked || s.flags&segmentWatched != 0 && o.watches.of(number).over(now) {
		return false, true
	}
	if number >= o.oldest+Window {
		return false, false
	}
	*f = wire.Frame{Kind: s.kind, Channel: o.Channel, Number: number, Data: s.data}
	if wire.FrameLen(f, false) > room {
		return false, false
	}
	if s.state == segmentSent {
		o.copied(number, packet)
	} else {
		o.sentIn(number, packet)
	}
	return true, false
}

// copied records that packet carries a copy of a segment on its way.
func (o *Outgoing) copied(number, packet uint64) {
	o.at(number).packet = packet
	o.Copies++
}

// A list is a doubly linked list of segments, through their slots, by the low
// 16 bits of their numbers.
type list struct {
	first, last uint16
	n           int32
}

// expand restores the number of a segment that is held.
func (o *Outgoing) expand(low uint16) uint64 { return o.oldest + uint64(low-uint16(o.oldest)) }

func (o *Outgoing) pushBack(l *list, number uint64) {
	low := uint16(number)
	if l.n++; l.n == 1 {
		l.first, l.last = low, low
		return
	}
	o.at(o.expand(l.last)).after = low
	o.at(number).before = l.last
	l.last = low
}

// insert keeps a list in the order of numbers. Losses come in the order of
// packets, so that the place is nearly always at an end.
func (o *Outgoing) insert(l *list, number uint64) {
	if l.n == 0 || o.expand(l.last) < number {
		o.pushBack(l, number)
		return
	}
	next := o.expand(l.first)
	if next < number {
		for next = o.expand(l.last); ; {
			before := o.expand(o.at(next).before)
			if before < number {
				break
			}
			next = before
		}
	}
	low, after := uint16(number), uint16(next)
	s := o.at(number)
	s.after = after
	if after == l.first {
		l.first = low
	} else {
		s.before = o.at(next).before
		o.at(o.expand(s.before)).after = low
	}
	o.at(next).before = low
	l.n++
}

func (o *Outgoing) remove(l *list, number uint64) {
	low, s := uint16(number), o.at(number)
	if low == l.first {
		l.first = s.after
	} else {
		o.at(o.expand(s.before)).after = s.after
	}
	if low == l.last {
		l.last = s.before
	} else {
		o.at(o.expand(s.after)).before = s.before
	}
	l.n--
}
