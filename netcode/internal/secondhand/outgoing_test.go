package secondhand

import (
	"encoding/binary"
	"fmt"
)

// pieceSize is how much of a message a frame carries (section 5).
const pieceSize = 1100

// A content is a frame that wants to leave, and what its fate means.
type content struct {
	frame frame
	sent  func() // it is in a packet
	acked func() // one packet with it was acknowledged
	lost  func() // the packet with it was lost
}

// An outgoing is the sending half of a channel.
type outgoing struct {
	channel
	index uint8

	frames    []frame // unreliable: not yet sent
	fragments uint16  // number of the next fragmented message

	segments []*segment // reliable: not yet acknowledged, or behind such a one
	base     uint64     // number of the first of them

	values []*value // of a latest channel
}

// A segment is one of section 5.5.
type segment struct {
	kind          uint8
	data          []byte
	queued, acked bool
}

// A value is what a key has on a latest channel (section 5.6).
type value struct {
	key                 int
	version             uint16
	data                []byte
	queued, sent, acked bool
}

// send takes a message and returns how to give it up.
func (o *outgoing) send(message []byte) (giveUp func()) {
	if len(message) > o.maxMessage {
		panic("message too large")
	}
	pieces := max(1, (len(message)+pieceSize-1)/pieceSize)
	piece := func(i int) []byte { return message[i*pieceSize : min(len(message), (i+1)*pieceSize)] }
	if o.mode == unreliable || o.mode == sequenced {
		if pieces == 1 {
			o.frames = append(o.frames, frame{kind: kindMessage, channel: o.index, data: message})
			return nil
		}
		for i := range pieces {
			o.frames = append(o.frames, frame{
				kind: kindFragment, channel: o.index, number: o.fragments,
				index: uint8(i), last: uint8(pieces - 1), data: piece(i),
			})
		}
		o.fragments++
		return nil
	}
	var all []*segment
	for i := range pieces {
		s := &segment{kind: kindMiddle, data: piece(i), queued: true}
		switch {
		case pieces == 1:
			s.kind = kindWhole
		case i == 0:
			s.kind = kindFirst
		case i == pieces-1:
			s.kind = kindLast
		}
		all = append(all, s)
	}
	o.segments = append(o.segments, all...)
	return func() {
		for _, s := range all { // what was not acknowledged becomes a skip
			if !s.acked {
				s.kind, s.data, s.queued = kindMiddle, nil, true
			}
		}
	}
}

// set takes a value of a key.
func (o *outgoing) set(key int, data []byte) {
	for _, v := range o.values {
		if v.key != key {
			continue
		}
		if v.sent {
			v.version++
		}
		v.data, v.queued, v.sent, v.acked = data, true, false, false
		return
	}
	o.values = append(o.values, &value{key: key, data: data, queued: true})
}

// next returns something to send in at most room bytes, if there is any.
func (o *outgoing) next(room int) (c content, ok bool) {
	if len(o.frames) > 0 && o.frames[0].size() <= room {
		return content{frame: o.frames[0], sent: func() { o.frames = o.frames[1:] }}, true
	}
	for i, s := range o.segments {
		if i >= 4096 { // the window
			break
		}
		f := frame{kind: s.kind, channel: o.index, number: uint16(o.base) + uint16(i), data: s.data}
		if !s.queued || s.acked || f.size() > room {
			continue
		}
		return content{
			frame: f,
			sent:  func() { s.queued = false },
			acked: func() { o.done(s) },
			lost:  func() { s.queued = !s.acked },
		}, true
	}
	for _, v := range o.values {
		data := binary.LittleEndian.AppendUint16(appendLength(nil, v.key), v.version)
		f := frame{kind: kindMessage, channel: o.index, data: append(data, v.data...)}
		if !v.queued || f.size() > room {
			continue
		}
		version := v.version
		return content{
			frame: f,
			sent:  func() { v.queued, v.sent = false, true },
			acked: func() {
				if v.version == version && v.sent {
					v.queued, v.acked = false, true
				}
			},
			lost: func() {
				if v.version == version && v.sent && !v.acked {
					v.queued = true
				}
			},
		}, true
	}
	return content{}, false
}

func (o *outgoing) done(s *segment) {
	s.acked = true
	for len(o.segments) > 0 && o.segments[0].acked {
		o.segments = o.segments[1:]
		o.base++
	}
}

// idle says that everything reliable arrived.
func (o *outgoing) idle() bool {
	for _, v := range o.values {
		if !v.acked {
			return false
		}
	}
	return len(o.segments) == 0
}

func (o *outgoing) String() string {
	return fmt.Sprintf("channel %d: %d segments from %d on", o.index, len(o.segments), o.base)
}
