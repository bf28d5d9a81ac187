package vnet

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// A digest is a running 64-bit hash, read eight bytes at a time. The round is
// that of xxHash64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md); it tells
// runs apart that differ by accident, not by malice.
type digest uint64

const (
	prime1 = 0x9e3779b185ebca87
	prime2 = 0xc2b2ae3d27d4eb4f
)

func (d *digest) word(w uint64) {
	*d = digest(bits.RotateLeft64(uint64(*d)+w*prime2, 31) * prime1)
}

// bytes adds b and its length.
func (d *digest) bytes(b []byte) {
	d.word(uint64(len(b)))
	for len(b) >= 8 {
		d.word(binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		d.word(binary.LittleEndian.Uint64(tail[:]))
	}
}

func (d *digest) address(a netip.AddrPort) {
	b := a.Addr().As16()
	d.bytes(b[:])
	d.word(uint64(a.Port()))
}
