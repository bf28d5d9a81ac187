package scene

import (
	"slices"
	"testing"
	"time"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// A set is a world with two players and a stage that has seen it once.
type set struct {
	t     *testing.T
	game  *arena.Game
	world *engine.World
	stage *Stage
	now   time.Time
	cues  []CueKind
}

func newSet(t *testing.T) *set {
	g := arena.New()
	s := &set{t: t, game: g, world: g.Schema.NewWorld(), stage: NewStage(g), now: time.Unix(100, 0)}
	g.Join(s.world, 0, "Ada")
	g.Join(s.world, 1, "Bob")
	for id := range g.Effects.All(s.world) {
		g.Effects.Despawn(s.world, id)
	}
	s.frame()
	return s
}

// frame shows the world after a tick, by the eyes of player 0.
func (s *set) frame() {
	s.now = s.now.Add(time.Second / 60)
	s.world.SetTick(s.world.Tick() + 1)
	s.stage.Observe(s.now, s.world, 0)
	s.cues = s.cues[:0]
	for _, c := range s.stage.TakeCues() {
		s.cues = append(s.cues, c.Kind)
	}
}

func (s *set) player(i int) *arena.Player {
	_, p := s.game.Players.Slot(s.world, i)
	return p
}

func (s *set) heard(kind CueKind) bool { return slices.Contains(s.cues, kind) }

func TestCountersBecomeCues(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(me, other *arena.Player)
		want   CueKind
		heard  bool
	}{
		{"a shot", func(_, other *arena.Player) { other.RifleShots++ }, CueShot, true},
		{"a rocket", func(_, other *arena.Player) { other.RocketShots++ }, CueRocket, true},
		{"own hit", func(me, _ *arena.Player) { me.Hits++ }, CueHit, true},
		{"another's hit", func(_, other *arena.Player) { other.Hits++ }, CueHit, false},
		{"own hurt", func(me, _ *arena.Player) { me.Hurts++; me.Health -= 11 }, CueHurt, true},
		{"another's hurt", func(_, other *arena.Player) { other.Hurts++ }, CueHurt, false},
		{"own frag", func(me, _ *arena.Player) { me.Frags++ }, CueFrag, true},
		{"a new round", func(me, _ *arena.Player) { me.Frags -= 5 }, CueFrag, false},
	} {
		s := newSet(t)
		test.change(s.player(0), s.player(1))
		s.frame()
		if got := s.heard(test.want); got != test.heard {
			t.Errorf("%s: heard %v, want %v", test.name, got, test.heard)
		}
		s.frame()
		if s.heard(test.want) {
			t.Errorf("%s is heard twice", test.name)
		}
	}
}

func TestFlashFades(t *testing.T) {
	s := newSet(t)
	s.player(0).RifleShots++
	s.frame()
	if got := s.stage.Body(0).Flash; got != 1 {
		t.Errorf("the flash is %v at the shot, want 1", got)
	}
	for range 30 {
		s.frame()
	}
	if got := s.stage.Body(0).Flash; got != 0 {
		t.Errorf("the flash is %v after half a second, want 0", got)
	}
}

// An effect is begun once, when its row is first seen, and a tracer's end may
// still be corrected.
func TestTracer(t *testing.T) {
	s := newSet(t)
	id, e := s.game.Effects.SpawnAt(s.world, 0)
	*e = arena.Effect{Owner: 0, Kind: arena.EffectTracer, Born: uint8(s.world.Tick() + 1), X2: 1600}
	s.frame()
	s.frame()
	if len(s.stage.Tracers) != 1 {
		t.Fatalf("%d tracers, want 1", len(s.stage.Tracers))
	}
	s.game.Effects.At(s.world, id).X2 = 3200
	s.frame()
	if got := s.stage.Tracers[0].X2; got != 200 {
		t.Errorf("it ends at %v after the correction, want 200", got)
	}
	for range 20 {
		s.frame()
	}
	if len(s.stage.Tracers) != 0 {
		t.Error("it never ends")
	}
}

func TestOldEffectsAreNotBegun(t *testing.T) {
	s := newSet(t)
	_, e := s.game.Effects.SpawnAt(s.world, 5)
	*e = arena.Effect{Kind: arena.EffectBlast, Born: uint8(s.world.Tick()) - 40}
	s.frame()
	if s.heard(CueBlast) {
		t.Error("an explosion of long ago is heard")
	}
}

func TestEveryEffectShows(t *testing.T) {
	for _, kind := range []arena.EffectKind{
		arena.EffectTracer, arena.EffectHit, arena.EffectBlast, arena.EffectSpawn, arena.EffectDeath,
	} {
		s := newSet(t)
		_, e := s.game.Effects.SpawnAt(s.world, 3)
		*e = arena.Effect{Owner: 9, Kind: kind, Born: uint8(s.world.Tick()), X: 3200, Y: 3200, X2: 3300, Y2: 3200}
		s.frame()
		if len(s.stage.Debris.Live()) == 0 {
			t.Errorf("kind %d shows nothing", kind)
		}
	}
}

func TestRocketLeavesSmoke(t *testing.T) {
	s := newSet(t)
	id, k := s.game.Rockets.SpawnAt(s.world, 2)
	k.X, k.Y = 3200, 3200
	s.frame()
	s.game.Rockets.At(s.world, id).X += 600
	s.frame()
	if len(s.stage.Debris.Live()) == 0 {
		t.Error("no smoke")
	}
}

func TestPickupIsHeard(t *testing.T) {
	s := newSet(t)
	_, k := s.game.Pickups.Slot(s.world, 0)
	k.Ready = false
	s.frame()
	if !s.heard(CuePickup) {
		t.Error("nothing is heard")
	}
}

func TestShakeAt(t *testing.T) {
	blast := []Cue{{CueBlast, 100, 100}, {CueShot, 100, 100}}
	if here, there := ShakeAt(blast, 100, 100), ShakeAt(blast, 300, 100); here <= there || there <= 0 {
		t.Errorf("shakes %v at the blast and %v beside it", here, there)
	}
	if far := ShakeAt(blast, 2000, 2000); far != 0 {
		t.Errorf("shakes %v far off, want 0", far)
	}
}
