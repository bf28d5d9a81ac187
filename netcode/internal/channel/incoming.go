package channel

import "github.com/reckon-engine/reckon/netcode/internal/wire"

// An Incoming receives the messages of one ReliableOrdered channel: each
// once, in the order sent.
type Incoming struct {
	MaxMessage  int
	WindowBytes int

	Duplicates uint64 // segments that had arrived before

	next    uint64 // first segment not yet used
	newest  uint64 // newest packet that carried a segment
	marks   [2]mark
	early   []held // ring of Window slots by number, once one is needed
	held    int    // slots in use
	bytes   int    // of data in them
	partial []byte // message of which the first segments arrived
	within  bool   // partial has begun
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

// held is a segment that arrived before its turn.
type held struct {
	data  []byte // capacity is reused
	kind  wire.FrameKind
	taken bool
}

// Check reports whether f is a frame this channel can have now, in a packet
// of the given number.
func (in *Incoming) Check(packet uint64, f *wire.Frame) error {
	if !f.IsReliable() || len(f.Data) > MaxSegment {
		return ErrViolation
	}
	if (f.Kind == wire.FrameFirst || f.Kind == wire.FrameMiddle) && len(f.Data) != MaxSegment {
		return ErrViolation
	}
	if in.ancient(packet) {
		return nil
	}
	number := in.expand(f.Number)
	if number >= in.next+Window || in.bytes+len(f.Data) > in.WindowBytes+MaxSegment {
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
	if number < in.next || number > in.next && in.isHeld(number) {
		in.Duplicates++
		return nil
	}
	if number > in.next {
		in.hold(number, f)
		return nil
	}
	if err := in.use(f.Channel, f.Kind, f.Data, q); err != nil {
		return err
	}
	for in.held > 0 && in.isHeld(in.next) {
		s := &in.early[in.next%Window]
		s.taken = false
		in.held--
		in.bytes -= len(s.data)
		if err := in.use(f.Channel, s.kind, s.data, q); err != nil {
			return err
		}
	}
	if in.held == 0 && len(in.early) > 0 {
		in.trim()
	}
	return nil
}

func (in *Incoming) isHeld(number uint64) bool {
	return len(in.early) > 0 && in.early[number%Window].taken
}

func (in *Incoming) hold(number uint64, f *wire.Frame) {
	if len(in.early) == 0 {
		in.early = make([]held, Window)
	}
	s := &in.early[number%Window]
	s.data = append(s.data[:0], f.Data...)
	s.kind, s.taken = f.Kind, true
	in.held++
	in.bytes += len(f.Data)
}

// trim gives back what a burst of losses needed once it has healed.
func (in *Incoming) trim() {
	total := 0
	for i := range in.early {
		total += cap(in.early[i].data)
	}
	if total > keptBytes {
		in.early = nil
	}
}

// use takes the next segment in order.
func (in *Incoming) use(channel uint8, kind wire.FrameKind, data []byte, q *Queue) error {
	in.next++
	begins := kind == wire.FrameWhole || kind == wire.FrameFirst
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
