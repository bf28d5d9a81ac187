// Package nat is a NAT or a stateful firewall as a pure state machine: it is
// told when a datagram comes from inside or from outside, and answers where it
// goes and what is then written on it. It behaves in every way that RFC 4787
// describes, good and bad: each mapping with each filtering, hairpinning, port
// allocation, lifetimes and rebinding.
//
// It owns no clock and no datagram. Time is an int64 in nanoseconds from
// whatever beginning the caller likes. All chance follows from a seed, and
// nothing ranges over a map: equal calls have equal results.
package nat
