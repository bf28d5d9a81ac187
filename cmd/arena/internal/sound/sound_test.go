package sound

import (
	"encoding/binary"
	"math"
	"testing"
)

func TestWaves(t *testing.T) {
	for name, make := range map[string]func() Wave{
		"shot": Shot, "rocket": Rocket, "blast": Blast, "hit": Hit, "hurt": Hurt,
		"death": Death, "frag": Frag, "spawn": Spawn, "pickup": Pickup,
	} {
		w := make()
		peak := float32(0)
		for i, x := range w {
			if x != x || x < -1 || x > 1 {
				t.Fatalf("%s: sample %d is %v", name, i, x)
			}
			peak = max(peak, x, -x)
		}
		if peak < 0.2 || len(w) < Rate/20 || len(w) > 2*Rate {
			t.Errorf("%s: %d samples with a peak of %v", name, len(w), peak)
		}
		if end := w[len(w)-1]; max(end, -end) > 0.01 {
			t.Errorf("%s ends with a click, %v", name, end)
		}
		again := make()
		for i := range w {
			if w[i] != again[i] {
				t.Fatalf("%s: sample %d differs the second time", name, i)
			}
		}
	}
}

// read returns n samples of both sides.
func read(t *testing.T, m *Mixer, n int) (left, right []float32) {
	t.Helper()
	p := make([]byte, n*frameBytes+3)
	if got, err := m.Read(p); got != n*frameBytes || err != nil {
		t.Fatalf("Read = %d, %v, want %d", got, err, n*frameBytes)
	}
	for i := range n {
		left = append(left, math.Float32frombits(binary.LittleEndian.Uint32(p[i*frameBytes:])))
		right = append(right, math.Float32frombits(binary.LittleEndian.Uint32(p[i*frameBytes+4:])))
	}
	return left, right
}

func TestMixer(t *testing.T) {
	m := NewMixer(1)
	if l, r := read(t, m, 4); l[0] != 0 || r[3] != 0 {
		t.Error("not silent at the start")
	}
	m.Play(Wave{1, 1, 1}, 0.5, -1, 1)
	l, r := read(t, m, 5)
	if l[0] <= 0 || l[2] <= 0 || l[3] != 0 || math.Abs(float64(r[0])) > 1e-6 {
		t.Errorf("left %v, right %v, want three samples on the left", l, r)
	}
	if len(m.voices) != 0 {
		t.Error("the voice is kept after its end")
	}
	m.SetVolume(0)
	m.Play(Wave{1}, 1, 0, 1)
	if l, _ := read(t, m, 1); l[0] != 0 {
		t.Error("not silent at volume 0")
	}
}

func TestManyVoicesStayInRange(t *testing.T) {
	m := NewMixer(1)
	for range 3 * maxVoices {
		m.Play(Wave{1, -1, 1, -1}, 1, 0, 0.5)
	}
	if len(m.voices) != maxVoices {
		t.Errorf("%d voices, want %d", len(m.voices), maxVoices)
	}
	l, r := read(t, m, 8)
	for i := range l {
		if l[i] < -1 || l[i] > 1 || r[i] < -1 || r[i] > 1 {
			t.Errorf("sample %d is %v, %v", i, l[i], r[i])
		}
	}
}
