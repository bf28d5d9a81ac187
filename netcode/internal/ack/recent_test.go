package ack

import "testing"

func TestRecent(t *testing.T) {
	var r recent
	for range 100 {
		r.send()
	}
	for _, step := range []struct {
		age   uint64
		known bool
	}{{0, false}, {0, true}, {63, false}, {63, true}, {64, false}, {64, false}, {1 << 40, false}, {5, false}} {
		if got := r.ack(step.age); got != step.known {
			t.Errorf("ack(%d) = %v, want %v", step.age, got, step.known)
		}
	}
	r.send()
	if !r.ack(1) || !r.ack(6) || r.ack(0) || r.ack(63) {
		t.Errorf("after one more packet: %b", r)
	}
}
