package engine

import "unsafe"

// Offsets are the errors of a view: how far the rows of one player were shown
// from where, as it turned out, they are. A client that corrects its
// prediction captures them, adds them to what it draws, a little less each
// frame, and so moves to the truth instead of jumping. Only fields tagged
// lerp have offsets; the simulation never sees them.
//
//	shown := view before the correction, offsets included
//	truth := the corrected prediction for the same tick
//	offsets.Capture(shown, truth, player)
//	…
//	offsets.Apply(view, decayed)   // each frame
//
// Since what was shown includes the offsets of the corrections before, a new
// capture replaces the old one and nothing has to be added up.
//
// The zero value is ready to use and holds none. Offsets allocate only to
// grow. They are not safe for concurrent use.
type Offsets struct {
	rows    []offsetRow
	offsets []offset
}

// An offsetRow is one row that has offsets: one for each of its lerp fields.
type offsetRow struct {
	table int
	id    ID
	first int // in Offsets.offsets
}

// Capture sets the offsets to the way from truth to shown for all rows that
// player p owns in both; [NoPlayer] owns none. A row that is further from the
// truth than a snap distance gets none: it jumps. It must match worlds as for
// [World.CopyFrom].
func (o *Offsets) Capture(shown, truth *World, p PlayerID) {
	shown.mustMatch(truth)
	o.Clear()
	if p == NoPlayer {
		return
	}
	for i := range truth.tables {
		rows, seen := &truth.tables[i], &shown.tables[i]
		l := rows.layout
		if l.owner < 0 || len(l.lerps) == 0 {
			continue
		}
		for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
			a, b := rows.row(slot), seen.find(rows.ID(slot))
			if b == nil || l.ownerOf(a) != p || l.ownerOf(b) != p || l.jumps(a, b) {
				continue
			}
			o.capture(l, offsetRow{table: i, id: rows.ID(slot), first: len(o.offsets)}, a, b)
		}
	}
}

// Clear forgets all offsets.
func (o *Offsets) Clear() {
	o.rows, o.offsets = o.rows[:0], o.offsets[:0]
}

// Empty reports whether there is nothing to apply: shown and truth agreed.
func (o *Offsets) Empty() bool { return len(o.rows) == 0 }

// Apply moves the lerp fields of the rows in w by their offsets times
// scale/65536, integers rounding towards no offset, within the fields'
// ranges. Rows that are gone are passed over. The world must match those of
// Capture.
func (o *Offsets) Apply(w *World, scale Frac) {
	for _, r := range o.rows {
		rows := &w.tables[r.table]
		row := rows.find(r.id)
		if row == nil {
			continue
		}
		for j, i := range rows.layout.lerps {
			f := &rows.layout.fields[i]
			f.store(row, f.confine(f.load(row), o.offsets[r.first+j].scale(uint64(scale))))
		}
	}
}

// capture adds the offsets of one row, unless all of them are zero.
func (o *Offsets) capture(l *Layout, r offsetRow, truth, shown unsafe.Pointer) {
	any := false
	for _, i := range l.lerps {
		f := &l.fields[i]
		way := f.offsetTo(f.load(truth), f.load(shown))
		any = any || way != offset{}
		o.offsets = append(o.offsets, way)
	}
	if !any {
		o.offsets = o.offsets[:r.first]
		return
	}
	o.rows = append(o.rows, r)
}
