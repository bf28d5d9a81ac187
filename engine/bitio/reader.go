package bitio

import (
	"encoding/binary"
	"errors"
)

// What can be wrong with the bits of a [Reader].
var (
	// ErrShort: a read went past the end.
	ErrShort = errors.New("bitio: read past the end")
	// ErrNotCanonical: a variable-length integer is longer than need be.
	ErrNotCanonical = errors.New("bitio: integer is not in its shortest form")
	// ErrOverflow: a variable-length integer does not fit 64 bits.
	ErrOverflow = errors.New("bitio: integer does not fit 64 bits")
	// ErrTrailing: something other than zero bits to the next whole byte
	// follows what was read.
	ErrTrailing = errors.New("bitio: trailing bits")
)

// A Reader takes bits out of a byte slice. Its first error sticks: after it,
// reads return zero and change nothing.
//
// The zero value reads from an empty slice. A Reader is not safe for
// concurrent use; it only borrows the slice.
type Reader struct {
	data []byte
	pos  int // in bits from the start of data
	err  error
}

// NewReader returns a Reader of data.
func NewReader(data []byte) Reader {
	return Reader{data: data}
}

// Reset makes r read data from its start and forgets any error.
func (r *Reader) Reset(data []byte) {
	*r = Reader{data: data}
}

// Err returns the first error, or nil.
func (r *Reader) Err() error { return r.err }

// Fail makes err the reader's error unless it already has one. Decoders use
// it for bits that can be read but mean nothing.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Remaining returns how many bits have not been read; 0 after an error.
func (r *Reader) Remaining() int {
	if r.err != nil {
		return 0
	}
	return len(r.data)*8 - r.pos
}

// ReadBits reads n bits, 0..64.
func (r *Reader) ReadBits(n uint) uint64 {
	if r.err != nil {
		return 0
	}
	if n > 64 || r.pos+int(n) > len(r.data)*8 {
		r.err = ErrShort
		return 0
	}
	at, shift := r.pos>>3, uint(r.pos&7)
	r.pos += int(n)
	var v uint64
	if at+8 <= len(r.data) {
		v = binary.LittleEndian.Uint64(r.data[at:]) >> shift
		if shift+n > 64 {
			v |= uint64(r.data[at+8]) << (64 - shift)
		}
	} else {
		for i, b := range r.data[at:] { // at most 7 bytes
			v |= uint64(b) << (8 * i)
		}
		v >>= shift
	}
	if n < 64 {
		v &= 1<<n - 1
	}
	return v
}

// ReadBool reads one bit.
func (r *Reader) ReadBool() bool {
	if r.err != nil || r.pos >= len(r.data)*8 {
		r.Fail(ErrShort)
		return false
	}
	bit := r.data[r.pos>>3] >> (r.pos & 7) & 1
	r.pos++
	return bit != 0
}

// ReadUvarint reads what [Writer.WriteUvarint] wrote. A last group of zero
// that could have been left out is [ErrNotCanonical].
func (r *Reader) ReadUvarint() uint64 {
	var v uint64
	for shift := uint(0); ; shift += 7 {
		group := r.ReadBits(8)
		if r.err != nil {
			return 0
		}
		if shift == 63 && group > 1 {
			r.err = ErrOverflow
			return 0
		}
		v |= group & 0x7f << shift
		if group < 0x80 {
			if group == 0 && shift > 0 {
				r.err = ErrNotCanonical
				return 0
			}
			return v
		}
	}
}

// ReadVarint reads what [Writer.WriteVarint] wrote.
func (r *Reader) ReadVarint() int64 {
	return Unzigzag(r.ReadUvarint())
}

// ReadGamma reads what [Writer.WriteGamma] wrote. It returns at least 1,
// except 0 after an error.
func (r *Reader) ReadGamma() uint64 {
	lower := uint(0)
	for !r.ReadBool() {
		lower++
		if r.err != nil {
			return 0
		}
		if lower > 63 {
			r.err = ErrOverflow
			return 0
		}
	}
	v := r.ReadBits(lower)
	if r.err != nil {
		return 0
	}
	return 1<<lower | v
}

// Close checks that nothing but zero bits up to the next whole byte is left
// and returns the reader's error, which is [ErrTrailing] when there is more.
func (r *Reader) Close() error {
	if r.err != nil {
		return r.err
	}
	rest := r.Remaining()
	if rest >= 8 || r.ReadBits(uint(rest)) != 0 {
		r.err = ErrTrailing
	}
	return r.err
}
