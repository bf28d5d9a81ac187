package engine

import "math/bits"

// NewBorrower returns a world that has no rows of its own and can hold none:
// it shows those of others, see [World.Borrow]. Like [Schema.NewWorld] it
// panics when the schema has a mistake.
func (s *Schema) NewBorrower() *World {
	w := &World{schema: s, tables: make([]Rows, len(s.tables))}
	for i, l := range s.tables {
		w.tables[i] = Rows{layout: l, live: make([]uint64, (l.capacity+63)/64), generations: make([]uint16, l.capacity)}
	}
	return w
}

// Borrow makes w, which [Schema.NewBorrower] made, show the rows and the tick
// of another world, which must not change for as long as w shows it. What w
// knows of empty slots is what before knows of them, which may be w itself;
// nil knows nothing. So worlds that differ in nothing but that share their
// memory. w must be changed by nothing else.
func (w *World) Borrow(rows, before *World) {
	w.tick = rows.tick
	for i := range w.tables {
		var known *Rows
		if before != nil {
			known = &before.tables[i]
		}
		w.tables[i].borrow(&rows.tables[i], known)
	}
}

func (r *Rows) borrow(from, known *Rows) {
	if known == nil {
		clear(r.generations[:r.used])
		r.used = 0
	} else if known != r {
		n := copy(r.generations, known.generations[:known.used])
		if n < r.used {
			clear(r.generations[n:r.used])
		}
		r.used = n
	}
	for word, rest := range from.live {
		for ; rest != 0; rest &= rest - 1 {
			slot := word<<6 + bits.TrailingZeros64(rest)
			r.generations[slot] = from.generations[slot]
		}
	}
	r.memory, r.live, r.count, r.used = from.memory, from.live, from.count, max(r.used, from.used)
}

// SameRows reports whether both worlds are at the same tick and have the same
// rows in memory, in the same slots with the same generations. Unlike
// [World.Equal] it sees server-only fields, and so is of use after
// [World.ClearHidden] only.
func (w *World) SameRows(o *World) bool {
	if w.tick != o.tick {
		return false
	}
	for i := range w.tables {
		a, b := &w.tables[i], &o.tables[i]
		if a.count != b.count {
			return false
		}
		for word, live := range a.live {
			if live != b.live[word] {
				return false
			}
		}
		for slot := a.Next(0); slot >= 0; slot = a.Next(slot + 1) {
			if a.generations[slot] != b.generations[slot] || !a.sameBytes(b, slot) {
				return false
			}
		}
	}
	return true
}
