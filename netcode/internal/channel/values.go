package channel

import (
	"encoding/binary"
	"time"

	"github.com/reckon-engine/reckon/netcode/internal/wire"
)

// MaxValue is the most data a value may have: a frame's, less the longest key
// and the version.
const MaxValue = MaxSegment - 4

// LimitKeys is how many keys two bytes of a length's form can name.
const LimitKeys = wire.MaxFrameData + 1

// maxUnacked bounds the versions of a key that were sent since the newest
// that was acknowledged, so that two bytes tell them apart.
const maxUnacked = 1<<15 - 1

type valueState uint8

const (
	valueIdle    valueState = iota // there is none, or it was acknowledged
	valueWaiting                   // to be sent, or sent again
	valueSent                      // on its way
)

// A value is the newest of one key.
type value struct {
	Terms
	frame   []byte // key, version and value, as they travel
	packet  uint64 // that carried it last
	version uint16
	acked   uint16 // newest version acknowledged
	state   valueState
	used    bool // the key has had a value: version and acked mean something
	flown   bool // this version was sent
	listed  bool // the key is in Values.queue
}

// Values sends the values of a ReliableLatest channel: of each key the newest
// one, until it is acknowledged.
type Values struct {
	Channel uint8
	MaxKeys int

	Repeated   uint64 // values sent again because they were lost
	Copies     uint64 // values that rode again while on their way
	Delivered  uint64 // values acknowledged
	Expired    uint64 // values given up because their lifetime ended
	Superseded uint64 // values replaced before they were acknowledged
	AckedData  uint64 // bytes of values acknowledged
	Fates      []Fate // of watched values, for the caller to take

	values  []value // by key
	queue   []uint16
	head    int // of queue; those before it were taken
	waiting int // values in valueWaiting
	unacked int // values not acknowledged
	bytes   int // of their frames
}

// Waiting reports whether there is anything to send.
func (v *Values) Waiting() bool { return v.waiting > 0 }

// Idle reports whether everything was acknowledged.
func (v *Values) Idle() bool { return v.unacked == 0 }

// Bytes returns how many bytes are held, with keys and versions.
func (v *Values) Bytes() int { return v.bytes }

// Len returns how many values are not acknowledged.
func (v *Values) Len() int { return v.unacked }

// Push makes a copy of data the value of key, which is below MaxKeys. It
// reports false if 32,767 versions in doubt, and returns the number
// by which Acked, Lost and Urge know this version.
func (v *Values) Push(key uint16, data []byte, terms Terms) (number uint64, ok bool) {
	for int(key) >= len(v.values) {
		grown := make([]value, min(v.MaxKeys, max(8, 2*len(v.values), int(key)+1)))
		copy(grown, v.values)
		v.values = grown
	}
	at := &v.values[key]
	if at.flown && at.version-at.acked >= maxUnacked {
		return 0, false
	}
	if at.state != valueIdle {
		v.Superseded++
		v.settle(at, false)
		v.leave(at)
	}
	switch {
	case !at.used:
		at.used, at.acked = true, ^uint16(0)
	case at.flown:
		at.version++
	}
	at.flown, at.Terms = false, terms
	at.frame = appendKey(at.frame[:0], key)
	at.frame = binary.LittleEndian.AppendUint16(at.frame, at.version)
	at.frame = append(at.frame, data...)
	v.bytes += len(at.frame)
	v.unacked++
	v.wait(key)
	return uint64(key)<<16 | uint64(at.version), true
}

// wait puts a value in the queue; one whose key is there keeps its place, so
// that a key that changes all the time is not always last.
func (v *Values) wait(key uint16) {
	at := &v.values[key]
	at.state = valueWaiting
	v.waiting++
	if at.listed {
		return
	}
	at.listed = true
	if v.head > 16 && 2*v.head > len(v.queue) {
		v.queue, v.head = v.queue[:copy(v.queue, v.queue[v.head:])], 0
	}
	v.queue = append(v.queue, key)
}

// leave makes a value idle.
func (v *Values) leave(at *value) {
	if at.state == valueWaiting {
		v.waiting--
	}
	at.state = valueIdle
	v.unacked--
	v.bytes -= len(at.frame)
	if v.unacked == 0 && cap(at.frame) > 256 {
		at.frame = nil
	}
}

