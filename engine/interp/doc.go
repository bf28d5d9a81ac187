// Package interp shows the past: what others own is drawn between two
// snapshots that have arrived, a little behind the newest.
//
// A [Buffer] knows which ticks the snapshot ring holds. Asked for a moment, it
// interpolates between the two snapshots around it, however many were lost in
// between, and tells in a [View] which two and how far, so that the server
// can rewind to exactly what was seen. Past the newest snapshot it
// extrapolates for a quarter of a second, then holds.
package interp
