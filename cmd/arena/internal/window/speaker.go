package window

import (
	"math"

	"github.com/ebitengine/oto/v3"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/arena/internal/sound"
)

// volume is quiet: nobody wants to be startled by a window that opens.
const volume = 0.45

// A speaker plays cues. Without a sound card it is silent; sound is never a
// reason to stop a game, which is why it does not use ebiten's audio package:
// there, a failing card ends the program.
type speaker struct {
	mixer  *sound.Mixer
	player *oto.Player // kept, or it would be collected
	waves  [scene.NumCues]sound.Wave
	muted  bool
	opened bool
	turn   int
}

// newSpeaker computes the waves, and opens the sound card unless it is to stay
// silent.
func newSpeaker(muted bool) *speaker {
	s := &speaker{mixer: sound.NewMixer(volume), muted: muted}
	s.waves = [scene.NumCues]sound.Wave{
		scene.CueShot: sound.Shot(), scene.CueRocket: sound.Rocket(), scene.CueBlast: sound.Blast(),
		scene.CueHit: sound.Hit(), scene.CueHurt: sound.Hurt(), scene.CueDeath: sound.Death(),
		scene.CueFrag: sound.Frag(), scene.CueSpawn: sound.Spawn(), scene.CuePickup: sound.Pickup(),
	}
	s.apply()
	return s
}

// open opens the sound card, once.
func (s *speaker) open() {
	if s.opened || !hasSoundCard() {
		return
	}
	s.opened = true
	context, ready, err := oto.NewContext(&oto.NewContextOptions{
		SampleRate: sound.Rate, ChannelCount: 2, Format: oto.FormatFloat32LE,
	})
	if err != nil {
		return
	}
	go func() {
		<-ready
		if context.Err() == nil {
			s.player = context.NewPlayer(s.mixer)
			s.player.SetBufferSize(sound.Rate / 30 * 8) // 33 ms
			s.player.Play()
		}
	}()
}

// toggle turns the sound off and on.
func (s *speaker) toggle() {
	s.muted = !s.muted
	s.apply()
}

func (s *speaker) apply() {
	if s.muted {
		s.mixer.SetVolume(0)
		return
	}
	s.mixer.SetVolume(volume)
	s.open()
}

// How loud each cue is, and how far it is heard, in pixels; zero for
// everywhere.
var cueLevels = [scene.NumCues]struct{ loudness, reach float32 }{
	scene.CueShot:   {0.30, 900},
	scene.CueRocket: {0.45, 1000},
	scene.CueBlast:  {0.80, 1300},
	scene.CueHit:    {0.35, 0},
	scene.CueHurt:   {0.45, 0},
	scene.CueDeath:  {0.50, 900},
	scene.CueFrag:   {0.40, 0},
	scene.CueSpawn:  {0.30, 700},
	scene.CuePickup: {0.40, 600},
}

// play sounds the cues of a frame, as heard at a place of the map.
func (s *speaker) play(cues []scene.Cue, x, y float32) {
	for _, c := range cues {
		level := cueLevels[c.Kind]
		loudness, pan := level.loudness, float32(0)
		if level.reach > 0 {
			d := float32(math.Hypot(float64(c.X-x), float64(c.Y-y)))
			near := max(0, 1-d/level.reach)
			loudness *= near * near
			pan = (c.X - x) / level.reach
		}
		s.turn++
		s.mixer.Play(s.waves[c.Kind], loudness, pan, 1+0.06*float64(s.turn%5-2)/2)
	}
}
