package main

import "testing"

// Real sockets, real time: that it works, not how well on a busy machine.
func TestLatencyReal(t *testing.T) {
	for _, mode := range []string{"reliable-ordered", "unreliable"} {
		f := found[*latencyFigures](t, latencyCommand(), "--real --seconds 1 --rtt 20ms --loss 2 --mode "+mode)
		if f.Sent != 120 || f.Delivered < 0.8 || mode == "reliable-ordered" && f.Delivered != 1 {
			t.Errorf("%s: %.3f of %d delivered", mode, f.Delivered, f.Sent)
		}
		if f.P50 < 10 || f.P99 < f.P50 || f.Max < f.P99 || f.Wire < 1 || f.Digest != "" {
			t.Errorf("%s: %+v", mode, f)
		}
	}
}

// The bars of wire.
func TestWireBars(t *testing.T) {
	f := found[*wireFigures](t, wireCommand(), "--seconds 5")
	if f.Up > 26 || f.Down > 23 {
		t.Errorf("%.2f bytes up and %.2f down beyond the application's, want at most 26 and 23", f.Up, f.Down)
	}
	if f.UpW1 < f.Up || f.UpW1 > f.Up+1 || f.DownW1 < f.Down || f.DownW1 > f.Down+1 {
		t.Errorf("%.2f and %.2f bytes with a reliable message a second, want little more than %.2f and %.2f", f.UpW1, f.DownW1, f.Up, f.Down)
	}
}
