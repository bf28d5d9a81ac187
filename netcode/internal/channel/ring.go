package channel

// A ring is a circular buffer whose pieces are contiguous: one that does not
// fit before the end starts at the beginning.
type ring struct {
	buf        []byte
	head, tail int // pieces lie in [head, tail), or [head, end) and [0, tail)
	end        int // where the pieces before the wrap stop; 0 if there is none
	used       int // bytes of pieces
	count      int
}

func (r *ring) fits(n int) bool {
	switch {
	case r.count == 0:
		return n <= len(r.buf)
	case r.end == 0:
		return r.tail+n <= len(r.buf) || n <= r.head
	}
	return r.tail+n <= r.head
}

func (r *ring) push(piece []byte) []byte {
	if r.count == 0 {
		r.head, r.tail, r.end = 0, 0, 0
	} else if r.end == 0 && r.tail+len(piece) > len(r.buf) {
		r.end, r.tail = r.tail, 0
	}
	at := r.buf[r.tail : r.tail+len(piece) : r.tail+len(piece)]
	copy(at, piece)
	r.tail += len(piece)
	r.used += len(piece)
	r.count++
	return at
}

// pop releases the oldest piece, of n bytes.
func (r *ring) pop(n int) {
	r.head += n
	r.used -= n
	r.count--
	if r.end != 0 && r.head >= r.end {
		r.head, r.end = 0, 0
	}
}
