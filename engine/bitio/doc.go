// Package bitio packs values into bits and takes them out again.
//
// Bits are little-endian throughout: the first bit written is the least
// significant bit of the first byte, and a value's least significant bit is
// written first. Writing 3 bits of 0b101 and then 5 bits of 0b00001 gives
// the single byte 0b00001_101.
//
// # Canonical forms
//
// Every value has exactly one encoding, and [Reader] refuses any other: a
// variable-length integer must be as short as it can be, and the bits that
// fill up the last byte must be zero. What a reader accepts, a writer
// reproduces bit for bit.
//
// # Errors
//
// A [Reader] never panics, whatever it is given. Its first error sticks:
// from then on every read returns zero. Decoders therefore read a whole
// structure and ask [Reader.Err] once, or whenever a count that was read is
// about to bound a loop.
package bitio
