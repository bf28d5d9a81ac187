package scene

import (
	"fmt"
	"slices"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// A Line is one of the kill feed.
type Line struct {
	Killer, Victim             string
	KillerColour, VictimColour Colour
	Weapon                     arena.Weapon
	Suicide                    bool
	Mine                       bool    // the viewer killed, or was killed
	Fade                       float32 // opacity
	born                       engine.Tick
}

// AppendFeed appends the lines of the kill feed, newest first.
func AppendFeed(dst []Line, g *arena.Game, w *engine.World, me engine.PlayerID) []Line {
	const fadeTicks = 5 * arena.TickRate // rows live for six seconds
	for _, k := range g.Kills.All(w) {
		age := float32(w.Tick().Sub(k.Born))
		dst = append(dst, Line{
			Killer: g.PlayerName(w, k.Killer), KillerColour: colourOf(g, w, k.Killer),
			Victim: g.PlayerName(w, k.Victim), VictimColour: colourOf(g, w, k.Victim),
			Weapon: k.Weapon, Suicide: k.Killer == k.Victim,
			Mine: k.Killer == me || k.Victim == me,
			Fade: min(1, max(0, 1-(age-fadeTicks)/arena.TickRate)), born: k.Born,
		})
	}
	slices.SortStableFunc(dst, func(a, b Line) int { return int(b.born.Sub(a.born)) })
	return dst
}

// Death returns what to tell a dead player: who killed him and with what.
// It is empty when the feed has forgotten.
func Death(g *arena.Game, w *engine.World, me engine.PlayerID) string {
	var newest *arena.Kill
	for _, k := range g.Kills.All(w) {
		if k.Victim == me && (newest == nil || newest.Born.Before(k.Born)) {
			newest = k
		}
	}
	switch {
	case newest == nil:
		return ""
	case newest.Killer == me:
		return "you blew yourself up"
	}
	return "by " + g.PlayerName(w, newest.Killer) + ", " + newest.Weapon.String()
}

func colourOf(g *arena.Game, w *engine.World, p engine.PlayerID) Colour {
	_, row := g.Players.Slot(w, int(p))
	if row == nil {
		return Muted
	}
	return PlayerColour(row.Colour)
}

// Place returns a player's place among the leaders: "2nd of 9".
func Place(leaders []engine.PlayerID, me engine.PlayerID) string {
	n := slices.Index(leaders, me) + 1
	suffix := "th"
	switch {
	case n == 0:
		return ""
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		suffix = "st"
	case n%10 == 2:
		suffix = "nd"
	case n%10 == 3:
		suffix = "rd"
	}
	return fmt.Sprintf("%d%s of %d", n, suffix, len(leaders))
}

// Rival returns the slot of the best of the others; −1 when there is nobody.
func Rival(leaders []engine.PlayerID, me engine.PlayerID) int {
	for _, p := range leaders {
		if p != me {
			return int(p)
		}
	}
	return -1
}
