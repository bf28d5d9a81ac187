package engine

import (
	"bytes"
	"math/bits"
	"unsafe"

	"github.com/reckon-engine/reckon/engine/bitio"
)

// Rows is one table of one world without its Go type: what encoders,
// recorders and tools work on. Games use [Table].
//
// Rows lives as long as its World and is not safe for concurrent use.
type Rows struct {
	layout      *Layout
	memory      unsafe.Pointer // capacity rows of layout.size bytes
	live        []uint64       // bit per slot
	generations []uint16       // of the slot's occupant, or its last one; 0: none yet
	used        int            // slots from here on were never occupied
	count       int            // rows that live
}

func newRows(l *Layout) Rows {
	return Rows{
		layout:      l,
		memory:      l.newRows(l.capacity),
		live:        make([]uint64, (l.capacity+63)/64),
		generations: make([]uint16, l.capacity),
	}
}

// Layout returns what the rows are made of.
func (r *Rows) Layout() *Layout { return r.layout }

// Len returns how many rows live.
func (r *Rows) Len() int { return r.count }

// Live reports whether there is a row in the slot, 0..capacity-1.
func (r *Rows) Live(slot int) bool {
	return uint(slot) < uint(r.layout.capacity) && r.live[slot>>6]>>(slot&63)&1 != 0
}

// Presence returns a bit per slot, set where a row lives: slot s is bit s%64
// of word s/64. The caller must not change it.
func (r *Rows) Presence() []uint64 { return r.live }

// Generation returns the generation of the row in the slot or, when it is
// empty, of the last row that was known to be there; 0 when there was none.
func (r *Rows) Generation(slot int) uint16 { return r.generations[slot] }

// Next returns the first slot at or after from where a row lives, and -1 when
// there is none.
func (r *Rows) Next(from int) int {
	word := from >> 6
	if word >= len(r.live) {
		return -1
	}
	rest := r.live[word] >> (from & 63) << (from & 63)
	for rest == 0 {
		word++
		if word == len(r.live) {
			return -1
		}
		rest = r.live[word]
	}
	return word<<6 + bits.TrailingZeros64(rest)
}

// ID returns the ID of the row in the slot, 0 when it is empty.
func (r *Rows) ID(slot int) ID {
	if !r.Live(slot) {
		return 0
	}
	return makeID(slot, r.generations[slot])
}

// Owner returns who owns the row in the slot; NoPlayer when nobody does, when
// the table has no owner field, and when the slot is empty.
func (r *Rows) Owner(slot int) PlayerID {
	if r.layout.owner < 0 || !r.Live(slot) {
		return NoPlayer
	}
	return r.layout.ownerOf(r.row(slot))
}

// Index returns the quantised value of a field of the row in the slot, which
// must live: a number 0..Field.Count.
func (r *Rows) Index(slot, field int) uint64 {
	f := &r.layout.fields[field]
	return f.index(f.load(r.row(slot)))
}

// SetIndex sets a field of the row in the slot, which must live, to the value
// of a quantised index. It reports false, and does nothing, when no quantised
// value has that index.
func (r *Rows) SetIndex(slot, field int, index uint64) bool {
	f := &r.layout.fields[field]
	if !f.valid(index) {
		return false
	}
	f.store(r.row(slot), f.value(index))
	return true
}

// Put makes a row of zeros, each rounded to its field's range, live in the
// slot under the given generation, 1..65535, in place of what was there.
func (r *Rows) Put(slot int, generation uint16) {
	row := r.occupy(slot, generation)
	clear(r.bytes(slot))
	r.layout.quantise(row)
}

// Remove empties the slot. Its last generation is kept.
func (r *Rows) Remove(slot int) {
	if r.Live(slot) {
		r.live[slot>>6] &^= 1 << (slot & 63)
		r.count--
	}
}

// NextGeneration returns the generation that follows the slot's last one.
func (r *Rows) NextGeneration(slot int) uint16 {
	if next := r.generations[slot] + 1; next != 0 {
		return next
	}
	return 1 // 0 would make the ID of slot 0 the zero ID
}

// Changed reports whether the row in the slot, which must live, is not that of
// the same ID in base or, where that does not live in base, not a row of zeros
// as [Rows.Put] makes it. Both worlds must have been through
// [World.Quantise] and [World.ClearHidden].
func (r *Rows) Changed(base *Rows, slot int) bool {
	return !bytes.Equal(r.bytes(slot), unsafe.Slice((*byte)(r.before(base, slot)), r.layout.size))
}

