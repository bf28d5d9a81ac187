package engine

import "fmt"

// Rules are the rules of a game. Step advances w by one tick; w.Tick() is the
// tick that is being computed. It must depend on nothing but its arguments,
// use integer arithmetic (or float64(x*y) where a product feeds a sum), and
// never range over a map: server and client both run it and must come to the
// same world.
type Rules[I any] interface {
	Step(w *World, in *Inputs[I])
}

// LocalRules are rules that make a promise: without authority, Step changes
// nothing but rows that the local player owns, before or after, and so leaves
// all others to the server. Prediction then spends nothing on the others' rows.
//
// Whoever breaks the promise predicts values that the wire cannot carry, and
// sees corrections.
type LocalRules[I any] interface {
	Rules[I]

	// StepIsLocal does nothing: that it is there is the promise.
	StepIsLocal()
}

// Inputs are the inputs of one tick. On the server every joined player has
// one; on a client that predicts, only the local player has.
//
// Inputs are made with [NewInputs] and are not safe for concurrent use.
type Inputs[I any] struct {
	inputs    []I
	present   []bool
	authority bool
	local     PlayerID
	seen      func(PlayerID) (from, to *World, frac Frac)
}

// NewInputs returns the inputs of up to maxPlayers players, 1..255, none of
// which is present.
func NewInputs[I any](maxPlayers int) *Inputs[I] {
	if maxPlayers < 1 || maxPlayers > int(NoPlayer) {
		panic(fmt.Sprintf("engine: inputs of %d players, not 1..255", maxPlayers))
	}
	return &Inputs[I]{
		inputs:  make([]I, maxPlayers),
		present: make([]bool, maxPlayers),
		local:   NoPlayer,
	}
}

// For returns the input of a player and whether there is one.
func (in *Inputs[I]) For(p PlayerID) (I, bool) {
	if int(p) >= len(in.inputs) || !in.present[p] {
		var none I
		return none, false
	}
	return in.inputs[p], true
}

// Authority reports whether this is the server, which decides about hits,
// score and what others own. Rules do such things only when it is true.
func (in *Inputs[I]) Authority() bool { return in.authority }

// Local returns the player who predicts; [NoPlayer] on the server.
func (in *Inputs[I]) Local() PlayerID { return in.local }

// Seen returns what player p was looking at when the input was made: the
// point frac of the way between two worlds of the past, to be used with
// [Table.Lerp]. On a client, and where there is no such history, it returns
// nil, nil, 0. The worlds must not be changed.
func (in *Inputs[I]) Seen(p PlayerID) (from, to *World, frac Frac) {
	if in.seen == nil {
		return nil, nil, 0
	}
	return in.seen(p)
}

// Set gives player p an input. A p of maxPlayers or more is a mistake of the
// caller and panics.
func (in *Inputs[I]) Set(p PlayerID, input I) {
	if int(p) >= len(in.inputs) {
		panic(fmt.Sprintf("engine: BUG: input of player %d of %d", p, len(in.inputs)))
	}
	in.inputs[p], in.present[p] = input, true
}

// Clear takes all inputs away. Authority, Local and Seen stay as they are.
func (in *Inputs[I]) Clear() {
	clear(in.present)
}

// SetAuthority says whether this is the server.
func (in *Inputs[I]) SetAuthority(authority bool) { in.authority = authority }

// SetLocal says who predicts; [NoPlayer] on the server.
func (in *Inputs[I]) SetLocal(p PlayerID) { in.local = p }

// SetSeen gives the history that Seen asks; nil for none.
func (in *Inputs[I]) SetSeen(seen func(PlayerID) (from, to *World, frac Frac)) { in.seen = seen }
