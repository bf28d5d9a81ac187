// Package clock keeps a client in step with its server's ticks.
//
// Three estimates do it, each from what really arrives:
//
//   - [ServerTime] learns when the server's ticks reach this machine;
//   - [Lead] decides how far ahead of the server the local player is
//     predicted, from the slack the server reports for its inputs;
//   - [Playhead] decides how far behind the server everybody else is shown.
//
// Lead and Playhead steer by dilating time, a few percent at most, and jump
// only when they are too far off to be worth the walk; a jump is reported, so
// that its owner can clear every history made under the old time.
//
// All three work on one identity. If tick t happens at offset + t·interval on
// the local clock, then a measurement of any one tick is a measurement of
// offset, and measurements made under different settings of the client's own
// time can be compared without untangling who reacted to whom. There is no
// feedback loop, hence nothing to oscillate.
//
// Time is passed in. Nothing here reads a clock, allocates after its
// constructor, or may be used by two goroutines at once.
package clock
