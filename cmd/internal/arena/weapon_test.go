package arena

import (
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

// hall is a long open place of the map: row 25, from column 22 east.
func hall(x int) Point { return TileCentre(x, 25) }

func TestRifle(t *testing.T) {
	s := newStage(t)
	p, q := s.put(0, hall(24)), s.put(1, hall(34))
	s.in.Set(0, Input{Fire: true})
	s.step()
	if q.Health != MaxHealth-rifleDamage || p.Hits != 1 || q.Hurts != 1 {
		t.Errorf("health %d, hits %d, hurts %d after one shot", q.Health, p.Hits, q.Hurts)
	}
	if from := q.HurtFrom; from != 128 {
		t.Errorf("HurtFrom = %d, want 128: from the left", from)
	}
	_, e := s.Effects.Slot(s.w, tracerBase)
	if e == nil || e.Kind != EffectHit || e.X2 != q.X-PlayerRadius || e.Y2 != q.Y || e.X != p.X+muzzle {
		t.Errorf("tracer = %+v, want from the muzzle to the edge of the circle", e)
	}
	for range 2*rifleReload - 1 {
		s.step()
	}
	if p.RifleShots != 2 {
		t.Errorf("%d shots in 16 ticks, want 2", p.RifleShots)
	}
	s.step()
	if want := uint8(MaxHealth - 3*rifleDamage); q.Health != want || p.RifleShots != 3 {
		t.Errorf("health %d after %d shots in 17 ticks, want %d after 3", q.Health, p.RifleShots, want)
	}
}

func TestWallsStopBullets(t *testing.T) {
	s := newStage(t)
	// Tiles 14,1 to 14,3 are the wall of the north-western room.
	p, q := s.put(0, TileCentre(11, 2)), s.put(1, TileCentre(17, 2))
	s.in.Set(0, Input{Fire: true})
	s.step()
	_, e := s.Effects.Slot(s.w, tracerBase)
	if q.Health != MaxHealth || e.Kind != EffectTracer || e.X2 != 14*TileUnits {
		t.Errorf("health %d, tracer %+v, want it to end at the wall", q.Health, e)
	}
	if p.Hits != 0 {
		t.Errorf("Hits = %d, want 0", p.Hits)
	}
}

// The nearest of two is hit, and a bullet stops in him.
func TestBulletStopsInTheFirst(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	far, near := s.put(1, hall(34)), s.put(2, hall(30))
	s.in.Set(0, Input{Fire: true})
	s.step()
	if near.Health == MaxHealth || far.Health != MaxHealth {
		t.Errorf("health of the near %d, of the far %d", near.Health, far.Health)
	}
}

// What a shooter saw decides, not where the target is by now.
func TestLagCompensation(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	q := s.put(1, hall(34))
	from, to := s.Schema.NewWorld(), s.Schema.NewWorld()
	from.CopyFrom(s.w)
	to.CopyFrom(s.w)
	_, then := s.Players.Slot(to, 1)
	then.Y += 400 // half way up, 200, is outside his circle; a quarter is not
	q.Y += 4 * TileUnits
	for _, test := range []struct {
		frac engine.Frac
		hit  bool
	}{{0, true}, {1 << 14, true}, {1 << 15, false}} {
		q.Health = MaxHealth
		s.row(0).RifleWait = 0
		s.in.SetSeen(func(engine.PlayerID) (*engine.World, *engine.World, engine.Frac) { return from, to, test.frac })
		s.in.Set(0, Input{Fire: true})
		s.step()
		if hit := q.Health < MaxHealth; hit != test.hit {
			t.Errorf("at fraction %d hit = %v, want %v", test.frac, hit, test.hit)
		}
	}
	// Without a record the present counts, and there he is not.
	q.Health, s.row(0).RifleWait = MaxHealth, 0
	s.in.SetSeen(nil)
	s.step()
	if q.Health != MaxHealth {
		t.Error("hit where nobody is and nobody was seen")
	}
}

// Nobody is shot who was not there yet, or was dead, in the shooter's eyes.
func TestLagCompensationOfTheUnseen(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	before := s.Schema.NewWorld()
	before.CopyFrom(s.w)
	q := s.put(1, hall(34))
	dead := s.Schema.NewWorld()
	dead.CopyFrom(s.w)
	_, row := s.Players.Slot(dead, 1)
	row.Alive = false
	for name, past := range map[string]*engine.World{"absent": before, "dead": dead} {
		s.row(0).RifleWait = 0
		s.in.SetSeen(func(engine.PlayerID) (*engine.World, *engine.World, engine.Frac) { return past, past, 0 })
		s.in.Set(0, Input{Fire: true})
		s.step()
		if q.Health != MaxHealth {
			t.Errorf("%s: hit", name)
		}
	}
}

func TestPlayersCanKillEachOther(t *testing.T) {
	s := newStage(t)
	p, q := s.put(0, hall(24)), s.put(1, hall(34))
	p.Health, q.Health = 1, 1
	s.in.Set(0, Input{Fire: true})
	s.in.Set(1, Input{Fire: true, Aim: HalfTurn})
	s.step()
	if p.Alive || q.Alive || p.Frags != 1 || q.Frags != 1 {
		t.Errorf("alive %v and %v, frags %d and %d, want both dead with a frag", p.Alive, q.Alive, p.Frags, q.Frags)
	}
}

func TestShieldProtectsUntilTheFirstShot(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	q := s.put(1, hall(34))
	q.Shield = shieldTicks
	s.in.Set(0, Input{Fire: true})
	s.step()
	if q.Health != MaxHealth {
		t.Error("hurt through the shield")
	}
	s.in.Set(1, Input{Fire: true, Aim: QuarterTurn})
	s.step()
	if q.Shield != 0 {
		t.Errorf("Shield = %d after firing, want 0", q.Shield)
	}
}

func TestRocketHitsAndSplashes(t *testing.T) {
	s := newStage(t)
	p, q := s.put(0, hall(24)), s.put(1, hall(34))
	by := s.put(2, Point{hall(34).X, hall(34).Y + 3*PlayerRadius})
	s.in.Set(0, Input{Alt: true})
	s.step()
	s.in.Clear()
	if _, k := s.Rockets.Slot(s.w, 0); k == nil || k.Owner != 0 {
		t.Fatal("no rocket in the first slot of its owner")
	}
	ticks := 1
	for ; s.Rockets.Len(s.w) > 0; ticks++ {
		s.step()
	}
	want := (10*TileUnits-muzzle-PlayerRadius-rocketRadius)/rocketSpeed + 1
	if ticks != want {
		t.Errorf("flew for %d ticks, want %d", ticks, want)
	}
	if q.Health != MaxHealth-blastDamage {
		t.Errorf("health %d after a direct hit, want %d", q.Health, MaxHealth-blastDamage)
	}
	if by.Health <= q.Health || by.Health == MaxHealth {
		t.Errorf("health of the bystander %d, want between %d and %d", by.Health, q.Health, MaxHealth)
	}
	if p.Health != MaxHealth || p.Hits != 2 || p.Blasts != 1 {
		t.Errorf("shooter: health %d, hits %d, blasts %d", p.Health, p.Hits, p.Blasts)
	}
	if q.VX <= 0 || by.VY <= 0 {
		t.Errorf("knocked to VX %d and VY %d, want away from the blast", q.VX, by.VY)
	}
}

// Damage falls off with distance and does not go through walls.
func TestBlastForce(t *testing.T) {
	s := newStage(t)
	p := s.put(0, hall(30))
	last := int32(oneForce + 1)
	for gap := int32(0); gap < blastRadius; gap += blastRadius / 8 {
		force := s.blastForce(Point{p.X - PlayerRadius - gap, p.Y}, p)
		if force >= last || force <= 0 {
			t.Errorf("force %d at %d units, %d nearer", force, gap, last)
		}
		last = force
	}
	if got := s.blastForce(Point{p.X - PlayerRadius - blastRadius, p.Y}, p); got != 0 {
		t.Errorf("force %d at the rim, want 0", got)
	}
	p.X, p.Y = 15*TileUnits+PlayerRadius, 2*TileUnits // just east of the wall at column 14
	if got := s.blastForce(Point{14*TileUnits - 1, p.Y}, p); got != 0 {
		t.Errorf("force %d through a wall, want 0", got)
	}
}

func TestOwnRocketHurtsHalf(t *testing.T) {
	s := newStage(t)
	p := s.put(0, Point{15*TileUnits + PlayerRadius, TileCentre(0, 2).Y}) // face to the wall
	s.in.Set(0, Input{Alt: true, Aim: HalfTurn})
	s.step()
	if s.Rockets.Len(s.w) != 0 {
		t.Fatal("the rocket did not explode at the wall")
	}
	if lost := MaxHealth - p.Health; lost < blastDamage/2-4 || lost > blastDamage/2 {
		t.Errorf("lost %d, want nearly %d", lost, blastDamage/2)
	}
	if p.VX <= walkSpeed {
		t.Errorf("VX = %d, want a rocket jump", p.VX)
	}
}

func TestEffectsEndInTime(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	s.idle(bodyLife)
	s.in.Set(0, Input{Fire: true})
	s.step()
	s.idle(tracerLife - 1)
	if n := s.Effects.Len(s.w); n != 1 {
		t.Errorf("%d effects before the end, want 1", n)
	}
	s.idle(1)
	if n := s.Effects.Len(s.w); n != 0 {
		t.Errorf("%d effects after the end, want 0", n)
	}
}

// The rings of slots are long enough that nothing is replaced before its end.
func TestRingsHoldWhatLives(t *testing.T) {
	if tracersPerPlayer*rifleReload < tracerLife {
		t.Error("a tracer is replaced before its end")
	}
	if rocketsPerPlayer*rocketReload < rocketLife {
		t.Error("a rocket is replaced in flight")
	}
	if rocketLife > 255 || bodyLife > 255 {
		t.Error("a lifetime does not fit the low byte of the tick")
	}
}

// What renderers compute agrees with what the rules do.
func TestHelpersForRenderers(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(32))
	for angle := uint16(0); angle < Turn; angle += 100 {
		dx, dy := RocketVelocity(angle)
		r, _ := s.Map.newRay(16384, 12288, angle, rocketSpeed)
		at := r.at(rocketSpeed)
		if abs(at.X-16384-dx) > 1 || abs(at.Y-12288-dy) > 1 {
			t.Errorf("a rocket at %d flies %d,%d, not %d,%d", angle, at.X-16384, at.Y-12288, dx, dy)
		}
		if off := turnBetween(angle, AngleTo(Direction(angle))); abs(off) > 2 {
			t.Errorf("AngleTo(Direction(%d)) is %d off", angle, off)
		}
	}
}

