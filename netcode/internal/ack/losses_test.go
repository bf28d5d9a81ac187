package ack

import (
	"math/rand/v2"
	"testing"

	"github.com/reckon-engine/reckon/sim/link"
)

// lossy returns the estimate after n packets over a path with the given loss
// and mean burst, and how far the rate strayed in the second half.
func lossy(t *testing.T, l *Losses, seed uint64, n int, loss, burst float64) (low, high float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	model, err := link.Bursts(loss, burst)
	if err != nil {
		t.Fatal(err)
	}
	low, bad := 1.0, false
	for i := range n {
		l.add(bad)
		if bad {
			bad = r.Float64() >= model.R
		} else {
			bad = r.Float64() < model.P
		}
		if i > n/2 {
			low, high = min(low, l.Rate()), max(high, l.Rate())
		}
	}
	return low, high
}

func TestLosses(t *testing.T) {
	for _, test := range []struct {
		loss, burst float64
		low, high   float64 // of the rate, always
		least, most float64 // of the burst, in the end
	}{
		{0.01, 1 / 0.99, 0.001, 0.07, 1, 1.2},
		{0.05, 1 / 0.95, 0.015, 0.14, 1, 1.3},
		{0.10, 1 / 0.90, 0.04, 0.26, 1, 1.4},
		{0.03, 4, 0.002, 0.35, 2.3, 6.5},
		{0.10, 10, 0.005, 0.75, 4, 18},
	} {
		for seed := range uint64(10) {
			var l Losses
			low, high := lossy(t, &l, seed, 6000, test.loss, test.burst)
			if low < test.low || high > test.high {
				t.Errorf("seed %d: loss of %.2f in bursts of %.1f is estimated from %.3f to %.3f", seed, test.loss, test.burst, low, high)
			}
			if b := l.Burst(); b < test.least || b > test.most {
				t.Errorf("seed %d: loss of %.2f in bursts of %.1f: Burst() = %.2f", seed, test.loss, test.burst, b)
			}
		}
	}
}

// TestLossesInTime: what a path does is known within a second or two, and
// forgotten within half a minute, at 60 packets a second.
func TestLossesInTime(t *testing.T) {
	var l Losses
	if l.Rate() != 0 || l.Burst() != 1 {
		t.Fatalf("nothing seen: rate %v, burst %v", l.Rate(), l.Burst())
	}
	for range 10_000 {
		l.add(false)
	}
	for i := range 60 {
		l.add(i%10 == 9)
	}
	if got := l.Rate(); got < 0.05 || got > 0.12 {
		t.Errorf("after a second of 10 %%: %.3f", got)
	}
	packets := 0
	for ; l.Rate() > 0; packets++ {
		l.add(false)
	}
	if packets < 10*60 || packets > 50*60 {
		t.Errorf("six losses are forgotten after %d packets", packets)
	}
	l.add(true)
	if got := l.Rate(); got == 0 || got > 0.003 {
		t.Errorf("a stray loss: %.4f", got)
	}
	var first Losses
	first.add(false)
	if first.add(true); first.Rate() > 0.08 {
		t.Errorf("the second packet lost: %.3f", first.Rate())
	}
}

func TestLossesMistaken(t *testing.T) {
	var l Losses
	for range 100 {
		l.add(false)
	}
	l.add(true)
	if l.mistaken(); l.Rate() != 0 {
		t.Errorf("a loss that was none: %.4f", l.Rate())
	}
	if l.mistaken(); l.Rate() != 0 || l.recent < 0 {
		t.Errorf("one more: %.4f", l.Rate())
	}
}
