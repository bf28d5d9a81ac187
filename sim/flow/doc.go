// Package flow is the traffic of a scenario: connections of our protocol with
// their channels, and plain UDP. A program adds kinds of its own, such as a
// whole game.
//
// A [Kind] makes a [Flow] out of what a scenario says, on a [Stage]: the
// virtual internet with its machines, which package run builds. What a flow
// does follows from the stage's seed and the flow's name alone, so that
// another flow in the same scenario changes nothing but what it takes of the
// links.
//
// Nothing here is safe for concurrent use: a flow belongs to the goroutine
// that runs its internet.
package flow