// Two weapons are not twice the fire: the one not used is held back.
func TestWeaponsTakeTurns(t *testing.T) {
	s := newStage(t)
	p := s.put(0, hall(30))
	s.in.Set(0, Input{Fire: true, Alt: true})
	s.step()
	if p.RocketShots != 1 || p.RifleShots != 0 || p.RifleWait != swapDelay || p.RocketWait != rocketReload {
		t.Errorf("after both triggers: %+v", p)
	}
	s.idle(rocketReload)
	s.in.Set(0, Input{Fire: true})
	s.step()
	if p.RocketWait != swapDelay || p.RifleWait != rifleReload {
		t.Errorf("after the rifle: rocket in %d, rifle in %d", p.RocketWait, p.RifleWait)
	}
	s.idle(1)
	s.in.Set(0, Input{Alt: true, Aim: 100})
	for range swapDelay {
		s.step()
	}
	if _, k := s.Rockets.Slot(s.w, 1); k == nil || p.RocketShots != 2 {
		t.Errorf("%d rockets launched, in slot 1: %+v, want the second", p.RocketShots, k)
	}
}

func TestRocketEndsInTheAir(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	s.in.Set(0, Input{Alt: true})
	s.step()
	s.in.Clear()
	_, k := s.Rockets.Slot(s.w, 0)
	k.Born -= rocketLife - 2
	s.step()
	if s.Rockets.Len(s.w) != 1 {
		t.Fatal("it exploded a tick early")
	}
	s.step()
	if _, e := s.Effects.Slot(s.w, blastBase); s.Rockets.Len(s.w) != 0 || e == nil || e.Kind != EffectBlast {
		t.Errorf("%d rockets, effect %+v at the end of its life", s.Rockets.Len(s.w), e)
	}
}