// AppendDelta writes the row in the slot, of which Changed must be true,
// against what Changed compares it with. docs/SNAPSHOT.md, section 4,
// describes the form.
func (r *Rows) AppendDelta(w *bitio.Writer, base *Rows, slot int) {
	r.layout.appendDelta(w, r.row(slot), r.before(base, slot))
}

// before returns the row that the row in the slot is coded against.
func (r *Rows) before(base *Rows, slot int) unsafe.Pointer {
	if base.generations[slot] != r.generations[slot] || !base.Live(slot) {
		return r.layout.zeroRow
	}
	return base.row(slot)
}

// ReadDelta reads what AppendDelta wrote over the row in the slot, which must
// live and be what it was written against: the quantised row of the base, or
// what Put makes. It fails the reader with [ErrMalformed] when the bits are
// not what AppendDelta writes.
func (r *Rows) ReadDelta(rd *bitio.Reader, slot int) {
	r.layout.readDelta(rd, r.row(slot))
}

// row returns the memory of a slot.
func (r *Rows) row(slot int) unsafe.Pointer {
	return unsafe.Add(r.memory, uintptr(slot)*r.layout.size)
}

func (r *Rows) bytes(slot int) []byte {
	return unsafe.Slice((*byte)(r.row(slot)), r.layout.size)
}

// occupy makes the slot live without touching the row's memory.
func (r *Rows) occupy(slot int, generation uint16) unsafe.Pointer {
	if !r.Live(slot) {
		r.live[slot>>6] |= 1 << (slot & 63)
		r.count++
	}
	r.generations[slot] = generation
	r.used = max(r.used, slot+1)
	return r.row(slot)
}

// sameBytes reports whether the rows in the slot, which must live in both,
// are the same in memory, server-only fields and padding included.
func (r *Rows) sameBytes(o *Rows, slot int) bool {
	return bytes.Equal(r.bytes(slot), o.bytes(slot))
}

// spawn makes a row of zeros of the next generation live in the slot.
func (r *Rows) spawn(slot int) unsafe.Pointer {
	row := r.occupy(slot, r.NextGeneration(slot))
	clear(r.bytes(slot))
	return row
}

// free returns the lowest empty slot, -1 when there is none.
func (r *Rows) free() int {
	if r.count == r.layout.capacity {
		return -1
	}
	for word, live := range r.live {
		if live != ^uint64(0) {
			return word<<6 + bits.TrailingZeros64(^live)
		}
	}
	return -1
}

// find returns the memory of a row, nil when the ID's row is gone.
func (r *Rows) find(id ID) unsafe.Pointer {
	slot := id.Slot()
	if !r.Live(slot) || r.generations[slot] != id.Generation() {
		return nil
	}
	return r.row(slot)
}

// sparse is how many used slots there are at least for each row of a table that
// is copied row by row: memory that is not touched need not be fetched.
const sparse = 2

// copyRuns copies the memory of the rows that live in src, and no other.
func (r *Rows) copyRuns(src *Rows) {
	size := r.layout.size
	for word, rest := range src.live {
		for rest != 0 {
			first := bits.TrailingZeros64(rest)
			run := bits.TrailingZeros64(^(rest >> first))
			at := uintptr(word<<6+first) * size
			copy(unsafe.Slice((*byte)(unsafe.Add(r.memory, at)), uintptr(run)*size),
				unsafe.Slice((*byte)(unsafe.Add(src.memory, at)), uintptr(run)*size))
			if first+run == 64 {
				break
			}
			rest = rest >> (first + run) << (first + run)
		}
	}
}

// copyFrom makes r the same as src. Memory of empty slots may keep what it had:
// nothing looks at it before it is cleared.
func (r *Rows) copyFrom(src *Rows) {
	n := src.used
	if src.count > n/sparse {
		copy(unsafe.Slice((*byte)(r.memory), uintptr(n)*r.layout.size),
			unsafe.Slice((*byte)(src.memory), uintptr(n)*r.layout.size))
	} else {
		r.copyRuns(src)
	}
	r.copyKnown(src)
}

// copyKnown makes r know of every slot what src knows.
func (r *Rows) copyKnown(src *Rows) {
	n := src.used
	copy(r.live, src.live)
	copy(r.generations, src.generations[:n])
	if n < r.used {
		clear(r.generations[n:r.used])
	}
	r.used, r.count = n, src.count
}

// clear removes every row and forgets all generations.
func (r *Rows) clear() {
	clear(r.live)
	clear(r.generations[:r.used])
	r.used, r.count = 0, 0
}

// put copies a whole row of another world, server-only fields included.
func (r *Rows) put(src *Rows, slot int) {
	r.occupy(slot, src.generations[slot])
	copy(r.bytes(slot), src.bytes(slot))
}
