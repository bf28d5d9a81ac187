package channel

import (
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// Two things ride again in packets while earlier ones with them are still on
// their way: what Again hands out, as often as the redundancy allows, and
// what was sent as urgent. Both make the packet of the copy the one whose
// loss counts.

// Again fills in a copy of a whole segment of at most maxBytes (and
// SmallSegment) bytes that is on its way and that no packet from before on
// has carried: the one whose last copy is oldest. It is handed out in at most
// maxCopies packets since it was last sent for the first time or for a loss;
// then it is left alone until it is acknowledged or lost. The frame must fit
// in room bytes, length included, and its data stay valid until the next Push
// or Acked. packet is the number of the packet the copy will be in; the loss
// of the packets that carried the segment before means nothing from now on.
//
// Called until ok is false, with before not above packet, it goes once
// through all that may ride. The cost is that of what it hands out, and of
// what does not fit.
func (o *Outgoing) Again(now time.Duration, room int, packet, before uint64, maxBytes, maxCopies int, f *wire.Frame) (number uint64, ok bool) {
	for left, low := o.small.n, o.small.first; left > 0; left-- {
		number = o.expand(low)
		s := o.at(number)
		if s.packet >= before {
			break // the list is in the order of the last carriers
		}
		low = s.after
		if int(s.copies) >= maxCopies || s.flags&segmentWatched != 0 && o.watches.of(number).over(now) {
			o.leave(number)
			continue
		}
		*f = wire.Frame{Kind: s.kind, Channel: o.Channel, Number: number, Data: s.data}
		if len(s.data) > maxBytes || wire.FrameLen(f, false) > room {
			continue
		}
		o.copied(number, packet)
		return number, true
	}
	return 0, false
}

// Riders returns how many segments Again could hand out at most, and the
// packet that carried the first of them last: its time of sending says how
// long ago that was. The packet means nothing if n is zero.
func (o *Outgoing) Riders() (n int, packet uint64) {
	if o.small.n == 0 {
		return 0, 0
	}
	return int(o.small.n), o.at(o.expand(o.small.first)).packet
}

// Urge fills in segment number, whole and small, whether it waits or is on
// its way. It reports done if there is no reason to urge it any more: it was
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
	s := o.at(number)
	s.packet = packet
	s.copies += min(1, ^s.copies) // up to 255
	o.Copies++
	if s.flags&segmentSmall != 0 {
		o.remove(&o.small, number)
		o.pushBack(&o.small, number)
	}
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
