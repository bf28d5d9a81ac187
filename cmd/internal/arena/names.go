package arena

import (
	"strconv"

	"github.com/reckon-engine/reckon/engine"
)

// String returns the weapon's name in lower case.
func (w Weapon) String() string {
	switch w {
	case WeaponRifle:
		return "rifle"
	case WeaponRocket:
		return "rocket"
	}
	return "weapon " + strconv.Itoa(int(w))
}

// KillText tells a kill in a line: "Ada killed Bob (rocket)". It allocates.
func (g *Game) KillText(w *engine.World, k Kill) string {
	victim := g.PlayerName(w, k.Victim)
	if k.Killer == k.Victim {
		return victim + " blew up"
	}
	return g.PlayerName(w, k.Killer) + " killed " + victim + " (" + k.Weapon.String() + ")"
}

// PlayerName returns the name of the player in a slot; "someone" when he has
// left.
func (g *Game) PlayerName(w *engine.World, p engine.PlayerID) string {
	_, row := g.Players.Slot(w, int(p))
	if row == nil {
		return "someone"
	}
	return row.Name()
}

// botNames are short, and easy to tell apart when spoken across a room.
var botNames = [MaxPlayers]string{
	"Ampere", "Bohr", "Curie", "Dirac", "Euler", "Fermi", "Gauss", "Hertz",
	"Ising", "Joule", "Kepler", "Lagrange", "Maxwell", "Noether", "Ohm", "Planck",
	"Quetelet", "Raman", "Sagan", "Turing", "Ulam", "Volta", "Watt", "Xenakis",
	"Young", "Zeno", "Abel", "Bayes", "Cantor", "Darwin", "Erdos", "Faraday",
}

// BotName returns the name of the nth bot, n >= 0.
func BotName(n int) string { return botNames[n%len(botNames)] }
