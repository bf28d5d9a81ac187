package engine

import (
	"math/bits"
	"unsafe"
)

// DropOwned removes the rows that player p owns, in every table that has an
// owner field. For [NoPlayer] it does nothing.
func (w *World) DropOwned(p PlayerID) {
	if p == NoPlayer {
		return
	}
	for i := range w.tables {
		rows := &w.tables[i]
		for slot := rows.nextOwned(0, p); slot >= 0; slot = rows.nextOwned(slot+1, p) {
			rows.Remove(slot)
		}
	}
}

// CopyOwned replaces the rows of w that player p owns by those that p owns in
// src. A row of src takes its slot from whatever else is there in w. The
// client lays its predicted rows over the interpolated world this way. For
// [NoPlayer] it does nothing. The tick of w stays.
func (w *World) CopyOwned(src *World, p PlayerID) {
	if p == NoPlayer {
		return
	}
	w.mustMatch(src)
	w.DropOwned(p)
	for i := range w.tables {
		w.tables[i].putOwned(&src.tables[i], p)
	}
}

// TakeOwned makes w the rows that player p owns in src, and nothing else; the
// tick is that of src. What generations w knows of empty slots is undefined.
func (w *World) TakeOwned(src *World, p PlayerID) {
	w.mustMatch(src)
	w.tick = src.tick
	for i := range w.tables {
		rows := &w.tables[i]
		clear(rows.live)
		rows.count = 0
		if p != NoPlayer {
			rows.putOwned(&src.tables[i], p)
		}
	}
}

// HashOwned returns a hash of the tick and of the rows that player p owns:
// which they are and what is replicated of them. It is for comparisons within
// one process; on another machine it may be another number.
func (w *World) HashOwned(p PlayerID) uint64 {
	return w.eachOwned(p, func(*Rows, int) {})
}

// SettleOwned rounds the rows that player p owns, as [World.Quantise] rounds
// all, and returns [World.HashOwned] of the result.
func (w *World) SettleOwned(p PlayerID) uint64 {
	return w.eachOwned(p, func(rows *Rows, slot int) { rows.layout.quantise(rows.row(slot)) })
}

// eachOwned calls do for every row that p owns, and hashes the row after that.
func (w *World) eachOwned(p PlayerID, do func(rows *Rows, slot int)) uint64 {
	h := mix(hashStart, uint64(w.tick))
	if p == NoPlayer {
		return h
	}
	for i := range w.tables {
		rows := &w.tables[i]
		for slot := rows.nextOwned(0, p); slot >= 0; slot = rows.nextOwned(slot+1, p) {
			do(rows, slot)
			h = mix(h, uint64(i)<<32|uint64(makeID(slot, rows.generations[slot])))
			h = rows.layout.hashRow(h, rows.row(slot))
		}
	}
	return h
}

// putOwned copies the rows that p owns in src to their slots.
func (r *Rows) putOwned(src *Rows, p PlayerID) {
	for slot := src.nextOwned(0, p); slot >= 0; slot = src.nextOwned(slot+1, p) {
		r.put(src, slot)
	}
}

// nextOwned returns the first slot at or after from with a row that p owns, and
// -1 when there is none. It is asked for every row of a world many times a
// tick, so it looks at nothing but the bytes it needs.
func (r *Rows) nextOwned(from int, p PlayerID) int {
	if r.layout.owner < 0 {
		return -1
	}
	last := r.layout.capacity
	if n := r.layout.ownSlots; n > 0 {
		from, last = max(from, int(p)*n), min(last, int(p)*n+n)
	}
	owners := unsafe.Add(r.memory, r.layout.fields[r.layout.owner].offset)
	size := r.layout.size
	for from < last {
		rest := r.live[from>>6] >> (from & 63)
		if rest == 0 {
			from = from&^63 + 64
			continue
		}
		from += bits.TrailingZeros64(rest)
		if from < last && *(*PlayerID)(unsafe.Add(owners, uintptr(from)*size)) == p {
			return from
		}
		from++
	}
	return -1
}
