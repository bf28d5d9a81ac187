package udp

// A slab is equal pieces of one allocation.
type slab struct {
	bytes []byte
	size  int // of a piece
}

func newSlab(n, size int) slab { return slab{make([]byte, n*size), size} }

// piece returns piece i, with no room to grow into the next.
func (s slab) piece(i int) []byte { return s.bytes[i*s.size : (i+1)*s.size : (i+1)*s.size] }
