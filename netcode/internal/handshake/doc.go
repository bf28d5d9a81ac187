// Package handshake is the cryptography of the protocol: the cookie that proves
// an address, the Noise handshake that agrees on keys, the protection of every
// packet after it, and the window that refuses replays.
//
// It knows nothing of datagrams, retransmission or the meaning of a payload:
// those belong to the caller. Nothing here reads a clock or a random source of
// its own, so a run is reproduced exactly by giving the same times and the same
// random bytes. No type here is safe for concurrent use.
//
// The order of use on a new connection:
//
//	CookieJar.Check    is the address real?      no state kept until it is
//	State.Read, Write  two or three messages     Noise IK, XX or, with a ticket, NNpsk0
//	State.Secrets      one Seed each way         once per handshake
//	Seed.Protector     one Protector             once per key phase, Seed.Next between
//	ReplayWindow.Check → Protector.Open → ReplayWindow.Mark, for every packet
//
// docs/PROTOCOL.md is the specification; testdata/vectors.json holds known
// answers for a second implementation.
package handshake
