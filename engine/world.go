package engine

// A World is the state of a game at one tick: every table's rows. Worlds of
// one schema are alike and cheap to copy; all their memory is allocated by
// [Schema.NewWorld].
//
// A World is not safe for concurrent use.
type World struct {
	schema *Schema
	tick   Tick
	tables []Rows
}

// Schema returns the schema the world was made by.
func (w *World) Schema() *Schema { return w.schema }

// Tick returns the tick the world is the state of.
func (w *World) Tick() Tick { return w.tick }

// SetTick says which tick the world is the state of. Whoever calls Step sets
// the tick that is being computed just before; Step may read it.
func (w *World) SetTick(t Tick) { w.tick = t }

// Rows returns table i, in the order of declaration, without its Go type.
func (w *World) Rows(i int) *Rows { return &w.tables[i] }

// CopyFrom makes w the same as src in everything: rows, server-only fields,
// generations, tick. The worlds must be of the same schema, or of schemas
// declared with the same types, names and capacities; else it panics.
func (w *World) CopyFrom(src *World) {
	w.mustMatch(src)
	w.tick = src.tick
	for i := range w.tables {
		w.tables[i].copyFrom(&src.tables[i])
	}
}

// Clear removes every row, forgets all generations and sets the tick to 0.
func (w *World) Clear() {
	w.tick = 0
	for i := range w.tables {
		w.tables[i].clear()
	}
}

// Quantise rounds every replicated field to the nearest value that the wire
// can carry, halves upwards, and clamps it to its range. Server and client
// call it after every Step, so that both go on from the same values.
// Server-only fields are left alone. Quantise is idempotent.
func (w *World) Quantise() {
	for i := range w.tables {
		rows := &w.tables[i]
		if len(rows.layout.inexact) == 0 {
			continue
		}
		for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
			rows.layout.quantise(rows.row(slot))
		}
	}
}

// ClearHidden zeroes everything that is not replicated: server-only fields
// and padding. What is left is what a client can know, and equal rows are
// then equal in memory.
func (w *World) ClearHidden() {
	for i := range w.tables {
		rows := &w.tables[i]
		if len(rows.layout.gaps) == 0 {
			continue
		}
		for slot := rows.Next(0); slot >= 0; slot = rows.Next(slot + 1) {
			rows.layout.clearGaps(rows.row(slot))
		}
	}
}

// mustMatch panics when the worlds are not of one make.
func (w *World) mustMatch(o *World) {
	if w.schema != o.schema && !w.schema.compatible(o.schema) {
		panic("engine: worlds of different schemas")
	}
}
