package tcpmodel

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Of a Stream.
const (
	// segmentBytes is the most that a segment carries: 1500 of IP less
	// headers.
	segmentBytes = 1448

	// maxFlying is how many segments an acknowledgement can tell of.
	maxFlying = 8 * (headerBytes - 13)

	// delayedAck is how long Linux waits for something to send an
	// acknowledgement with (TCP_DELACK_MIN); every second segment has one at
	// once (RFC 5681, section 4.2).
	delayedAck = 40 * time.Millisecond

	noSegment = 1<<32 - 1
)

// A Stream is one end of a TCP connection that is open from the start, with
// TCP_NODELAY, and carries messages of one size each way, which are handed
// over in the order they were sent. It models:
//
//   - segments of as many messages as wait, up to 1448 bytes; they are sent
//     again as they were
//   - acknowledgements on what is sent anyway, on their own for every second
//     segment and where something is missing, or after 40 ms; selective, of
//     the newest 88 segments
//   - losses as by RACK-TLP (RFC 8985): three later segments were
//     acknowledged, or one, and a quarter of the round trip has passed; what
//     was sent again can be found lost again
//   - a probe with the last segment after two round trips of silence, then
//     the timeout of 200 ms and more (RFC 6298), which doubles
//   - a window of CUBIC that grows only while it is what limits
//
// Create it with NewStream. The zero value is not ready.
type Stream struct {
	control
	out, in int // size of a message, each way

	// What is sent. Segments are numbered as they are sent, messages as the
	// application hands them over.
	messages [][]byte // all that were handed over
	known    []bool   // that a message has arrived
	next     int      // message that was never sent
	segments []segment
	oldest   int // segment that may be in flight
	highest  int // segment that was acknowledged, +1
	flying   int
	recover  int   // losses of segments below are of one event
	again    []int // segments to send again
	limited  bool  // by the window
	timer    time.Time
	probed   bool // since the last acknowledgement
	packet   []byte

	// What is received.
	heard     []bool   // by segment
	kept      [][]byte // by message; nil is missing
	delivered int
	owed      int       // segments to acknowledge
	ackAt     time.Time // at the latest
}

// A segment is a packet with messages as it was sent.
type segment struct {
	at           time.Time
	first, count int
	done         bool // acknowledged or lost
}

// NewStream returns one end, whose messages have out bytes and the other's in:
// from 1 to 1448.
func NewStream(out, in int) *Stream {
	for _, size := range []int{out, in} {
		if size < 1 || size > segmentBytes {
			panic(fmt.Sprintf("tcpmodel: BUG: messages of %d bytes", size))
		}
	}
	return &Stream{
		control: newControl(), out: out, in: in,
		packet: make([]byte, headerBytes, headerBytes+segmentBytes),
	}
}

// Send hands over a message, which leaves with the next Flush if the window
// allows.
func (s *Stream) Send(message []byte) {
	if len(message) != s.out {
		panic(fmt.Sprintf("tcpmodel: BUG: a message of %d bytes, want %d", len(message), s.out))
	}
	s.messages = append(s.messages, append([]byte(nil), message...))
	s.known = append(s.known, false)
}

// Next returns the next message of the other end.
func (s *Stream) Next() (message []byte, ok bool) {
	if s.delivered == len(s.kept) || s.kept[s.delivered] == nil {
		return nil, false
	}
	s.delivered++
	return s.kept[s.delivered-1], true
}

// Receive implements End.
func (s *Stream) Receive(now time.Time, datagram []byte) {
	if len(datagram) < headerBytes {
		return
	}
	if heard := int(binary.LittleEndian.Uint32(datagram[5:])); heard > 0 && heard <= len(s.segments) {
		s.acknowledged(now, heard, datagram[13:headerBytes])
	}
	if number := binary.LittleEndian.Uint32(datagram[1:]); number != noSegment {
		s.take(now, number, int(binary.LittleEndian.Uint32(datagram[9:])), datagram[headerBytes:])
	}
}

// take files away a segment and decides when to acknowledge it.
func (s *Stream) take(now time.Time, number uint32, first int, data []byte) {
	for len(s.heard) <= int(number) {
		s.heard = append(s.heard, false)
	}
	s.heard[number] = true
	for i := 0; i+s.in <= len(data); i += s.in {
		at := first + i/s.in
		for len(s.kept) <= at {
			s.kept = append(s.kept, nil)
		}
		if s.kept[at] == nil {
			s.kept[at] = append([]byte(nil), data[i:i+s.in]...)
		}
	}
	if s.owed++; s.owed == 1 {
		s.ackAt = now.Add(delayedAck)
	}
	if s.owed > 1 || number > 0 && !s.heard[number-1] || int(number)+1 < len(s.heard) {
		s.ackAt = now
	}
}
