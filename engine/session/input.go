package session

import (
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/bitio"
	"github.com/reckon-engine/reckon/engine/interp"
)

// MaxInputs is how many inputs one message repeats at most: every one that is
// not acknowledged, up to a quarter of a second at 60 Hz. (lightyear: 5
// packets; Netcode for Entities: 4 commands.) Repeating an input that did not
// change costs a few bits.
const MaxInputs = 16

// An Input is an input and what the player was looking at when making it.
type Input[I any] struct {
	Input I
	View  interp.View
}

// An InputMessage carries a client's newest inputs.
type InputMessage[I any] struct {
	Epoch    uint8       // which of the client's timelines ticks belong to, 0..3
	NeedFull bool        // a snapshot could not be decoded for want of its baseline
	Tick     engine.Tick // of the last of Inputs

	HasSnapshot bool        // whether Snapshot means anything
	Snapshot    engine.Tick // the newest snapshot decoded

	// Inputs are those of consecutive ticks, the newest last; 1 to MaxInputs.
	Inputs []Input[I]
}

// tickBits is how much of a tick an input message carries. The server fills
// in the rest from its own tick, which is nearer than 2^15 ticks (9 minutes).
const tickBits = 16

// An InputCodec reads and writes input messages. It is not safe for
// concurrent use.
type InputCodec[I any] struct {
	plan   engine.InputPlan[I]
	writer bitio.Writer
	reader bitio.Reader
}

// NewInputCodec returns a codec for inputs packed by plan.
func NewInputCodec[I any](plan engine.InputPlan[I]) *InputCodec[I] {
	return &InputCodec[I]{plan: plan}
}

// Append appends the encoding of m to dst.
func (c *InputCodec[I]) Append(dst []byte, m *InputMessage[I]) []byte {
	w := &c.writer
	w.Reset(dst)
	w.WriteBits(uint64(m.Epoch), epochBits)
	w.WriteBool(m.NeedFull)
	w.WriteBits(uint64(len(m.Inputs)-1), 4)
	w.WriteBool(m.HasSnapshot)
	w.WriteBits(uint64(m.Tick), tickBits)
	if m.HasSnapshot {
		w.WriteVarint(int64(m.Tick.Sub(m.Snapshot)))
	}
	var before *I
	var expected interp.View
	for i := range m.Inputs {
		in := &m.Inputs[i]
		c.plan.Append(w, &in.Input, before)
		appendView(w, in.View, expected, m.tickOf(i))
		before, expected = &in.Input, following(in.View)
	}
	dst = w.Bytes()
	w.Reset(nil)
	return dst
}

// tickOf returns the tick of input i.
func (m *InputMessage[I]) tickOf(i int) engine.Tick {
	return m.Tick - engine.Tick(len(m.Inputs)-1-i)
}

// Oldest returns the tick of the first input.
func (m *InputMessage[I]) Oldest() engine.Tick { return m.tickOf(0) }

// Consume reads data into m, whose Inputs are reused. near is any tick within
// 2^15 of the one meant. On error m is undefined.
func (c *InputCodec[I]) Consume(data []byte, near engine.Tick, m *InputMessage[I]) error {
	r := &c.reader
	r.Reset(data)
	defer r.Reset(nil)
	m.Epoch = uint8(r.ReadBits(epochBits))
	m.NeedFull = r.ReadBool()
	count := int(r.ReadBits(4)) + 1
	m.HasSnapshot = r.ReadBool()
	m.Tick = near + engine.Tick(int16(uint16(r.ReadBits(tickBits))-uint16(near)))
	m.Snapshot = 0
	if m.HasSnapshot {
		age := r.ReadVarint()
		if age != int64(int32(age)) {
			return ErrMalformed
		}
		m.Snapshot = m.Tick - engine.Tick(int32(age))
	}
	m.Inputs = m.Inputs[:0]
	var before *I
	var expected interp.View
	for i := range count {
		input, err := c.plan.Read(r, before)
		if err != nil {
			return ErrMalformed
		}
		view := readView(r, expected, m.Tick-engine.Tick(count-1-i))
		if r.Err() != nil {
			return ErrMalformed
		}
		m.Inputs = append(m.Inputs, Input[I]{input, view})
		before, expected = &m.Inputs[i].Input, following(view)
	}
	if r.Close() != nil {
		return ErrMalformed
	}
	return nil
}
