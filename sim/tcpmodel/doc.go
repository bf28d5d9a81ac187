// Package tcpmodel is TCP as a network sees it: sizes and times of packets,
// and what its users wait for. It is not an implementation, and no kernel: it
// is what there is to compare with in virtual time, where no kernel runs.
//
// A [Sender] and a [Receiver] are a transfer without end, for filling a
// bottleneck; a [Stream] is one end of a connection that carries messages of
// one size each way. Both are hosts of package vnet but for where their
// packets go. Congestion control is CUBIC (RFC 9438).
//
// Nothing here is safe for concurrent use, and one run is like another on
// every machine.
package tcpmodel
