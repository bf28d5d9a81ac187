// Package flow is the traffic of a scenario: connections of our protocol with
// their channels, plain UDP. A program adds kinds of its own, such as a whole
// game.
package flow
