// Package engine is what a networked game is made of: ticks, worlds, inputs
// and the rules that turn one tick into the next.
//
// A game declares the components of its world as plain structs, says in tags
// how precise each field has to be, and writes one function, Step, that
// server and clients both run:
//
//	type Player struct {
//		Owner  engine.PlayerID `net:"owner"`
//		X, Y   int32           `net:"range=0..65535,lerp,snap=4096"` // 1/16 of a world unit
//		Aim    uint16          `net:"bits=12,lerp=angle"`
//		Health uint8           `net:"max=100"`
//		Frags  uint16          // no tag: the full width of the type
//		path   [8]uint16       `net:"-"` // known to the server only
//	}
//
//	schema := engine.NewSchema("arena", 1)
//	players := engine.AddTable[Player](schema, "players", 16)
//	input := engine.SetInput[Input](schema)
//
// # Field tags
//
// The tag key is net; its words are separated by commas.
//
//	range=A..B   the inclusive range; anything outside is clamped by Quantise
//	max=N        short for range=0..N
//	step=S       the distance of two values the wire can tell apart, default 1
//	             for integers; needed for a float with a range; 1/16 is allowed
//	bits=N       an unsigned integer of N bits, 0..2^N-1
//	lerp         the view moves linearly between two ticks
//	lerp=angle   the same the short way round a circle of 2^N
//	snap=N       a jump of more than N (in the field's units) is not
//	             interpolated and not smoothed; see World.LerpFrom
//	owner        a PlayerID; rows of the local player are predicted
//	-            not replicated: state of the server, zero on clients
//
// A field may be a bool, an integer, a float32, a struct of those or an array
// of those. A tag on a struct or an array goes to everything in it. Without a
// tag an integer has the full width of its type, a bool one bit and a float32
// 32 bits. The types int and uint need a range, max or bits within 32 bits,
// since their width is not the same everywhere.
//
// # Quantised values
//
// A field of range A..B and step S holds A+i·S for a whole number i. Only i
// travels, so both sides hold the same values to the last bit, provided that
// both round after each step: [World.Quantise] does that. A float32 without a
// range travels as its bits; Quantise only removes what has no single
// encoding: NaN and −0 become 0, infinities the largest finite number.
//
// # Rows and identities
//
// A row lives in a slot of its table; its [ID] is that slot and a generation
// that differs from one occupant of the slot to the next. Iteration is in
// slot order, always. Tables are handles: the data live in a [World], and the
// same handle works with every world of the schema.
//
// # Server-only fields
//
// Fields tagged "-" are copied by [World.CopyFrom] and otherwise left alone:
// [World.Quantise], [World.Hash], [World.Equal], [World.Diff] and snapshots
// do not see them. Rules that depend on them must do so under
// [Inputs.Authority] only.
//
// # What a client shows
//
// Rows with an owner field belong to a player. A client draws the rows of
// others between two worlds of the past ([World.LerpFrom]), lays its own,
// predicted ones over them ([World.CopyOwned]) and hides the corrections of
// its prediction ([Offsets]). None of that is ever simulated.
//
// # Concurrency and memory
//
// A [Schema] is immutable once its first world was made and may then be
// shared. A [World], and everything that holds one, belongs to one goroutine.
// Nothing in this package reads a clock, a random source or a file, and
// nothing allocates after construction, unless its comment says so.
package engine
