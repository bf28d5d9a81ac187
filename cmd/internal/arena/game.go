package arena

import "github.com/reckon-engine/reckon/engine"

// Version is the build number of the rules. A client and a server of
// different versions do not play together. Raise it with every change of
// behaviour; a change of the tables is caught by the schema's fingerprint.
const Version = 1

// Game is the rules with the handles of their tables. It keeps scratch space
// between ticks but no state of the game: that lives in the world alone. A
// Game serves one server or one client, from one goroutine.
type Game struct {
	Schema *engine.Schema
	Input  engine.InputPlan[Input]

	Players engine.Table[Player]
	Rockets engine.Table[Rocket]
	Effects engine.Table[Effect]
	Pickups engine.Table[Pickup]
	Kills   engine.Table[Kill]
	Match   engine.Table[Match]
}

// New declares the tables of Arena. The rules of two calls are the same.
func New() *Game {
	s := engine.NewSchema("arena", Version)
	return &Game{
		Schema:  s,
		Input:   engine.SetInput[Input](s),
		Players: engine.AddTable[Player](s, "players", MaxPlayers),
		Rockets: engine.AddTable[Rocket](s, "rockets", maxRockets),
		Effects: engine.AddTable[Effect](s, "effects", maxEffects),
		Pickups: engine.AddTable[Pickup](s, "pickups", maxPickups),
		Kills:   engine.AddTable[Kill](s, "kills", maxKills),
		Match:   engine.AddTable[Match](s, "match", 1),
	}
}
