package arena

import (
	"slices"
	"testing"

	"github.com/reckon-engine/reckon/engine"
)

func TestDeathAndRespawn(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	q := s.put(1, hall(34))
	q.Health = 1
	var told []Kill
	s.OnKill = func(_ *engine.World, k Kill) { told = append(told, k) }
	s.in.Set(0, Input{Fire: true})
	s.step()
	s.in.Clear()
	if q.Alive || q.Deaths != 1 || s.row(0).Frags != 1 || s.row(0).Streak != 1 {
		t.Fatalf("after the shot: %+v", q)
	}
	_, k := s.Kills.Slot(s.w, 0)
	want := Kill{Killer: 0, Victim: 1, Weapon: WeaponRifle, Born: s.w.Tick()}
	if k == nil || *k != want || !slices.Equal(told, []Kill{want}) {
		t.Errorf("kill feed %+v, told %+v, want %+v", k, told, want)
	}
	s.in.Set(1, Input{MoveX: 1, Fire: true})
	for range respawnTicks - 1 {
		s.step()
	}
	if q.Alive || q.RifleShots != 0 {
		t.Error("the dead walk or shoot")
	}
	s.step()
	if !q.Alive || q.Health != MaxHealth || q.Shield != shieldTicks {
		t.Errorf("after %d ticks: %+v", respawnTicks, q)
	}
	for _, at := range s.Map.Spawns() {
		p := s.row(0)
		if distance2(at.X-p.X, at.Y-p.Y) > distance2(q.X-p.X, q.Y-p.Y) {
			t.Fatalf("appeared at %d,%d, but %v is farther from the enemy", q.X, q.Y, at)
		}
	}
	s.idle(killLife - respawnTicks - 1)
	if s.Kills.Len(s.w) != 1 {
		t.Error("the kill feed loses lines early")
	}
	s.idle(1)
	if s.Kills.Len(s.w) != 0 {
		t.Error("the kill feed keeps old lines")
	}
	q.Health, q.Shield, q.X, q.Y, s.row(0).Shield = 1, 0, hall(34).X, hall(34).Y, 0
	s.in.Set(0, Input{Fire: true})
	s.step()
	if _, k := s.Kills.Slot(s.w, 1); k == nil || s.row(0).Frags != 2 {
		t.Error("the second kill is not in the second slot")
	}
}

func TestSuicideCostsAFrag(t *testing.T) {
	s := newStage(t)
	p := s.put(0, Point{15*TileUnits + PlayerRadius, TileCentre(0, 2).Y})
	p.Health = 5
	s.in.Set(0, Input{Alt: true, Aim: HalfTurn})
	s.step()
	if p.Alive || p.Frags != -1 || p.Deaths != 1 {
		t.Errorf("after a suicide: alive %v, %d frags, %d deaths", p.Alive, p.Frags, p.Deaths)
	}
}

// Whoever left in the meantime gets no frag, and nothing breaks.
func TestRocketOfOneWhoLeft(t *testing.T) {
	s := newStage(t)
	s.put(0, hall(24))
	s.put(1, hall(34))
	s.in.Set(0, Input{Alt: true})
	s.step()
	s.in.Clear()
	s.Leave(s.w, 0)
	s.idle(60)
	if s.Players.Len(s.w) != 1 || s.Rockets.Len(s.w) != 0 {
		t.Errorf("%d players, %d rockets, want 1 and 0", s.Players.Len(s.w), s.Rockets.Len(s.w))
	}
}

func TestHealthPack(t *testing.T) {
	s := newStage(t)
	at := s.Map.Packs()[0]
	p := s.put(0, at)
	s.idle(1)
	_, k := s.Pickups.Slot(s.w, 0)
	if !k.Ready {
		t.Fatal("taken by one in full health")
	}
	p.Health = 30
	s.idle(1)
	if p.Health != 30+packHealth || k.Ready {
		t.Errorf("health %d, ready %v", p.Health, k.Ready)
	}
	p.Health = 90
	s.idle(packTicks - 1)
	if p.Health != 90 || k.Ready {
		t.Errorf("health %d, ready %v before it is back", p.Health, k.Ready)
	}
	s.idle(2)
	if p.Health != MaxHealth {
		t.Errorf("health %d after it was back, want %d", p.Health, MaxHealth)
	}
}

