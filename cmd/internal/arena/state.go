package arena

import "github.com/reckon-engine/reckon/engine"

// Capacities. Rows that belong to a player live in a ring of slots of his
// own, so that a client predicts the very ID the server will choose, and a
// renderer that keys its animations by ID never shows one shot twice.
const (
	MaxPlayers = 64

	rocketsPerPlayer = 4 // rocketLife / rocketReload, rounded up
	tracersPerPlayer = 4 // tracerLife / rifleReload, rounded up
	blastsPerPlayer  = 3
	effectsPerPlayer = tracersPerPlayer + blastsPerPlayer + 1 // and one for birth or death

	maxRockets = MaxPlayers * rocketsPerPlayer
	maxEffects = MaxPlayers * effectsPerPlayer
	maxPickups = 16
	maxKills   = 8 // rows of the kill feed
)

// NameBytes is the longest name, in bytes of UTF-8; what the session layer
// lets through.
const NameBytes = 24

// MaxHealth is the health of a player who has just spawned.
const MaxHealth = 100

// Input is what a player does in one tick.
type Input struct {
	MoveX int8   `net:"range=-1..1"` // +1 is right
	MoveY int8   `net:"range=-1..1"` // +1 is down
	Aim   uint16 `net:"bits=12"`     // 4096ths of a turn, see [Turn]
	Fire  bool   // the rifle, as long as it is held
	Alt   bool   // the rocket launcher, as long as it is held
}

// Player is one player, in the slot of his engine.PlayerID. The row exists
// from join to leave, dead or alive.
type Player struct {
	Owner engine.PlayerID `net:"owner"`

	X   int32  `net:"range=0..32767,lerp,snap=1536"` // units, of the centre
	Y   int32  `net:"range=0..20479,lerp,snap=1536"`
	VX  int16  `net:"range=-255..255"` // units a tick
	VY  int16  `net:"range=-255..255"`
	Aim uint16 `net:"bits=12,lerp=angle"`

	Alive  bool
	Health uint8 `net:"max=100"`
	// Timers count down to zero, in ticks.
	Respawn    uint8 `net:"max=120"` // while dead: until the next life
	Shield     uint8 `net:"max=90"`  // spawn protection that is left
	RifleWait  uint8 `net:"max=15"`  // until the rifle fires again
	RocketWait uint8 `net:"max=63"`  // until the launcher is loaded

	// Counters wrap. A change is an event: compare with the last frame's.
	RifleShots  uint8 // shots fired; predicted, so the muzzle flashes at once
	RocketShots uint8 // rockets launched; predicted
	Blasts      uint8 // own rockets exploded
	Hits        uint8 // times this player hurt another: the hit marker
	Hurts       uint8 // times this player was hurt
	HurtFrom    uint8 `net:"bits=8"` // where the last hurt came from, in 256ths of a turn

	Frags  int16  `net:"range=-99..999"`
	Deaths uint16 `net:"max=999"`
	Streak uint8  `net:"max=99"` // frags in this life

	Colour uint8 `net:"max=63"` // index of a palette; unique while joined
	Bot    bool
	Label  [NameBytes]byte // UTF-8, padded with zeros; see [Player.Name]
}

// Rocket is a rocket in flight. Its velocity follows from Angle.
type Rocket struct {
	Owner engine.PlayerID `net:"owner"`
	X     int32           `net:"range=0..32767,lerp,snap=1536"`
	Y     int32           `net:"range=0..20479,lerp,snap=1536"`
	Angle uint16          `net:"bits=12"`
	Born  uint8           // low byte of the tick of launch
}

// EffectKind says what an Effect shows.
type EffectKind uint8

// Kinds of effect.
const (
	EffectNone   EffectKind = iota
	EffectTracer            // rifle shot from X,Y to X2,Y2 into a wall
	EffectHit               // rifle shot from X,Y to X2,Y2 into a player
	EffectBlast             // rocket explosion at X,Y
	EffectSpawn             // a player appeared at X,Y
	EffectDeath             // a player died at X,Y; X2,Y2 lies where he was pushed
)

// Effect is something to see and hear that happened at one tick. The row
// stays for some 20 to 40 ticks, which is what makes it loss-proof; how long it is shown
// is the renderer's affair. Start an animation when an ID is seen for the
// first time. The end of one's own tracer is a prediction until the server's
// answer arrives, so Kind, X2 and Y2 may still change once.
type Effect struct {
	Owner engine.PlayerID `net:"owner"` // who fired, appeared or died
	Kind  EffectKind      `net:"max=5"`
	Born  uint8           // low byte of the tick
	X     int32           `net:"range=0..32767"`
	Y     int32           `net:"range=0..20479"`
	X2    int32           `net:"range=0..32767"`
	Y2    int32           `net:"range=0..20479"`
}

// Pickup is a health pack, in the slot of its number on the map.
type Pickup struct {
	X      int32       `net:"range=0..32767"`
	Y      int32       `net:"range=0..20479"`
	Ready  bool        // lies there; else it comes back at BackAt
	BackAt engine.Tick // meaningless while Ready
}

// Weapon is a cause of death.
type Weapon uint8

// Weapons.
const (
	WeaponRifle Weapon = iota
	WeaponRocket
)

// Kill is a line of the kill feed. Rows go away after [killLife] ticks.
type Kill struct {
	Killer engine.PlayerID // equal to Victim for a suicide
	Victim engine.PlayerID
	Weapon Weapon `net:"max=1"`
	Born   engine.Tick
}

// Phase is what the match is doing.
type Phase uint8

// Phases.
const (
	PhasePlay   Phase = iota // the round runs until Match.Until
	PhaseFrozen              // nobody moves; the scoreboard shows until Match.Until
)

// Match is the state of the match. There is exactly one row, in slot 0.
type Match struct {
	Phase  Phase           `net:"max=1"`
	Until  engine.Tick     // when the phase ends
	Round  uint16          // counts from 1
	Winner engine.PlayerID // of the last round; NoPlayer before, and when nobody scored
	Kills  uint8           // kills so far, wrapping: picks the slot in the feed
	Random uint32          // state of the rules' random numbers
}

// Neutral is the input of a player who is not heard any more: it stands and
// looks where it looked.
func Neutral(last Input) Input { return Input{Aim: last.Aim} }
