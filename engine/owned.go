package engine

// DropOwned removes the rows that player p owns, in every table that has an
// owner field. For [NoPlayer] it does nothing.
func (w *World) DropOwned(p PlayerID) {
	if p == NoPlayer {
		return
	}
	for i := range w.tables {
		rows := &w.tables[i]
		if rows.layout.owner < 0 {
			continue
		}
		for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
			if rows.layout.ownerOf(rows.row(slot)) == p {
				rows.Remove(slot)
			}
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
		rows, from := &w.tables[i], &src.tables[i]
		if rows.layout.owner < 0 {
			continue
		}
		for slot := from.Next(0); slot >= 0; slot = from.Next(slot + 1) {
			if rows.layout.ownerOf(from.row(slot)) == p {
				rows.put(from, slot)
			}
		}
	}
}
