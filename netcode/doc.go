// Package netcode is a protocol for realtime games over UDP: encrypted
// connections with sequence numbers, ack bitfields, selectively reliable
// channels, and delivered/lost notices.
//
// The protocol is a state machine without input or output. A [Core] holds
// many connections and owns no socket, goroutine, clock or random source:
// datagrams, the time and randomness go in; datagrams, messages, events and
// the next deadline come out. An [Endpoint] drives a Core from UDP sockets; a
// simulator drives it in virtual time; a test drives it with two slices.
//
// The wire format is specified in docs/PROTOCOL.md.
//
// A Core and everything reached from it (its Conns included) belongs to one
// goroutine at a time. Nothing in this package locks.
package netcode
