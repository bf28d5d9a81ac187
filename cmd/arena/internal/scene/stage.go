package scene

import (
	"math"
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// A CueKind is something to be heard.
type CueKind uint8

// The cues.
const (
	CueShot CueKind = iota
	CueRocket
	CueBlast
	CueHit   // one's own bullet met somebody
	CueHurt  // oneself was hit
	CueDeath // somebody died
	CueFrag  // by one's own hand
	CueSpawn
	CuePickup
	NumCues = iota
)

// A Cue is a sound at a place of the map.
type Cue struct {
	Kind CueKind
	X, Y float32
}

// A Tracer is a rifle shot that is still to be seen.
type Tracer struct {
	X, Y, X2, Y2 float32
	Own          bool
	Colour       Colour
	Age          float32 // seconds
}

// TracerLife is how long a shot is seen, in seconds.
const TracerLife = 0.16

// A Ring is a circle that spreads: a blast's front, an arrival.
type Ring struct {
	X, Y, Radius, Width float32
	Colour              Colour
	Age, Life           float32
}

// A Scorch is what an explosion leaves on the floor.
type Scorch struct{ X, Y, Size, Angle, Age float32 }

// Scorches stay this long, and no more than so many.
const (
	ScorchLife  = 14
	maxScorches = 40
)

// A Body is what is remembered of a player between two frames.
type Body struct {
	row       engine.ID
	shots     uint8
	rockets   uint8
	hits      uint8
	hurts     uint8
	health    uint8
	frags     int16
	alive     bool
	Flash     float32 // 1 at a shot, falling to 0: muzzle and recoil
	Noise     float32 // 1 at a shot, falling slowly: heard on the map
	HurtGlow  float32 // 1 when hit, falling
	Hit       float32 // 1 when it hit somebody: the hit marker
	HurtAngle float32 // radians, where from
}

// A Stage turns worlds into things to see and hear. Every frame: Observe what
// View gave, draw, and take the cues.
type Stage struct {
	game     *arena.Game
	last     time.Time
	effects  [arenaEffects]seenEffect
	rockets  [arenaRockets]seenRocket
	pickups  [16]bool
	bodies   [arena.MaxPlayers]Body
	Debris   Particles
	Tracers  []Tracer
	Rings    []Ring
	Scorches []Scorch
	cues     []Cue
	Shake    float64 // trauma of this frame, for the camera
}

// Slots of the tables, with room to spare: ids beyond are not animated.
const (
	arenaEffects = 1024
	arenaRockets = 512
)

// A seenEffect is the last occupant of a slot of the table of effects.
type seenEffect struct {
	id     engine.ID
	tracer int // index+1 in Tracers while it flies
}

type seenRocket struct {
	id   engine.ID
	x, y float32
}

// NewStage returns an empty stage for a game.
func NewStage(g *arena.Game) *Stage { return &Stage{game: g} }

// Body returns what is remembered of a player.
func (s *Stage) Body(p engine.PlayerID) *Body { return &s.bodies[int(p)%len(s.bodies)] }

// TakeCues returns the sounds since the last call, until the next Observe.
func (s *Stage) TakeCues() []Cue {
	cues := s.cues
	s.cues = s.cues[:0]
	return cues
}

// Observe takes in a world to be shown at now, by the eyes of me.
func (s *Stage) Observe(now time.Time, w *engine.World, me engine.PlayerID) {
	dt := min(now.Sub(s.last), 100*time.Millisecond)
	s.last = now
	s.Shake = 0
	s.age(float32(max(dt, 0).Seconds()))
	s.observePlayers(w, me)
	s.observeEffects(w, me)
	s.observeRockets(w)
	s.observePickups(w)
}

// age moves everything on that is already there.
func (s *Stage) age(dt float32) {
	s.Debris.Step(dt)
	for i := range s.Tracers {
		s.Tracers[i].Age += dt
	}
	for len(s.Tracers) > 0 && s.Tracers[0].Age >= TracerLife {
		s.Tracers = s.Tracers[1:]
		for i := range s.effects {
			s.effects[i].tracer = max(0, s.effects[i].tracer-1)
		}
	}
	rings := s.Rings[:0]
	for _, r := range s.Rings {
		if r.Age += dt; r.Age < r.Life {
			rings = append(rings, r)
		}
	}
	s.Rings = rings
	scorches := s.Scorches[:0]
	for _, b := range s.Scorches {
		if b.Age += dt; b.Age < ScorchLife {
			scorches = append(scorches, b)
		}
	}
	s.Scorches = scorches
	for i := range s.bodies {
		b := &s.bodies[i]
		b.Flash = max(0, b.Flash-dt*11)
		b.Noise = max(0, b.Noise-dt*0.8)
		b.HurtGlow = max(0, b.HurtGlow-dt*3)
		b.Hit = max(0, b.Hit-dt*4)
	}
}

// Pixels turns units into pixels.
func Pixels(units int32) float32 { return float32(units) / arena.UnitsPerPixel }

// Radians turns 4096ths of a turn into radians.
func Radians(angle uint16) float32 { return float32(angle) * (tau / arena.Turn) }

// near returns how strongly something at a place is felt at another, 0 to 1.
func near(x, y, atX, atY, reach float32) float64 {
	d := math.Hypot(float64(x-atX), float64(y-atY))
	return max(0, 1-d/float64(reach))
}
