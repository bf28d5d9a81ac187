package arena

import (
	"fmt"

	"github.com/reckon-engine/reckon/assets"
	"github.com/reckon-engine/reckon/engine"
)

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

	Map *Map

	// RoundTicks is the length of a round; if not positive, DefaultRound.
	// Seed starts the rules' random numbers. Both matter on the server only,
	// before its first tick.
	RoundTicks int32
	Seed       uint32

	// OnKill, if set, is called for every kill decided with authority, within
	// Step. It must not change the world.
	OnKill func(w *engine.World, k Kill)

	// Scratch of one Step. live and acts are by slot; acting are the slots of
	// those who act.
	live    [MaxPlayers]*Player
	acts    [MaxPlayers]bool
	acting  []engine.PlayerID
	inputs  [MaxPlayers]Input
	bullets []bullet
	seen    Player // of a rewound target
}

// New declares the tables of Arena. The rules of two calls are the same.
func New() *Game {
	s := engine.NewSchema("arena", Version)
	g := &Game{
		Schema:  s,
		Input:   engine.SetInput[Input](s),
		Players: engine.AddTable[Player](s, "players", MaxPlayers),
		Rockets: engine.AddTable[Rocket](s, "rockets", maxRockets),
		Effects: engine.AddTable[Effect](s, "effects", maxEffects),
		Pickups: engine.AddTable[Pickup](s, "pickups", maxPickups),
		Kills:   engine.AddTable[Kill](s, "kills", maxKills),
		Match:   engine.AddTable[Match](s, "match", 1),
		Map:     builtinMap(),
		bullets: make([]bullet, 0, MaxPlayers),
		acting:  make([]engine.PlayerID, 0, MaxPlayers),
	}
	g.Players.OwnSlots(1)
	g.Rockets.OwnSlots(rocketsPerPlayer)
	g.Effects.OwnSlots(effectsPerPlayer)
	return g
}

// Another returns the same rules for another server or client: it shares the
// schema and the map, which nobody changes, and has scratch space of its own.
func (g *Game) Another() *Game {
	return &Game{
		Schema: g.Schema, Input: g.Input,
		Players: g.Players, Rockets: g.Rockets, Effects: g.Effects,
		Pickups: g.Pickups, Kills: g.Kills, Match: g.Match,
		Map: g.Map, RoundTicks: g.RoundTicks, Seed: g.Seed,
		bullets: make([]bullet, 0, MaxPlayers),
		acting:  make([]engine.PlayerID, 0, MaxPlayers),
	}
}

// StepIsLocal is the promise of engine.LocalRules: a client's Step changes the
// rows of the local player and no other.
func (g *Game) StepIsLocal() {}

// builtinMap reads the map that is built in. A test reads it too, so it is
// good.
func builtinMap() *Map {
	text, err := assets.Maps.ReadFile("maps/arena.txt")
	if err != nil {
		panic(fmt.Sprintf("arena: BUG: %v", err))
	}
	m, err := ReadMap(string(text))
	if err != nil {
		panic(fmt.Sprintf("arena: BUG: %v", err))
	}
	return m
}
