package bitio

import (
	"encoding/binary"
	"math/bits"
)

// A Writer appends bits to a byte slice of the caller's. It allocates only
// when that slice has no room left.
//
// The zero value is ready to use and starts a new slice. A Writer is not
// safe for concurrent use.
type Writer struct {
	buf     []byte // whole bytes, as far as they have left acc
	acc     uint64 // bits that wait, the oldest lowest
	pending uint   // number of bits in acc, 0..63
}

// NewWriter returns a Writer that appends to dst, starting at a whole byte.
func NewWriter(dst []byte) Writer {
	return Writer{buf: dst}
}

// Reset makes w append to dst and forgets what was written before.
func (w *Writer) Reset(dst []byte) {
	*w = Writer{buf: dst}
}

// WriteBits writes the n lowest bits of v; n is 0..64. Higher bits of v are
// ignored.
func (w *Writer) WriteBits(v uint64, n uint) {
	if n < 64 {
		v &= 1<<n - 1
	}
	w.acc |= v << w.pending
	if w.pending+n < 64 {
		w.pending += n
		return
	}
	w.buf = binary.LittleEndian.AppendUint64(w.buf, w.acc)
	w.acc = v >> (64 - w.pending) // a shift by 64 gives 0
	w.pending = w.pending + n - 64
}

// WriteBool writes one bit: 1 for true.
func (w *Writer) WriteBool(b bool) {
	var v uint64
	if b {
		v = 1
	}
	w.WriteBits(v, 1)
}

// WriteUvarint writes v in groups of 8 bits: seven bits of v, lowest first,
// and then a bit that says whether another group follows. It takes 8 bits
// for v < 128 and at most 80.
func (w *Writer) WriteUvarint(v uint64) {
	for v >= 0x80 {
		w.WriteBits(v|0x80, 8)
		v >>= 7
	}
	w.WriteBits(v, 8)
}

// WriteVarint writes v as the [Zigzag] unsigned integer, so that small
// negative numbers are short as well.
func (w *Writer) WriteVarint(v int64) {
	w.WriteUvarint(Zigzag(v))
}

// WriteGamma writes v ≥ 1 in Elias's gamma code: as many zero bits as v has
// bits below its highest, a one bit, and then those lower bits, least
// significant first. 1 takes one bit, 2 and 3 take three, 4..7 take five; at
// most 127. It suits counts and gaps that are nearly always tiny. Writing 0
// is a mistake of the caller and panics.
func (w *Writer) WriteGamma(v uint64) {
	if v == 0 {
		panic("bitio: BUG: gamma code of 0")
	}
	lower := uint(bits.Len64(v)) - 1
	w.WriteBits(0, lower)
	w.WriteBits(1, 1)
	w.WriteBits(v, lower)
}

// Bits returns how many bits the slice holds so far, counting those of the
// slice the writer was started with.
func (w *Writer) Bits() int {
	return len(w.buf)*8 + int(w.pending)
}

// Bytes fills up the last byte with zero bits and returns the whole slice,
// beginning with what was in it before. Writing may go on afterwards, at the
// next whole byte.
func (w *Writer) Bytes() []byte {
	for w.pending > 0 {
		w.buf = append(w.buf, byte(w.acc))
		w.acc >>= 8
		w.pending -= min(w.pending, 8)
	}
	return w.buf
}

// Zigzag maps signed to unsigned integers so that magnitudes stay small:
// 0, −1, 1, −2, 2 … become 0, 1, 2, 3, 4 …
func Zigzag(v int64) uint64 {
	return uint64(v)<<1 ^ uint64(v>>63)
}

// Unzigzag is the inverse of [Zigzag].
func Unzigzag(v uint64) int64 {
	return int64(v>>1) ^ -int64(v&1)
}
