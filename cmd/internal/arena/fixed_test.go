package arena

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSine(t *testing.T) {
	for a := int32(-Turn); a < 2*Turn; a++ {
		exact := math.Sin(float64(a)*2*math.Pi/Turn) * (1 << oneBits)
		if got := sine(a); math.Abs(float64(got)-exact) > 1 {
			t.Fatalf("sine(%d) = %d, want %.2f", a, got, exact)
		}
	}
	if sine(QuarterTurn) != 1<<oneBits || sine(0) != 0 || cosine(HalfTurn) != -1<<oneBits {
		t.Error("the quarters of a turn are not exact")
	}
}

func TestAngleOf(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		dx, dy := r.Int32N(1<<16)-1<<15, r.Int32N(1<<16)-1<<15
		if dx == 0 && dy == 0 {
			continue
		}
		exact := math.Atan2(float64(dy), float64(dx)) * Turn / (2 * math.Pi)
		got := float64(angleOf(dx, dy))
		if off := math.Abs(math.Remainder(got-exact, Turn)); off > 2 {
			t.Fatalf("angleOf(%d, %d) = %.0f, want %.2f", dx, dy, got, exact)
		}
	}
	for _, test := range []struct {
		dx, dy int32
		want   uint16
	}{{1, 0, 0}, {0, 1, 1024}, {-1, 0, 2048}, {0, -1, 3072}, {5, 5, 512}, {0, 0, 0}} {
		if got := angleOf(test.dx, test.dy); got != test.want {
			t.Errorf("angleOf(%d, %d) = %d, want %d", test.dx, test.dy, got, test.want)
		}
	}
}

func TestTurnBetween(t *testing.T) {
	for _, test := range []struct {
		from, to uint16
		want     int32
	}{{0, 1, 1}, {1, 0, -1}, {4095, 0, 1}, {0, 4095, -1}, {0, 2048, -2048}, {3000, 1000, -2000}} {
		if got := turnBetween(test.from, test.to); got != test.want {
			t.Errorf("turnBetween(%d, %d) = %d, want %d", test.from, test.to, got, test.want)
		}
	}
}

func TestSquareRoot(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range int64(100000) {
		n := i
		if i > 1000 {
			n = r.Int64N(1 << uint(1+i%62))
		}
		got := squareRoot(n)
		if got*got > n || (got+1)*(got+1) <= n {
			t.Fatalf("squareRoot(%d) = %d", n, got)
		}
	}
}

func TestRandomIsTheSameEverywhere(t *testing.T) {
	r := random(1)
	got := [4]int32{r.below(1000), r.below(1000), r.below(1000), r.below(1000)}
	// xorshift32 from state 1: 270369, 67634689, 2647435461, 307599695.
	if want := [4]int32{369, 689, 461, 695}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