func TestRound(t *testing.T) {
	s := newStage(t)
	s.RoundTicks = 100
	p, q := s.put(0, hall(24)), s.put(1, hall(34))
	q.Health = 1
	s.in.Set(0, Input{Fire: true})
	for s.step(); s.w.Tick() < 100; s.step() {
	}
	_, m := s.Match.Slot(s.w, 0)
	if m.Phase != PhaseFrozen || m.Winner != 0 || m.Round != 1 {
		t.Fatalf("at the end of the round: %+v", m)
	}
	s.in.Set(0, Input{MoveX: 1, Fire: true, Alt: true})
	for range freezeTicks - 1 {
		s.step()
	}
	if p.Frags != 1 || p.VX != 0 || p.X != hall(24).X || s.Effects.Len(s.w) != 0 {
		t.Errorf("while frozen: %+v", p)
	}
	if left := s.TicksLeft(s.w); left != 1 {
		t.Errorf("%d ticks left, want 1", left)
	}
	s.in.Clear()
	s.step()
	if m.Phase != PhasePlay || m.Round != 2 || m.Winner != 0 || p.Frags != 0 || q.Deaths != 0 {
		t.Errorf("in the new round: %+v, %+v", m, p)
	}
	if !p.Alive || !q.Alive || p.Shield != shieldTicks {
		t.Error("not everyone is back, with a shield")
	}
}

// One who joins during the freeze appears with the others.
func TestJoinWhileFrozen(t *testing.T) {
	s := newStage(t)
	s.RoundTicks = 10
	s.put(0, hall(24))
	s.idle(20)
	s.Join(s.w, 5, "late")
	p := s.row(5)
	if p.Alive {
		t.Fatal("alive during the freeze")
	}
	s.idle(int(s.TicksLeft(s.w)))
	if !p.Alive {
		t.Error("not alive in the new round")
	}
}

func TestLeaderAndLeaders(t *testing.T) {
	s := newStage(t)
	for i, score := range []struct {
		frags  int16
		deaths uint16
	}{{3, 9}, {7, 2}, {3, 1}, {7, 2}, {-1, 0}} {
		s.Join(s.w, engine.PlayerID(i), "")
		s.row(engine.PlayerID(i)).Frags, s.row(engine.PlayerID(i)).Deaths = score.frags, score.deaths
	}
	want := []engine.PlayerID{1, 3, 2, 0, 4}
	if got := s.AppendLeaders(nil, s.w); !slices.Equal(got, want) {
		t.Errorf("leaders %v, want %v", got, want)
	}
	if got := s.leader(s.w); got != engine.NoPlayer {
		t.Errorf("leader %d of two equals, want nobody", got)
	}
	s.row(3).Frags++
	if got := s.leader(s.w); got != 3 {
		t.Errorf("leader %d, want 3", got)
	}
}

func TestNames(t *testing.T) {
	s := newStage(t)
	for i, test := range []struct{ name, want string }{
		{"Ada", "Ada"},
		{"  Ada\n", "Ada~2"},
		{"", "Player 3"},
		{"\x00\xff\u202e", "Player 4"},
		{"a name that is much too long", "a name that is much too"},
		{"a name that is much too long", "a name that is much to~2"},
		{"ääääääääääääää", "ääääääääääää"},
		{"ääääääääääääää", "äääääääääää~2"},
	} {
		s.Join(s.w, engine.PlayerID(i), test.name)
		if got := s.row(engine.PlayerID(i)).Name(); got != test.want {
			t.Errorf("Join(%q) is called %q, want %q", test.name, got, test.want)
		}
	}
	s.Join(s.w, MaxPlayers, "beyond the table")
	s.Leave(s.w, engine.NoPlayer)
}

func TestKillText(t *testing.T) {
	s := newStage(t)
	s.Join(s.w, 0, "Ada")
	s.Join(s.w, 1, "Bob")
	for _, test := range []struct {
		kill Kill
		want string
	}{
		{Kill{Killer: 0, Victim: 1, Weapon: WeaponRocket}, "Ada killed Bob (rocket)"},
		{Kill{Killer: 1, Victim: 1, Weapon: WeaponRocket}, "Bob blew up"},
		{Kill{Killer: 7, Victim: 0, Weapon: WeaponRifle}, "someone killed Ada (rifle)"},
	} {
		if got := s.KillText(s.w, test.kill); got != test.want {
			t.Errorf("KillText(%+v) = %q, want %q", test.kill, got, test.want)
		}
	}
}
