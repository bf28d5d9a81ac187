// Package server runs a game where it is decided: the authoritative loop.
//
// A [Server] advances the world in fixed ticks on a schedule that does not
// drift. Each tick takes one input of every player, however the network
// delivered them, steps the rules, and tells every player what changed since
// the newest snapshot known to have reached it:
//
//	drain the connections → joins, leaves, inputs filed under their ticks
//	→ Step → Quantise → capture → for each player, the difference from its
//	own acknowledged baseline, in one unreliable message
//
// [Server.Run] does it on a UDP port. Everything else drives it by hand, in
// real or in virtual time: Core, Advance, NextTick.
//
// What clients send is not trusted: a message that cannot be decoded is
// counted and dropped.
package server
