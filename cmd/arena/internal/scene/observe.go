package scene

import (
	"math"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// observePlayers finds what changed in the counters of the players' rows.
func (s *Stage) observePlayers(w *engine.World, me engine.PlayerID) {
	var there [arena.MaxPlayers]bool
	for id, p := range s.game.Players.All(w) {
		slot := id.Slot()
		there[slot] = true
		b := &s.bodies[slot]
		if b.row != id {
			*b = Body{row: id}
			b.remember(p)
			continue
		}
		x, y := Pixels(p.X), Pixels(p.Y)
		if p.RifleShots != b.shots {
			b.Flash, b.Noise = 1, 1
			s.cue(CueShot, x, y)
		}
		if p.RocketShots != b.rockets {
			b.Flash, b.Noise = 1, 1
			s.cue(CueRocket, x, y)
		}
		own := engine.PlayerID(slot) == me
		if p.Hurts != b.hurts {
			b.HurtGlow = 1
			b.HurtAngle = float32(p.HurtFrom) * (tau / 256)
			if own {
				s.Shake += 0.12 + float64(b.health-min(p.Health, b.health))/160
				s.cue(CueHurt, x, y)
			}
		}
		if own && p.Hits != b.hits {
			b.Hit = 1
			s.cue(CueHit, x, y)
		}
		if own && p.Frags > b.frags {
			s.cue(CueFrag, x, y)
		}
		b.remember(p)
	}
	for i := range s.bodies {
		if !there[i] {
			s.bodies[i] = Body{}
		}
	}
}

func (b *Body) remember(p *arena.Player) {
	b.shots, b.rockets, b.hits, b.hurts = p.RifleShots, p.RocketShots, p.Hits, p.Hurts
	b.health, b.frags, b.alive = p.Health, p.Frags, p.Alive
}

func (s *Stage) cue(kind CueKind, x, y float32) {
	s.cues = append(s.cues, Cue{kind, x, y})
}

// stale is the age in ticks from which on an effect seen for the first time
// is not worth starting: somebody joined, or the window was asleep.
const stale = 15

// observeEffects starts an animation for every row that was not there before.
func (s *Stage) observeEffects(w *engine.World, me engine.PlayerID) {
	for id, e := range s.game.Effects.All(w) {
		if id.Slot() >= len(s.effects) {
			continue
		}
		seen := &s.effects[id.Slot()]
		if seen.id == id {
			s.correct(seen, e)
			continue
		}
		*seen = seenEffect{id: id}
		if age := int8(uint8(w.Tick()) - e.Born); age >= stale {
			continue
		}
		s.begin(w, seen, e, e.Owner == me)
	}
}

// correct moves the end of a tracer that was predicted otherwise.
func (s *Stage) correct(seen *seenEffect, e *arena.Effect) {
	if seen.tracer == 0 {
		return
	}
	t := &s.Tracers[seen.tracer-1]
	t.X2, t.Y2 = Pixels(e.X2), Pixels(e.Y2)
}

// begin starts an effect's animation.
func (s *Stage) begin(w *engine.World, seen *seenEffect, e *arena.Effect, own bool) {
	x, y, x2, y2 := Pixels(e.X), Pixels(e.Y), Pixels(e.X2), Pixels(e.Y2)
	colour := s.colourOf(w, e.Owner)
	back := float32(math.Atan2(float64(y-y2), float64(x-x2)))
	switch e.Kind {
	case arena.EffectTracer, arena.EffectHit:
		s.Tracers = append(s.Tracers, Tracer{X: x, Y: y, X2: x2, Y2: y2, Own: own, Colour: colour})
		seen.tracer = len(s.Tracers)
		if e.Kind == arena.EffectHit {
			s.Debris.Blood(x2, y2, back, Danger)
		} else {
			s.Debris.Sparks(x2, y2, back, Ember, 6)
		}
	case arena.EffectBlast:
		s.blast(x, y)
	case arena.EffectSpawn:
		s.Debris.Arrival(x, y, colour)
		s.Rings = append(s.Rings, Ring{X: x, Y: y, Radius: 46, Width: 3, Colour: colour, Life: 0.5})
		s.cue(CueSpawn, x, y)
	case arena.EffectDeath:
		s.Debris.Death(x, y, (x2-x)*1.5, (y2-y)*1.5, colour)
		s.Rings = append(s.Rings, Ring{X: x, Y: y, Radius: 58, Width: 4, Colour: colour, Life: 0.4})
		s.cue(CueDeath, x, y)
	}
}

// blast is an explosion, which shakes whoever is near.
func (s *Stage) blast(x, y float32) {
	s.Debris.Explosion(x, y)
	s.Rings = append(s.Rings, Ring{X: x, Y: y, Radius: 92, Width: 9, Colour: Ember, Life: 0.34})
	if len(s.Scorches) >= maxScorches {
		s.Scorches = s.Scorches[1:]
	}
	s.Scorches = append(s.Scorches, Scorch{
		X: x, Y: y, Size: s.Debris.chance.between(34, 48), Angle: s.Debris.chance.between(0, tau),
	})
	s.cue(CueBlast, x, y)
}

// colourOf returns the colour of a player, or grey when he has left.
func (s *Stage) colourOf(w *engine.World, p engine.PlayerID) Colour {
	_, row := s.game.Players.Slot(w, int(p))
	if row == nil {
		return SmokeGrey
	}
	return PlayerColour(row.Colour)
}

// observeRockets leaves smoke behind rockets.
func (s *Stage) observeRockets(w *engine.World) {
	for id, k := range s.game.Rockets.All(w) {
		if id.Slot() >= len(s.rockets) {
			continue
		}
		x, y := Pixels(k.X), Pixels(k.Y)
		seen := &s.rockets[id.Slot()]
		if seen.id != id {
			*seen = seenRocket{id, x, y}
			continue
		}
		s.Debris.Trail(seen.x, seen.y, x, y)
		seen.x, seen.y = x, y
	}
}

// observePickups notices health packs that were taken.
func (s *Stage) observePickups(w *engine.World) {
	for id, k := range s.game.Pickups.All(w) {
		if id.Slot() >= len(s.pickups) {
			continue
		}
		x, y := Pixels(k.X), Pixels(k.Y)
		if s.pickups[id.Slot()] && !k.Ready {
			s.Rings = append(s.Rings, Ring{X: x, Y: y, Radius: 40, Width: 4, Colour: Good, Life: 0.45})
			s.cue(CuePickup, x, y)
		}
		s.pickups[id.Slot()] = k.Ready
	}
}

// ShakeAt adds what the blasts of this frame do to a camera at a place.
func ShakeAt(cues []Cue, x, y float32) (trauma float64) {
	for _, c := range cues {
		if c.Kind == CueBlast {
			trauma += 0.75 * near(c.X, c.Y, x, y, 420)
		}
	}
	return trauma
}
