// Package snapshot carries worlds over a network that loses packets: a
// [Codec] writes a world as its difference from an older one that the
// receiver is known to have, and reads it again.
//
// A sender captures the world of every tick into a [Ring]. For each receiver
// it writes the newest snapshot against the newest one that this receiver has
// acknowledged, or in full when there is none. Nothing is ever resent: a
// snapshot that is lost only means that the baseline does not advance. The
// receiver keeps a ring as well, and finds in the header which baseline to
// use.
//
// The encoding is packed to the bit and canonical: a pair of worlds has one
// encoding, and the decoder refuses everything else. docs/SNAPSHOT.md
// describes it for those who write another implementation.
//
// What the decoder gets from a hostile sender costs it no more than the
// largest world the schema allows, and never makes a world that the schema
// does not allow.
package snapshot
