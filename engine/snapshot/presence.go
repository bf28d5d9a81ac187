package snapshot

import (
	"github.com/reckon-engine/reckon/engine"
	"github.com/reckon-engine/reckon/engine/bitio"
)

// appendPresence writes the slots whose occupant is not that of the base:
// how many they are, then for each how many slots lie between it and the one
// before, and what became of it.
func appendPresence(w *bitio.Writer, cur, base *engine.Rows, moved int) {
	w.WriteGamma(uint64(moved))
	gap := uint64(0)
	for slot := range cur.Layout().Capacity() {
		if cur.ID(slot) == base.ID(slot) {
			gap++
			continue
		}
		w.WriteGamma(gap + 1)
		gap = 0
		appendOccupant(w, cur, base, slot)
		if moved--; moved == 0 {
			return
		}
	}
}

func appendOccupant(w *bitio.Writer, cur, base *engine.Rows, slot int) {
	if base.Live(slot) {
		w.WriteBool(cur.Live(slot))
		if !cur.Live(slot) {
			return
		}
		next := cur.Generation(slot) == base.NextGeneration(slot)
		w.WriteBool(next)
		if next {
			return
		}
	}
	w.WriteBits(uint64(cur.Generation(slot)), generationBits)
}

// generationBits is the width of a generation that cannot be told from the
// baseline.
const generationBits = 16

func readPresence(r *bitio.Reader, rows *engine.Rows) {
	moved := r.ReadGamma()
	slot, capacity := uint64(0), uint64(rows.Layout().Capacity())
	for ; moved > 0 && r.Err() == nil; moved-- {
		gap := r.ReadGamma() - 1
		if r.Err() == nil && (slot >= capacity || gap >= capacity-slot) {
			r.Fail(ErrMalformed)
		}
		if r.Err() != nil {
			return
		}
		slot += gap
		readOccupant(r, rows, int(slot))
		slot++
	}
}

func readOccupant(r *bitio.Reader, rows *engine.Rows, slot int) {
	live := rows.Live(slot)
	if live && !r.ReadBool() {
		rows.Remove(slot)
		return
	}
	if live && r.ReadBool() {
		rows.Put(slot, rows.NextGeneration(slot))
		return
	}
	generation := uint16(r.ReadBits(generationBits))
	if generation == 0 || live && (generation == rows.Generation(slot) || generation == rows.NextGeneration(slot)) {
		r.Fail(ErrMalformed)
		return
	}
	rows.Put(slot, generation)
}
