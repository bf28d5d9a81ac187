package arena

import "github.com/reckon-engine/reckon/engine"

// A Bot plays one player. It sees the world through walls no better than a
// person: targets need a line of sight, turning takes time, and its hand is
// not steady. It does nothing that its input could not.
//
// What a bot does follows from its seed and the worlds it is shown, and from
// nothing else. A Bot belongs to the goroutine that steps the game and does
// not allocate after its first few thoughts.
type Bot struct {
	game   *Game
	chance random

	// Where it goes.
	way         field
	goal        goal
	goalUntil   engine.Tick
	waypoint    Point
	moveX       int8
	moveY       int8
	replanAt    engine.Tick
	strafe      int32 // +1 or −1: which way round a target
	strafeUntil engine.Tick

	// The watch against standing about.
	anchor      Point
	anchorTick  engine.Tick
	escapeUntil engine.Tick

	hunt hunt
	hand hand
}

// hunt is whom a bot is after.
type hunt struct {
	target   engine.PlayerID
	sighted  bool        // the target is in sight now
	since    engine.Tick // the first tick of the present sight
	reaction int32       // ticks from sight to fire
	last     Point       // where the target was last seen
	lastTick engine.Tick
	rocket   engine.Tick // until then it tries to place a rocket
	lookAt   engine.Tick // when it looks around next
}

// hand is how a bot holds its aim.
type hand struct {
	aim         uint16
	tremor      int32 // error of the aim, in 4096ths of a turn
	tremorWant  int32
	tremorUntil engine.Tick
	awake       bool // it has seen its own row alive before
}

// goal says why a bot goes where it goes.
type goal uint8

const (
	goalNone goal = iota
	goalRoam
	goalHunt
	goalHeal
)

// What makes a bot beatable. Times in ticks, angles in 4096ths of a turn.
const (
	botSight     = 22 * TileUnits // about what a player's screen shows
	botReaction  = 14             // and up to as much again: 230 to 460 ms
	botTurn      = 72             // fastest turn a tick: 380 degrees a second
	botTremor    = 64             // largest error when a target has just appeared
	botSteady    = 26             // and after a while
	botMemory    = 3 * TickRate
	botFearful   = 40 // health below which it looks for a pack
	botIdeal     = 9 * TileUnits
	botImpatient = 2 * TickRate // in one place
	botEscape    = 2 * TickRate
)

// NewBot returns a bot for a player of this game. Bots of different seeds
// play differently.
func (g *Game) NewBot(seed uint64) *Bot {
	seed = (seed + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	b := &Bot{game: g, chance: random(seed >> 32), strafe: 1}
	b.hunt.target = engine.NoPlayer
	for i := range b.way.queue {
		b.way.queue[i] = make([]uint16, 0, 256)
	}
	return b
}

// Think returns the bot's input for the tick after w, playing me. It does not
// change w.
func (b *Bot) Think(w *engine.World, me engine.PlayerID) Input {
	_, p := b.game.Players.Slot(w, int(me))
	if p == nil || !p.Alive || b.game.frozen(w) {
		b.hand.awake = false
		return Input{Aim: b.hand.aim}
	}
	now := w.Tick()
	if !b.hand.awake {
		b.wake(p, now)
	}
	b.look(w, p, now)
	b.watch(p, now)
	b.choose(w, p, now)
	in := Input{}
	if b.fights(p, now) {
		b.dance(w, p, now)
	} else {
		b.follow(p)
	}
	in.MoveX, in.MoveY = b.moveX, b.moveY
	b.handle(w, p, now, &in)
	return in
}

// wake forgets the last life.
func (b *Bot) wake(p *Player, now engine.Tick) {
	b.hand = hand{aim: p.Aim, awake: true}
	b.hunt = hunt{target: engine.NoPlayer, lookAt: now}
	b.goal, b.replanAt, b.escapeUntil = goalNone, now, now
	b.anchor, b.anchorTick = Point{p.X, p.Y}, now
}

// look picks the nearest enemy in sight, and stays with one unless another is
// much nearer.
func (b *Bot) look(w *engine.World, p *Player, now engine.Tick) {
	if now.Before(b.hunt.lookAt) {
		return
	}
	b.hunt.lookAt = now + 4
	found, nearest := engine.NoPlayer, int64(botSight)*botSight
	for _, q := range b.game.Players.All(w) {
		if q == p || !q.Alive {
			continue
		}
		d2 := distance2(q.X-p.X, q.Y-p.Y)
		if q.Owner == b.hunt.target {
			d2 = d2 * 4 / 9
		}
		if d2 < nearest && b.game.Map.Sight(p.X, p.Y, q.X, q.Y) {
			found, nearest = q.Owner, d2
		}
	}
	h := &b.hunt
	switch {
	case found == engine.NoPlayer:
		h.sighted = false
		if now.Sub(h.lastTick) > botMemory {
			h.target = engine.NoPlayer
		}
	case found != h.target || !h.sighted:
		h.target, h.sighted, h.since = found, true, now
		h.reaction = botReaction + b.chance.below(botReaction)
	}
	if h.sighted {
		_, q := b.game.Players.Slot(w, int(h.target))
		h.last, h.lastTick = Point{q.X, q.Y}, now
	}
}

// quarry returns the row of the target while it is in sight; else nil.
func (b *Bot) quarry(w *engine.World) *Player {
	if !b.hunt.sighted {
		return nil
	}
	_, q := b.game.Players.Slot(w, int(b.hunt.target))
	if q == nil || !q.Alive {
		return nil
	}
	return q
}

// watch makes a bot that has stayed in one place for too long go elsewhere.
func (b *Bot) watch(p *Player, now engine.Tick) {
	if distance2(p.X-b.anchor.X, p.Y-b.anchor.Y) > TileUnits*TileUnits {
		b.anchor, b.anchorTick = Point{p.X, p.Y}, now
		return
	}
	if now.Sub(b.anchorTick) > botImpatient {
		b.anchorTick = now
		b.escapeUntil = now + botEscape
		b.goal = goalNone
	}
}

// fights reports whether the bot moves for a fight rather than along its way.
func (b *Bot) fights(p *Player, now engine.Tick) bool {
	return b.hunt.sighted && !now.Before(b.escapeUntil) && b.goal != goalHeal
}
