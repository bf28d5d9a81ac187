package sound

import "math"

// Rate is the number of samples a second.
const Rate = 48000

// A Wave is one noise: mono samples, −1 to 1.
type Wave []float32

// noise is white noise from a xorshift32, so that every start sounds alike.
type noise uint32

func (n *noise) next() float64 {
	x := uint32(*n)
	x ^= x << 13
	x ^= x >> 17
	x ^= x << 5
	*n = noise(x)
	return float64(int32(x)) / (1 << 31)
}

// lowPass is a first-order filter.
type lowPass struct{ state float64 }

func (f *lowPass) next(x, cutoff float64) float64 {
	k := 1 - math.Exp(-2*math.Pi*cutoff/Rate)
	f.state += k * (x - f.state)
	return f.state
}

// render computes a wave of some seconds: at is called for every sample, t
// being its time. The end is faded, so that nothing clicks.
func render(seconds float64, at func(t float64) float64) Wave {
	w := make(Wave, int(seconds*Rate))
	const tail = 0.008 * Rate
	for i := range w {
		left := float64(len(w)-i) / tail
		w[i] = float32(math.Tanh(at(float64(i)/Rate)) * min(1, left))
	}
	return w
}

// decay falls to a half every halfLife seconds.
func decay(t, halfLife float64) float64 { return math.Exp2(-t / halfLife) }

// sweep is a sine whose pitch falls from one frequency towards another with a
// time constant.
func sweep(t, from, to, constant float64) float64 {
	phase := to*t + (from-to)*constant*(1-math.Exp(-t/constant))
	return math.Sin(2 * math.Pi * phase)
}

// Shot is the rifle: a crack and a thump.
func Shot() Wave {
	n, body := noise(1), lowPass{}
	return render(0.16, func(t float64) float64 {
		crack := body.next(n.next(), 5200*decay(t, 0.03)+500) * decay(t, 0.018) * 1.5
		return crack + 0.7*sweep(t, 420, 90, 0.03)*decay(t, 0.03)
	})
}

// Rocket is the launcher: a cough and a hiss.
func Rocket() Wave {
	n, hiss := noise(2), lowPass{}
	return render(0.6, func(t float64) float64 {
		rush := hiss.next(n.next(), 900+2600*math.Min(t*5, 1)) * decay(t, 0.16) * 1.3
		return rush*math.Min(t*40, 1) + 0.8*sweep(t, 190, 50, 0.06)*decay(t, 0.06)
	})
}

// Blast is an explosion.
func Blast() Wave {
	n, low, lower := noise(3), lowPass{}, lowPass{}
	return render(1.3, func(t float64) float64 {
		white := n.next()
		rumble := lower.next(low.next(white, 1800*decay(t, 0.10)+160), 2600) * decay(t, 0.20) * 3.2
		return rumble + 1.1*sweep(t, 130, 32, 0.10)*decay(t, 0.16)
	})
}

// Hit is the tick of a bullet that met somebody: short and high, to be heard
// through everything.
func Hit() Wave {
	return render(0.07, func(t float64) float64 {
		return (0.6*math.Sin(2*math.Pi*1900*t) + 0.4*math.Sin(2*math.Pi*2850*t)) * decay(t, 0.014)
	})
}

// Hurt is being hit: dull.
func Hurt() Wave {
	n, low := noise(4), lowPass{}
	return render(0.18, func(t float64) float64 {
		return low.next(n.next(), 700)*decay(t, 0.03)*2 + 0.7*sweep(t, 240, 110, 0.04)*decay(t, 0.05)
	})
}

// Death is somebody falling apart.
func Death() Wave {
	n, low := noise(5), lowPass{}
	return render(0.7, func(t float64) float64 {
		fizz := low.next(n.next(), 2400*decay(t, 0.15)+200) * decay(t, 0.12)
		return fizz + 0.7*sweep(t, 520, 60, 0.22)*decay(t, 0.18)
	})
}

// Frag is a kill of one's own: two notes up.
func Frag() Wave {
	return render(0.32, func(t float64) float64 {
		f, since := 660.0, t
		if t > 0.09 {
			f, since = 990, t-0.09
		}
		return (0.55*math.Sin(2*math.Pi*f*t) + 0.18*math.Sin(4*math.Pi*f*t)) * decay(since, 0.07)
	})
}

// Spawn is somebody appearing: a chord that swells.
func Spawn() Wave {
	return render(0.5, func(t float64) float64 {
		swell := math.Min(t*9, 1) * decay(t, 0.12)
		return 0.4 * swell * (math.Sin(2*math.Pi*330*t) + math.Sin(2*math.Pi*495*t) + 0.6*math.Sin(2*math.Pi*742*t))
	})
}

// Pickup is a health pack taken: three quick notes.
func Pickup() Wave {
	return render(0.34, func(t float64) float64 {
		step := math.Min(math.Floor(t/0.06), 2)
		f := 523.25 * math.Exp2(step*4/12)
		return 0.5 * math.Sin(2*math.Pi*f*t) * decay(t-step*0.06, 0.06)
	})
}
