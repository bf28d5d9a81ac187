package channel

import "github.com/reckon-engine/reckon/netcode/internal/wire"

// An Incoming receives the messages of one ReliableOrdered channel: each
// once, in the order sent.
type Incoming struct {
	MaxMessage  int
	WindowBytes int

	Duplicates uint64 // segments that had arrived before

	next    uint64 // first segment not yet used
	early   []held // ring of Window slots by number, once one is needed
	held    int    // slots in use
	bytes   int    // of data in them
	partial []byte // message of which the first segments arrived
	within  bool   // partial has begun
}

// held is a segment that arrived before its turn.
type held struct {
	data  []byte // capacity is reused
	kind  wire.FrameKind
	taken bool
}

// Check reports whether f is a frame this channel can have now.
func (in *Incoming) Check(f *wire.Frame) error {
	if !f.IsReliable() || len(f.Data) > MaxSegment {
		return ErrViolation
	}
	if (f.Kind == wire.FrameFirst || f.Kind == wire.FrameMiddle) && len(f.Data) != MaxSegment {
		return ErrViolation
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

// Add takes a checked frame and pushes the messages it completes on q.
func (in *Incoming) Add(f *wire.Frame, q *Queue) error {
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
