// Package predict lets a player feel no network: the local player's inputs
// are applied at once, to a world that runs ahead of the last one the server
// confirmed.
//
// Every authoritative world replaces the prediction, and all inputs that it
// does not contain yet are replayed on top: "we simulate all unacknowledged
// commands each time, not just the new ones" (Quake III, cg_predict.c). Where
// that leads somewhere else than was shown, the difference is taken out of
// the view little by little. The simulation itself never sees it.
package predict
