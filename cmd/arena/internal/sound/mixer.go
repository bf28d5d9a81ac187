package sound

import (
	"encoding/binary"
	"math"
	"sync"
)

// maxVoices sound at once; the oldest makes room for the newest.
const maxVoices = 24

// A Mixer adds waves up. It is an endless io.Reader of stereo samples, 32-bit
// floats in little-endian order. It is safe for concurrent use: the sound
// card reads on a thread of its own.
type Mixer struct {
	mu     sync.Mutex
	voices []voice
	volume float32
}

// A voice is a wave under way.
type voice struct {
	wave        Wave
	at          float64 // next sample
	pitch       float64 // samples to a sample
	left, right float32
}

// NewMixer returns a silent mixer with a volume of 0 to 1.
func NewMixer(volume float32) *Mixer { return &Mixer{volume: volume} }

// SetVolume changes the volume, 0 to 1.
func (m *Mixer) SetVolume(volume float32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.volume = volume
}

// Play begins a wave with a loudness of 0 to 1, from the left (−1) to the
// right (1), at a pitch of which 1 is as computed.
func (m *Mixer) Play(w Wave, loudness, pan float32, pitch float64) {
	if loudness <= 0 || len(w) == 0 || pitch <= 0 {
		return
	}
	// Equal power: the two sides' squares add up to one.
	angle := float64(min(max(pan, -1), 1)+1) * math.Pi / 4
	v := voice{
		wave: w, pitch: pitch,
		left: loudness * float32(math.Cos(angle)), right: loudness * float32(math.Sin(angle)),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.voices) == maxVoices {
		m.voices = append(m.voices[:0], m.voices[1:]...)
	}
	m.voices = append(m.voices, v)
}

// frameBytes is the size of a sample of both sides.
const frameBytes = 8

// Read fills p with what sounds next, silence included. It never fails.
func (m *Mixer) Read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(p) / frameBytes * frameBytes
	for i := 0; i < n; i += frameBytes {
		left, right := m.next()
		binary.LittleEndian.PutUint32(p[i:], math.Float32bits(left))
		binary.LittleEndian.PutUint32(p[i+4:], math.Float32bits(right))
	}
	m.drop()
	return n, nil
}

// next mixes one sample of both sides. Loud sums are bent rather than cut.
func (m *Mixer) next() (left, right float32) {
	for i := range m.voices {
		v := &m.voices[i]
		at := int(v.at)
		if at >= len(v.wave) {
			continue
		}
		left += v.wave[at] * v.left
		right += v.wave[at] * v.right
		v.at += v.pitch
	}
	return bend(left * m.volume), bend(right * m.volume)
}

// bend keeps a sample within −1 and 1.
func bend(x float32) float32 { return x / (1 + max(x, -x)) }

// drop removes the voices that have ended.
func (m *Mixer) drop() {
	kept := m.voices[:0]
	for _, v := range m.voices {
		if int(v.at) < len(v.wave) {
			kept = append(kept, v)
		}
	}
	m.voices = kept
}
