package ack

import "testing"

// TestWord asks for the 32 bits from every number on. It matters on 32-bit
// machines, where half of such a word has been wrong: run it with GOARCH=386.
func TestWord(t *testing.T) {
	var h history
	next, arrived := uint64(0), map[uint64]bool{}
	for n := range uint64(200) {
		if n%3 == 1 || n%7 == 2 {
			continue
		}
		h.advance(next, n)
		arrived[n], next = true, n+1
	}
	for from := range uint64(200 - 32) {
		word := h.word(from)
		for i := range uint64(32) {
			if got := word>>i&1 != 0; got != arrived[from+i] {
				t.Errorf("word(%d) says of %d: %v", from, from+i, got)
			}
		}
	}
}
