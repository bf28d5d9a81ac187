package channel

import "github.com/reckon-engine/reckon/netcode/internal/wire"

// An Incoming receives the messages of one channel of segments: each once,
// in the order sent, or as soon as it is whole.
type Incoming struct {
	MaxMessage  int
	WindowBytes int
	Unordered   bool // messages do not wait for earlier ones, and may be skipped

	Duplicates uint64 // segments that had arrived before

	next     uint64 // first segment that has not arrived
	newest   uint64 // newest packet that carried a segment
	marks    [2]mark
	early    slots  // what arrived before its turn
	partial  []byte // message of which the first segments arrived
	within   bool   // partial has begun
	skipping bool   // the rest of a message that was given up may follow
}

// A mark remembers that all segments below next had arrived when packet was
// the newest. A packet up to that one was sent before the sender knew, and
// carries no segment from next+Window on; a later one carries none before
// next-Window. This is what tells a packet that was delayed for very long,
// full of segments whose two bytes have come round again, from a new one.
type mark struct{ next, packet uint64 }

// markEvery is how many segments lie between marks, at least: the two that are
// kept leave at most 2*(markEvery+Window)+Window numbers behind next in doubt,
// of the 2^15 that two bytes tell apart in either direction.
const markEvery = 2 * Window

// Check reports whether f is a frame this channel can have now, in a packet
// of the given number.
func (in *Incoming) Check(packet uint64, f *wire.Frame) error {
	if !f.IsReliable() || len(f.Data) > MaxSegment {
		return ErrViolation
	}
	inner := f.Kind == wire.FrameFirst || f.Kind == wire.FrameMiddle
	if inner && len(f.Data) != MaxSegment && !(in.Unordered && isSkip(f.Kind, f.Data)) {
		return ErrViolation
	}
	if in.ancient(packet) {
		return nil
	}
	number := in.expand(f.Number)
	if number >= in.next+Window || in.early.bytes+len(f.Data) > in.WindowBytes+MaxSegment {
		return ErrViolation
	}
	return nil
}

// expand restores a segment number. Segments on their way lie within Window
// of next, far less than the half of 2^16 that two bytes tell apart.
func (in *Incoming) expand(truncated uint64) uint64 {
	return wire.ExpandNumber(truncated, 2, in.next)
}

// ancient reports whether all that packet can carry has arrived long ago.
func (in *Incoming) ancient(packet uint64) bool {
	old := &in.marks[0]
	return old.next > 0 && packet <= old.packet
}

// note keeps the marks up to date.
func (in *Incoming) note(packet uint64) {
	in.newest = max(in.newest, packet)
	if in.next >= in.marks[1].next+markEvery {
		in.marks[0], in.marks[1] = in.marks[1], mark{in.next, in.newest}
	}
}

// Add takes a checked frame from the packet of the given number and pushes
// the messages it completes on q.
func (in *Incoming) Add(packet uint64, f *wire.Frame, q *Queue) error {
	if in.ancient(packet) {
		in.Duplicates++
		return nil
	}
	defer in.note(packet)
	number := in.expand(f.Number)
	if number < in.next || number-in.next < uint64(len(in.early.ring)) && in.early.state(number) != slotEmpty {
		in.Duplicates++
		return nil
	}
	if number > in.next {
		return in.hold(number, f, q)
	}
	if err := in.use(f.Channel, f.Kind, f.Data, q); err != nil {
		return err
	}
	for in.early.taken > 0 && in.early.state(in.next) != slotEmpty {
		if in.early.state(in.next) == slotDone {
			if in.within {
				return ErrViolation // it began inside a message
			}
			in.early.release(in.next)
			in.next++
			in.skipping = false
			continue
		}
		s := in.early.at(in.next)
		err := in.use(f.Channel, s.kind, s.data, q)
		in.early.release(in.next - 1)
		if err != nil {
			return err
		}
	}
	if in.early.taken == 0 {
		in.early.trim()
	}
	return nil
}

// isSkip reports whether a segment says that its message was given up.
func isSkip(kind wire.FrameKind, data []byte) bool {
	return kind == wire.FrameMiddle && len(data) == 0
}

// hold keeps a segment that arrived before its turn, or delivers the message
// that it completes if none has to wait.
func (in *Incoming) hold(number uint64, f *wire.Frame, q *Queue) error {
	in.early.grow(in.next, number)
	if in.Unordered && f.Kind == wire.FrameWhole {
		if len(f.Data) > in.MaxMessage {
			return ErrViolation
		}
		in.early.put(number, f.Kind, nil)
		in.early.finish(number)
		q.Push(f.Channel, f.Data)
		return nil
	}
	in.early.put(number, f.Kind, f.Data)
	if !in.Unordered {
		return nil
	}
	return in.join(number, f.Channel, q)
}

// join delivers the message around segment number if all of it is held.
func (in *Incoming) join(number uint64, channel uint8, q *Queue) error {
	first, last, size := number, number, 0
	for ; in.early.at(first).kind != wire.FrameFirst; first-- {
		if first <= in.next+1 || !in.early.inner(first) || in.early.state(first-1) != slotHeld {
			return nil
		}
		if kind := in.early.at(first - 1).kind; kind != wire.FrameFirst && kind != wire.FrameMiddle {
			return ErrViolation
		}
	}
	for ; in.early.at(last).kind != wire.FrameLast; last++ {
		if !in.early.inner(last) || in.early.state(last+1) != slotHeld {
			return nil
		}
		if kind := in.early.at(last + 1).kind; kind != wire.FrameLast && kind != wire.FrameMiddle {
			return ErrViolation
		}
	}
	for n := first; n <= last; n++ {
		size += len(in.early.at(n).data)
	}
	if size > in.MaxMessage {
		return ErrViolation
	}
	message := q.Reserve(channel, size)
	for n := first; n <= last; n++ {
		message = message[copy(message, in.early.at(n).data):]
		in.early.finish(n)
	}
	return nil
}

// use takes the next segment in order.
func (in *Incoming) use(channel uint8, kind wire.FrameKind, data []byte, q *Queue) error {
	in.next++
	if in.Unordered && isSkip(kind, data) {
		in.partial, in.within, in.skipping = in.partial[:0], false, true
		return nil
	}
	begins := kind == wire.FrameWhole || kind == wire.FrameFirst
	if in.skipping && !begins {
		in.skipping = kind != wire.FrameLast
		return nil
	}
	in.skipping = false
	if begins == in.within {
		return ErrViolation
	}
	if kind == wire.FrameWhole {
		if len(data) > in.MaxMessage {
			return ErrViolation
		}
		q.Push(channel, data)
		return nil
	}
	if len(in.partial)+len(data) > in.MaxMessage {
		return ErrViolation
	}
	in.partial = append(in.partial, data...)
	in.within = kind != wire.FrameLast
	if !in.within {
		q.Push(channel, in.partial)
		if cap(in.partial) > keptBytes {
			in.partial = nil
		}
		in.partial = in.partial[:0]
	}
	return nil
}
