package cache

import "testing"

// TestTouch: every line is loaded, the last byte too, and none beyond.
func TestTouch(t *testing.T) {
	for n := range 4 * line {
		b := make([]byte, n)
		want := byte(0)
		for i := range b {
			if i%line == 0 || i == n-1 {
				b[i] = byte(i) + 1
				want += b[i]
			}
			if i%line == 0 && i == n-1 {
				want += b[i]
			}
		}
		if got := All(b); got != want {
			t.Errorf("%d bytes: the sum is %d, want %d", n, got, want)
		}
	}
	if got, want := Of(&[3 * line]byte{line: 5, 3*line - 1: 2}), byte(7); got != want {
		t.Errorf("an array: the sum is %d, want %d", got, want)
	}
}
