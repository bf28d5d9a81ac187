// Package link models one direction of a network link: delay, jitter, loss,
// duplicates, reordering, a rate with a queue, and an MTU.
//
// A [Link] is a pure state machine. It is told when a datagram of some size is
// sent, and answers with the datagram's [Fate]: whether it arrives, and how
// much later. It owns no clock, no goroutine, no socket and no datagram, so
// the same code runs in virtual time and in front of a real game. A [Pipe]
// puts a Link before a [Queue] that holds copies of the datagrams until they
// are due; programs that carry datagrams want a Pipe.
//
// # The way of a datagram
//
//	          ┌──── too big ──→ dropped
//	send ──→ MTU ──→ bottleneck ──→ loss ──→ delay ± jitter ──→ delivery
//	                   └─ full ──→ dropped     └─ copy ────────→ delivery
//
// Loss lies behind the bottleneck, as on a radio: what is lost on the air has
// been sent, and has used the rate. (netem drops before it queues.)
//
// # Chance
//
// All chance is a pure function of the seed, the kind of decision and the
// datagram's index on the link. Two runs with one seed lose the same
// datagrams by chance, whatever the time between them and whatever else is
// switched on; only drops by a full queue depend on time. Nothing at run time
// uses floating point, so every architecture agrees to the nanosecond.
//
// # Growth
//
// Each stage is a small type in a file of its own. Whatever needs to decide
// after a datagram was sent (an active queue that drops from its head, say)
// belongs into Pipe, whose users only see Push, NextDelivery and Pop.
package link
