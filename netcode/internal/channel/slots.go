package channel

import "github.com/reckon-engine/reckon/netcode/internal/wire"

type slotState uint8

const (
	slotEmpty slotState = iota
	slotHeld            // the segment waits for its turn
	slotDone            // its message was delivered
)

// A slot is a place for a segment that arrived before its turn.
type slot struct {
	data  []byte
	kind  wire.FrameKind
	state slotState
}

// Slots hold the segments of a receiver's window that came early, in a ring
// by number that grows with the distance between them, and gives everything
// back when the gap has closed. The zero value is ready to use.
//
// Memory: besides the ring, at most twice the data and keptBytes, whatever
// sizes a peer chooses.
type slots struct {
	ring     []slot // length a power of two, at most Window
	taken    int    // slots not empty
	bytes    int    // of data held
	capacity int    // of the buffers they are in
	free     [][]byte
}

func (s *slots) at(number uint64) *slot { return &s.ring[number&uint64(len(s.ring)-1)] }

func (s *slots) state(number uint64) slotState {
	if len(s.ring) == 0 {
		return slotEmpty
	}
	return s.at(number).state
}

// inner reports whether a segment that is held has neighbours of the same
// message on both sides, or on that side which join looks at.
func (s *slots) inner(number uint64) bool {
	at := s.at(number)
	return at.kind != wire.FrameWhole && !isSkip(at.kind, at.data)
}

// grow makes the ring wide enough for segment number when next is the first
// that has not arrived.
func (s *slots) grow(next, number uint64) {
	// The slot of next is empty, and so the one after the newest, which may be
	// the same.
	need := number - next + 1
	if need <= uint64(len(s.ring)) {
		return
	}
	size := max(16, len(s.ring))
	for uint64(size) < need {
		size *= 2
	}
	old := *s
	s.ring = make([]slot, size)
	for i := range uint64(len(old.ring)) {
		*s.at(next + i) = *old.at(next + i)
	}
}

// put holds a copy of data.
func (s *slots) put(number uint64, kind wire.FrameKind, data []byte) {
	at := s.at(number)
	at.kind, at.state = kind, slotHeld
	s.taken++
	if len(data) == 0 {
		return
	}
	s.bytes += len(data)
	if n := len(s.free); n > 0 && s.capacity+MaxSegment <= 2*s.bytes+keptBytes {
		at.data, s.free = s.free[n-1], s.free[:n-1]
	} else if len(data) > MaxSegment/2 {
		at.data = make([]byte, 0, MaxSegment)
	}
	at.data = append(at.data, data...)
	s.capacity += cap(at.data)
}

// finish lets the data of a delivered segment go; its number stays taken.
func (s *slots) finish(number uint64) {
	at := s.at(number)
	s.bytes -= len(at.data)
	s.capacity -= cap(at.data)
	if cap(at.data) >= MaxSegment && len(s.free) < keptBytes/MaxSegment {
		s.free = append(s.free, at.data[:0])
	}
	at.data, at.state = nil, slotDone
}

// release empties a slot.
func (s *slots) release(number uint64) {
	s.finish(number)
	*s.at(number) = slot{}
	s.taken--
}

// trim gives back what a burst of losses needed once it has healed.
func (s *slots) trim() {
	if len(s.ring) > 256 {
		*s = slots{}
	}
}
