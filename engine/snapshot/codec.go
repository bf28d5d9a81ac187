package snapshot

import (
	"errors"
	"math/bits"

	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/bitio"
)

// Why a snapshot could not be decoded.
var (
	// ErrNoBaseline: it was written against a snapshot that is not held any
	// more. A later one will do; this one is lost.
	ErrNoBaseline = errors.New("snapshot: baseline not held")
	// ErrMalformed: no encoder of this schema writes such bits.
	ErrMalformed = errors.New("snapshot: malformed")
)

// maxAge is how many ticks a baseline may be older than its snapshot; more
// would not be older by the arithmetic of ticks.
const maxAge = 1<<31 - 1

// A Codec encodes and decodes the snapshots of one schema. It holds scratch
// memory, nothing that one call leaves for the next. It is not safe for
// concurrent use.
type Codec struct {
	empty   *engine.World // what a full snapshot is written against
	scratch *engine.World // what is being decoded
	pool    *Pool         // nil unless others decode the same
	writer  bitio.Writer
	reader  bitio.Reader
}

// NewCodec returns a codec for snapshots of s.
func NewCodec(s *engine.Schema) *Codec {
	return &Codec{empty: s.NewWorld(), scratch: s.NewWorld()}
}

// Append appends the encoding of cur against base to dst and returns the
// longer slice. A base that is nil, or not older than cur, gives a full
// snapshot. It does not allocate when dst has room. Both must be valid.
func (c *Codec) Append(dst []byte, cur, base *Snapshot) []byte {
	if !cur.valid || base != nil && !base.valid {
		panic("snapshot: BUG: encoding a snapshot of nothing")
	}
	full := base == nil || !base.Tick().Before(cur.Tick())
	from := c.empty
	if !full {
		from = base.world
	}
	w := &c.writer
	w.Reset(dst)
	w.WriteBits(uint64(cur.Tick()), 32)
	w.WriteBool(full)
	if !full {
		w.WriteUvarint(uint64(cur.Tick().Sub(base.Tick())))
	}
	for i := range cur.world.Schema().Tables() {
		appendTable(w, cur.world.Rows(i), from.Rows(i))
	}
	dst = w.Bytes()
	w.Reset(nil) // do not hold on to the caller's memory
	return dst
}

// Peek reads the header of an encoded snapshot: its tick, and that of its
// baseline unless it is full. The error is nil or [ErrMalformed].
func Peek(data []byte) (tick, baseTick engine.Tick, full bool, err error) {
	r := bitio.NewReader(data)
	return readHeader(&r)
}

func readHeader(r *bitio.Reader) (tick, baseTick engine.Tick, full bool, err error) {
	tick = engine.Tick(r.ReadBits(32))
	full = r.ReadBool()
	if !full {
		age := r.ReadUvarint()
		if age < 1 || age > maxAge {
			r.Fail(ErrMalformed)
		}
		baseTick = tick - engine.Tick(age)
	}
	if r.Err() != nil {
		return 0, 0, false, ErrMalformed
	}
	return tick, baseTick, full, nil
}

// Decode makes dst the snapshot that is encoded in data, exactly and to its
// last byte. It asks base for the baseline by its tick; nil means that it is
// not held. dst may be that baseline. On error, which is [ErrNoBaseline] or
// [ErrMalformed], dst is as it was.
func (c *Codec) Decode(dst *Snapshot, base func(engine.Tick) *Snapshot, data []byte) error {
	r := &c.reader
	r.Reset(data)
	defer r.Reset(nil) // do not hold on to the caller's memory
	tick, baseTick, full, err := readHeader(r)
	if err != nil {
		return err
	}
	var from *Snapshot
	if !full {
		from = base(baseTick)
		if from == nil || !from.valid || from.Tick() != baseTick {
			return ErrNoBaseline
		}
	}
	if c.pool != nil {
		return c.pool.decode(c, dst, from, tick, data)
	}
	if err := c.decode(from, tick); err != nil {
		return err
	}
	dst.world, c.scratch = c.scratch, dst.world
	dst.valid = true
	return nil
}

// decode makes scratch what the rest of the reader says, against from; nil is
// full.
func (c *Codec) decode(from *Snapshot, tick engine.Tick) error {
	r := &c.reader
	if from == nil {
		c.scratch.Clear()
	} else {
		c.scratch.CopyFrom(from.world)
	}
	c.scratch.SetTick(tick)
	for i := range c.scratch.Schema().Tables() {
		readTable(r, c.scratch.Rows(i))
		if r.Err() != nil {
			return ErrMalformed
		}
	}
	if r.Close() != nil {
		return ErrMalformed
	}
	return nil
}

// appendTable writes one table: a bit whether anything changed, then who is
// there, then what they are.
func appendTable(w *bitio.Writer, cur, base *engine.Rows) {
	moved := countMoved(cur, base)
	if moved == 0 && !anyChanged(cur, base) {
		w.WriteBool(false)
		return
	}
	w.WriteBool(true)
	w.WriteBool(moved > 0)
	if moved > 0 {
		appendPresence(w, cur, base, moved)
	}
	appendRows(w, cur, base)
}

func readTable(r *bitio.Reader, rows *engine.Rows) {
	if !r.ReadBool() {
		return
	}
	moved := r.ReadBool()
	if moved {
		readPresence(r, rows)
	}
	changed := readRows(r, rows)
	if !moved && !changed {
		r.Fail(ErrMalformed)
	}
}

// appendRows writes the rows that changed, each after the number of rows
// before it that did not.
func appendRows(w *bitio.Writer, cur, base *engine.Rows) {
	same := uint64(0)
	for slot := cur.Next(0); slot >= 0; slot = cur.Next(slot + 1) {
		if !cur.Changed(base, slot) {
			same++
			continue
		}
		w.WriteGamma(same + 1)
		cur.AppendDelta(w, base, slot)
		same = 0
	}
	if same > 0 {
		w.WriteGamma(same + 1)
	}
}

// readRows reports whether any row changed.
func readRows(r *bitio.Reader, rows *engine.Rows) bool {
	changed := false
	slot := rows.Next(0)
	for left := rows.Len(); left > 0; left-- {
		same := r.ReadGamma() - 1
		if r.Err() != nil {
			return changed
		}
		if same > uint64(left) {
			r.Fail(ErrMalformed)
			return changed
		}
		if same == uint64(left) {
			return changed
		}
		for range same {
			slot = rows.Next(slot + 1)
		}
		left -= int(same)
		rows.ReadDelta(r, slot)
		changed = true
		slot = rows.Next(slot + 1)
	}
	return changed
}

func anyChanged(cur, base *engine.Rows) bool {
	for slot := cur.Next(0); slot >= 0; slot = cur.Next(slot + 1) {
		if cur.Changed(base, slot) {
			return true
		}
	}
	return false
}

// countMoved returns how many slots do not have the same occupant.
func countMoved(cur, base *engine.Rows) int {
	n := 0
	before := base.Presence()
	for i, live := range cur.Presence() {
		n += bits.OnesCount64(live ^ before[i])
		for both := live & before[i]; both != 0; both &= both - 1 {
			slot := i<<6 + bits.TrailingZeros64(both)
			if cur.Generation(slot) != base.Generation(slot) {
				n++
			}
		}
	}
	return n
}
