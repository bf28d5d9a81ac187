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
	left := math.Exp2(-float64(max(elapsed, 0)) / float64(HalfLife))
	s.errors.Apply(w, engine.Frac(left*65535))
}
