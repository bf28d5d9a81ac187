// Package link models one direction of a network link: delay, jitter, loss of
// several kinds, spikes, duplicates, reordering, corruption, a rate or a trace
// with a queue, active queue management, an MTU, outages and slots. The
// formulas, and how well the code keeps to them, are in docs/MODELS.md.
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
//	send ──→ MTU ──→ queue ──→ bottleneck ──→ outage, loss ──→ delay ──→ delivery
//	                   └─ full, AQM ──→ dropped                  └─ copy ──→ delivery
//
// Loss lies behind the bottleneck, as on a radio: what is lost on the air has
// been sent, and has used the rate. (netem drops before it queues.)
//
// # Chance
//
// All chance is a pure function of the seed, the kind of decision and the
// datagram's index on the link. Two runs with one seed lose the same
// datagrams by chance, whatever the time between them and whatever else is
// switched on; only queues, outages and slots depend on time. Nothing at run
// time uses floating point, so every architecture agrees to the nanosecond.
//
// # Fates that are settled late
//
// Behind CoDel a datagram's fate is not known when it is sent: its Cause is
// [Pending]. A Pipe handles that: its Next may be the time of an event inside,
// and Pop then yields nothing; OnDrop tells of datagrams that were dropped
// after all. Whoever uses a Link alone asks Settle.
package link
