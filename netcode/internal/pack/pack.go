// Package pack writes and reads the state of a connection that moves to
// another process. Numbers are in the variable length of encoding/binary,
// byte strings follow their length.
package pack

import "encoding/binary"

// Uint appends v.
func Uint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// Bool appends v.
func Bool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// Bytes appends the length of data, and data.
func Bytes(b, data []byte) []byte { return append(Uint(b, uint64(len(data))), data...) }

// A Reader reads what the functions of this package appended. After the first
// thing that is wrong all it returns is zero, and Bad.
type Reader struct {
	Rest []byte // not read yet
	Bad  bool
}

// Fail makes the reader bad.
func (r *Reader) Fail() { r.Rest, r.Bad = nil, true }

// Uint reads a number of at most limit.
func (r *Reader) Uint(limit uint64) uint64 {
	v, n := binary.Uvarint(r.Rest)
	if n <= 0 || v > limit || n > 1 && r.Rest[n-1] == 0 { // not its shortest form
		r.Fail()
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Bool reads a bool.
func (r *Reader) Bool() bool { return r.Uint(1) == 1 }

// Count reads how many things follow, at most limit, each of at least one
// byte: no more than there can be.
func (r *Reader) Count(limit int) int {
	return int(r.Uint(uint64(min(limit, len(r.Rest)))))
}

// Take reads n bytes, which alias the input.
func (r *Reader) Take(n int) []byte {
	if n > len(r.Rest) || r.Bad {
		r.Fail()
		return make([]byte, n) // n is the caller's, not the input's
	}
	b := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return b
}

// Bytes reads at most limit bytes, which alias the input.
func (r *Reader) Bytes(limit int) []byte {
	n := r.Count(limit)
	if r.Bad {
		return nil
	}
	return r.Take(n)
}
