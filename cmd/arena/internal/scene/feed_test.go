package scene

import (
	"testing"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

func TestFeed(t *testing.T) {
	s := newSet(t)
	s.world.SetTick(1000)
	for i, k := range []arena.Kill{
		{Killer: 0, Victim: 1, Born: 990},
		{Killer: 1, Victim: 1, Weapon: arena.WeaponRocket, Born: 999},
		{Killer: 9, Victim: 1, Born: 650},
	} {
		_, row := s.game.Kills.SpawnAt(s.world, i)
		*row = k
	}
	lines := AppendFeed(nil, s.game, s.world, 0)
	if len(lines) != 3 || !lines[0].Suicide || lines[0].Mine || lines[1].Killer != "Ada" || !lines[1].Mine {
		t.Fatalf("got %+v, want the newest first", lines)
	}
	if lines[1].Fade != 1 || lines[2].Fade >= 1 || lines[2].Killer != "someone" {
		t.Errorf("got %+v, want the old one faded and its killer gone", lines[2])
	}
	if got := Death(s.game, s.world, 1); got != "you blew yourself up" {
		t.Errorf("Death = %q", got)
	}
	if got := Death(s.game, s.world, 0); got != "" {
		t.Errorf("Death of the living = %q", got)
	}
	s.game.Kills.Despawn(s.world, engine.ID(1<<16|1))
	if got := Death(s.game, s.world, 1); got != "by Ada, rifle" {
		t.Errorf("Death = %q", got)
	}
}

func TestPlace(t *testing.T) {
	many := make([]engine.PlayerID, 0, 23)
	for i := range 23 {
		many = append(many, engine.PlayerID(i))
	}
	for me, want := range map[engine.PlayerID]string{
		0: "1st of 23", 1: "2nd of 23", 2: "3rd of 23", 3: "4th of 23", 10: "11th of 23",
		11: "12th of 23", 20: "21st of 23", 99: "",
	} {
		if got := Place(many, me); got != want {
			t.Errorf("Place(%d) = %q, want %q", me, got, want)
		}
	}
	if got := Rival(many, 0); got != 1 {
		t.Errorf("Rival of the first = %d, want 1", got)
	}
	if got := Rival(many[:1], 0); got != -1 {
		t.Errorf("Rival of one alone = %d, want -1", got)
	}
}