func (v *Values) settle(at *value, delivered bool) {
	if at.Notify != 0 {
		v.Fates = append(v.Fates, Fate{at.Notify, delivered})
		at.Notify = 0
	}
}

// expire gives up a value whose lifetime has ended.
func (v *Values) expire(now time.Duration, at *value) bool {
	if at.Deadline == 0 || now < at.Deadline {
		return false
	}
	v.Expired++
	v.settle(at, false)
	v.leave(at)
	return true
}

// Next fills in the value that has waited for longest, if its encoding,
// length included, fits in room bytes. The frame's data stay valid until the
// next Push or Acked.
func (v *Values) Next(now time.Duration, room int, packet uint64, f *wire.Frame) (number uint64, ok bool) {
	for v.waiting > 0 {
		key := v.queue[v.head]
		at := &v.values[key]
		if at.state == valueWaiting && !v.expire(now, at) {
			*f = wire.Frame{Kind: wire.FrameMessage, Channel: v.Channel, Data: at.frame}
			if wire.FrameLen(f, false) > room {
				return 0, false
			}
			v.sentIn(at, packet)
			number, ok = uint64(key)<<16|uint64(at.version), true
		}
		at.listed = false
		if v.head++; v.head == len(v.queue) {
			v.queue, v.head = v.queue[:0], 0
		}
		if ok {
			return number, true
		}
	}
	return 0, false
}

func (v *Values) sentIn(at *value, packet uint64) {
	switch {
	case at.state == valueSent:
		v.Copies++
	case at.flown:
		v.Repeated++
	}
	if at.state == valueWaiting {
		v.waiting--
	}
	at.state, at.packet, at.flown = valueSent, packet, true
}

// Urge fills in a version of a value whether it waits or is on its way. It
// reports done if it was acknowledged, replaced or given up.
func (v *Values) Urge(now time.Duration, number uint64, room int, packet uint64, f *wire.Frame) (ok, done bool) {
	at := &v.values[number>>16]
	if at.state == valueIdle || at.version != uint16(number) || v.expire(now, at) {
		return false, true
	}
	*f = wire.Frame{Kind: wire.FrameMessage, Channel: v.Channel, Data: at.frame}
	if wire.FrameLen(f, false) > room {
		return false, false
	}
	v.sentIn(at, packet)
	return true, false
}

// Acked records that a packet with a version arrived.
func (v *Values) Acked(number uint64) {
	at, version := &v.values[number>>16], uint16(number)
	if int16(version-at.acked) > 0 {
		at.acked = version
	}
	if at.state == valueIdle || at.version != version || !at.flown {
		return // replaced since, or known
	}
	v.Delivered++
	v.AckedData += uint64(len(at.frame) - keyLen(uint16(number>>16)) - 2)
	v.settle(at, true)
	v.leave(at)
}

// Lost records that packet, which carried a version, was given up. It counts
// only if that packet carried it last and it is still the newest.
func (v *Values) Lost(number, packet uint64) {
	key := uint16(number >> 16)
	if at := &v.values[key]; at.state == valueSent && at.version == uint16(number) && at.packet == packet {
		v.wait(key)
	}
}

func keyLen(key uint16) int {
	if key < 1<<7 {
		return 1
	}
	return 2
}

// appendKey appends a key in the form of a length.
func appendKey(b []byte, key uint16) []byte {
	if key < 1<<7 {
		return append(b, byte(key))
	}
	return append(b, byte(key>>8)|1<<7, byte(key))
}

// consumeKey splits the data of a frame.
func consumeKey(b []byte) (key, version uint16, data []byte, ok bool) {
	n := 1
	if len(b) > 0 && b[0] >= 1<<7 {
		n = 2
	}
	if len(b) < n+2 {
		return 0, 0, nil, false
	}
	key = uint16(b[0])
	if n == 2 {
		if key = uint16(b[0]&^(1<<7))<<8 | uint16(b[1]); key < 1<<7 {
			return 0, 0, nil, false
		}
	}
	return key, binary.LittleEndian.Uint16(b[n:]), b[n+2:], true
}
