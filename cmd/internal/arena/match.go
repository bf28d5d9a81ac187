package arena

import "github.com/reckon-engine/reckon/engine"

// Times of a match, in ticks.
const (
	// DefaultRound is how long a round is when Game.RoundTicks is not set.
	DefaultRound = 5 * 60 * TickRate

	freezeTicks  = 10 * TickRate // the scoreboard between rounds
	respawnTicks = 2 * TickRate
	shieldTicks  = 3 * TickRate / 2
	packTicks    = 12 * TickRate // until a health pack is back

	packHealth = 40
	packReach  = PlayerRadius + 12*UnitsPerPixel
)

// start gives a fresh world its match and its health packs. In a world that
// has them it does nothing.
func (g *Game) start(w *engine.World) {
	if g.Match.Len(w) != 0 {
		return
	}
	_, m := g.Match.SpawnAt(w, 0)
	*m = Match{
		Until:  w.Tick() + engine.Tick(g.round()),
		Round:  1,
		Winner: engine.NoPlayer,
		Random: g.Seed,
	}
	for i, at := range g.Map.packs {
		_, k := g.Pickups.SpawnAt(w, i)
		*k = Pickup{X: at.X, Y: at.Y, Ready: true}
	}
}

// round returns the length of a round in ticks.
func (g *Game) round() int32 {
	if g.RoundTicks <= 0 {
		return DefaultRound
	}
	return g.RoundTicks
}

// frozen reports whether the scoreboard is shown and nobody moves. A world
// without a match, as a client's first may be, plays. A client that predicts
// past the end of a round knows from the clock alone that it is over.
func (g *Game) frozen(w *engine.World) bool {
	_, m := g.Match.Slot(w, 0)
	return m != nil && (m.Phase == PhaseFrozen || m.Until.Before(w.Tick()))
}

// runMatch ends rounds and starts new ones.
func (g *Game) runMatch(w *engine.World) {
	_, m := g.Match.Slot(w, 0)
	if w.Tick().Before(m.Until) {
		return
	}
	if m.Phase == PhasePlay {
		m.Phase = PhaseFrozen
		m.Until = w.Tick() + freezeTicks
		m.Winner = g.leader(w)
		g.clearRockets(w)
		return
	}
	m.Phase = PhasePlay
	m.Until = w.Tick() + engine.Tick(g.round())
	m.Round++
	for _, p := range g.live {
		if p != nil {
			p.Frags, p.Deaths, p.Streak, p.Alive, p.Respawn = 0, 0, 0, false, 0
		}
	}
	for _, k := range g.Pickups.All(w) {
		k.Ready = true
	}
	g.respawn(w)
}

func (g *Game) clearRockets(w *engine.World) {
	for id := range g.Rockets.All(w) {
		g.Rockets.Despawn(w, id)
	}
}

// leader returns who leads with at least one frag; NoPlayer when nobody does
// or two share the place.
func (g *Game) leader(w *engine.World) engine.PlayerID {
	best, winner := int16(0), engine.NoPlayer
	for _, p := range g.Players.All(w) {
		switch {
		case p.Frags > best:
			best, winner = p.Frags, p.Owner
		case p.Frags == best:
			winner = engine.NoPlayer
		}
	}
	return winner
}

// offerPickups hands out health packs and puts new ones in their places.
// They go to whoever needs one; when two reach it in one tick, to the one
// with less health.
func (g *Game) offerPickups(w *engine.World) {
	for _, k := range g.Pickups.All(w) {
		if !k.Ready {
			k.Ready = !w.Tick().Before(k.BackAt)
			continue
		}
		var taker *Player
		for _, p := range g.live {
			if p == nil || !p.Alive || p.Health == MaxHealth ||
				distance2(p.X-k.X, p.Y-k.Y) > packReach*packReach {
				continue
			}
			if taker == nil || p.Health < taker.Health {
				taker = p
			}
		}
		if taker != nil {
			taker.Health = min(taker.Health+packHealth, MaxHealth)
			k.Ready = false
			k.BackAt = w.Tick() + packTicks
		}
	}
}
