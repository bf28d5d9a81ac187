package engine

import (
	"fmt"
	"iter"
	"math/bits"
)

// A Table is a handle to one table of every world of a schema. [AddTable]
// makes it. Row pointers stay valid as long as their world does, but point to
// another row once their slot was taken over; keep IDs, not pointers, from
// tick to tick.
//
// A Table is a small value, immutable and safe for concurrent use with
// different worlds. Using it with a world of another schema panics.
type Table[T any] struct {
	index  int
	layout *Layout
}

// in returns the table's rows in w.
func (t Table[T]) in(w *World) *Rows {
	if t.layout == nil || t.index >= len(w.tables) {
		panic("engine: table of another schema, or of one with a mistake")
	}
	rows := &w.tables[t.index]
	if rows.layout != t.layout && !rows.layout.same(t.layout) {
		panic(fmt.Sprintf("engine: table %q of another schema", t.layout.name))
	}
	return rows
}

// OwnSlots promises that a row which a player owns is always in one of n slots
// of that player: player p has those from p·n on. Then nobody searches the whole
// table for a player's rows; a row that breaks the promise is not found. It is
// called before the first world is made, and changes nothing else: not what
// travels, nor the schema's fingerprint.
func (t Table[T]) OwnSlots(n int) {
	if t.layout != nil {
		t.layout.ownSlots = n
	}
}

// Index returns the place of the table in the schema, for [World.Rows].
func (t Table[T]) Index() int { return t.index }

// Cap returns how many rows the table can hold.
func (t Table[T]) Cap() int { return t.layout.capacity }

// Len returns how many rows live in w.
func (t Table[T]) Len(w *World) int { return t.in(w).count }

// Spawn makes a new row of zeros in the lowest free slot. It returns 0 and
// nil when the table is full. Mind that an owner field of 0 is player 0; set
// it to [NoPlayer] where nobody owns the row.
func (t Table[T]) Spawn(w *World) (ID, *T) {
	rows := t.in(w)
	slot := rows.free()
	if slot < 0 {
		return 0, nil
	}
	row := (*T)(rows.spawn(slot))
	return makeID(slot, rows.generations[slot]), row
}

// SpawnAt makes a new row of zeros in the given slot, in place of what was
// there: the way to keep a table whose slots are the players'. It returns 0
// and nil when there is no such slot.
func (t Table[T]) SpawnAt(w *World, slot int) (ID, *T) {
	rows := t.in(w)
	if uint(slot) >= uint(rows.layout.capacity) {
		return 0, nil
	}
	row := (*T)(rows.spawn(slot))
	return makeID(slot, rows.generations[slot]), row
}

// Despawn removes a row and reports whether it was there. The next row in the
// slot has another generation, so that id never finds it.
func (t Table[T]) Despawn(w *World, id ID) bool {
	rows := t.in(w)
	if rows.find(id) == nil {
		return false
	}
	rows.Remove(id.Slot())
	return true
}

// At returns the row of an ID, nil when it is gone.
func (t Table[T]) At(w *World, id ID) *T {
	return (*T)(t.in(w).find(id))
}

// Slot returns the row that lives in a slot and its ID; 0 and nil when the
// slot is empty or there is no such slot.
func (t Table[T]) Slot(w *World, slot int) (ID, *T) {
	rows := t.in(w)
	if !rows.Live(slot) {
		return 0, nil
	}
	return makeID(slot, rows.generations[slot]), (*T)(rows.row(slot))
}

// Owner returns who owns a row; [NoPlayer] when nobody does or it is gone.
func (t Table[T]) Owner(w *World, id ID) PlayerID {
	row := t.in(w).find(id)
	if row == nil {
		return NoPlayer
	}
	return t.layout.ownerOf(row)
}

// All ranges over the rows in slot order. Rows may be despawned and spawned
// on the way: a row is visited if it lives when its slot's turn comes. It
// does not allocate when it is ranged over directly.
func (t Table[T]) All(w *World) iter.Seq2[ID, *T] {
	return func(yield func(ID, *T) bool) { t.each(w, yield) }
}

// BySlot puts a pointer to the row of every slot into dst, nil where the slot is
// empty. It is the shortest way for rules that look at all rows more than once.
func (t Table[T]) BySlot(w *World, dst []*T) {
	clear(dst)
	rows := t.in(w)
	for word, rest := range rows.live {
		for ; rest != 0; rest &= rest - 1 {
			slot := word<<6 + bits.TrailingZeros64(rest)
			if slot >= len(dst) {
				return
			}
			dst[slot] = (*T)(rows.row(slot))
		}
	}
}

// Between is [Table.All] for the slots from first up to, but without, last.
func (t Table[T]) Between(w *World, first, last int) iter.Seq2[ID, *T] {
	return func(yield func(ID, *T) bool) {
		rows := t.in(w)
		for slot := rows.Next(max(first, 0)); slot >= 0 && slot < last; slot = rows.Next(slot + 1) {
			if !yield(makeID(slot, rows.generations[slot]), (*T)(rows.row(slot))) {
				return
			}
		}
	}
}

func (t Table[T]) each(w *World, yield func(ID, *T) bool) {
	rows := t.in(w)
	for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
		if !yield(makeID(slot, rows.generations[slot]), (*T)(rows.row(slot))) {
			return
		}
	}
}
