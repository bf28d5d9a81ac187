package predict

import (
	"math"
	"time"

	"github.com/reckon-engine/reckon/engine"
)

// HalfLife is the time in which half of a view's error is walked off: 100 ms,
// within the range that is in use. Fiedler decays small errors by 0.95 a
// frame (225 ms at 60 Hz) and those of a metre by 0.85 (71 ms), Source takes
// 100 ms for all of it (cl_smoothtime), lightyear's half-life is 200 ms;
// players call long ones floaty (NGO#3112).
const HalfLife = 100 * time.Millisecond

// smoothFor is how long an error lasts: ten half-lives leave a thousandth.
const smoothFor = 10 * HalfLife

// A smoothing is the error that the view still shows, decaying exponentially
// from when it was captured. The zero value shows none.
type smoothing struct {
	errors engine.Offsets
	since  time.Time
}

func (s *smoothing) clear() { s.errors.Clear() }

// capture takes what was shown at now, earlier errors included, as the error
// of the truth. It replaces the earlier ones. Rows beyond a snap distance get
// none.
func (s *smoothing) capture(now time.Time, shown, truth *engine.World, player engine.PlayerID) {
	s.errors.Capture(shown, truth, player)
	s.since = now
}

// apply adds what is left of the error at now to w.
func (s *smoothing) apply(now time.Time, w *engine.World) {
	if s.errors.Empty() {
		return
	}
	elapsed := now.Sub(s.since)
	if elapsed > smoothFor {
		s.errors.Clear()
		return
	}
	s.errors.Apply(w, engine.Frac(left(elapsed)*65535))
}

// left returns 2^(-elapsed/HalfLife) to a few millionths. It is made of square
// roots, which IEEE 754 rounds alike everywhere; math.Exp2 is not.
func left(elapsed time.Duration) float64 {
	x := uint64(max(elapsed, 0)) << 16 / uint64(HalfLife)
	share, root := 1/float64(uint64(1)<<(x>>16)), 1.0/2
	for bit := uint64(1 << 15); bit > 0; bit >>= 1 {
		if root = math.Sqrt(root); x&bit != 0 {
			share *= root
		}
	}
	return share
}
