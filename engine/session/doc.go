// Package session is what a game server and its clients say to each other,
// above the protocol that carries it: which channels there are, and the
// messages in them. docs/SESSION.md specifies the same for those who write
// another implementation.
//
//	channel  mode                  direction  message
//	0        Unreliable            to client  [SnapshotHeader] and a snapshot
//	1        UnreliableSequenced   to server  [InputMessage]
//	2        ReliableOrdered       both       [Welcome], then application messages
//
// Besides these, a client's name travels in the handshake ([CleanName]).
//
// Decoders return [ErrMalformed] for everything an encoder here would not
// have written, bit for bit, and never panic.
package session
