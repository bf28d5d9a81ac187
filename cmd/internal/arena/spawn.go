package arena

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reckon-engine/reckon/engine"
)

// Join brings a player into the world, alive. The server calls it between
// ticks, with authority.
func (g *Game) Join(w *engine.World, p engine.PlayerID, name string) {
	if int(p) >= MaxPlayers {
		return
	}
	g.start(w)
	name = g.freeName(w, p, name)
	_, row := g.Players.SpawnAt(w, int(p))
	row.Owner, row.Colour = p, uint8(p)
	copy(row.Label[:], name)
	g.find(w)
	if g.frozen(w) {
		// He watches the scoreboard and appears with everyone else.
		at := g.Map.spawns[0]
		row.X, row.Y = at.X, at.Y
		return
	}
	g.enter(w, row)
}

// Leave takes a player and his rockets out of the world. What he did stays
// to be seen.
func (g *Game) Leave(w *engine.World, p engine.PlayerID) {
	if int(p) >= MaxPlayers {
		return
	}
	for id, k := range g.Rockets.All(w) {
		if k.Owner == p {
			g.Rockets.Despawn(w, id)
		}
	}
	if id, row := g.Players.Slot(w, int(p)); row != nil {
		g.Players.Despawn(w, id)
	}
}

// SetBot says whether a player is shown as a bot.
func (g *Game) SetBot(w *engine.World, p engine.PlayerID, bot bool) {
	if _, row := g.Players.Slot(w, int(p)); row != nil {
		row.Bot = bot
	}
}

// find looks up the rows of all players.
func (g *Game) find(w *engine.World) {
	g.Players.BySlot(w, g.live[:])
}

// respawn brings back the dead whose time has come.
func (g *Game) respawn(w *engine.World) {
	if g.frozen(w) {
		return
	}
	for _, p := range g.live {
		if p != nil && !p.Alive && p.Respawn == 0 {
			g.enter(w, p)
		}
	}
}

// enter begins a life, at the spawn point that is farthest from the nearest
// living player. In an empty arena, and among equals, chance decides.
func (g *Game) enter(w *engine.World, p *Player) {
	_, m := g.Match.Slot(w, 0)
	chance := random(m.Random)
	at := g.spawnPoint(p, &chance)
	m.Random = uint32(chance)
	p.X, p.Y, p.VX, p.VY = at.X, at.Y, 0, 0
	p.Aim = angleOf(WidthUnits/2-at.X, HeightUnits/2-at.Y)
	p.Alive, p.Health, p.Shield = true, MaxHealth, shieldTicks
	p.RifleWait, p.RocketWait, p.Respawn = 0, 0, 0
	e := g.addEffect(w, EffectSpawn, p.Owner, bodyBase, 0, 1)
	e.place(at, at)
}

// spawnPoint chooses where p appears.
func (g *Game) spawnPoint(p *Player, chance *random) Point {
	n := len(g.Map.spawns)
	first := int(chance.below(int32(n)))
	best, farthest := g.Map.spawns[first], int64(-1)
	for i := range n {
		at := g.Map.spawns[(first+i)%n]
		nearest := int64(math.MaxInt64)
		for _, q := range g.live {
			if q != nil && q != p && q.Alive {
				nearest = min(nearest, distance2(q.X-at.X, q.Y-at.Y))
			}
		}
		if nearest > farthest {
			best, farthest = at, nearest
		}
	}
	return best
}

// freeName makes a name fit to show: clean, not empty, not too long, and not
// another player's.
func (g *Game) freeName(w *engine.World, p engine.PlayerID, name string) string {
	name = cleanName(name)
	if name == "" {
		name = "Player " + strconv.Itoa(int(p)+1)
	}
	plain := name
	for n := 2; g.nameTaken(w, p, name); n++ {
		suffix := "~" + strconv.Itoa(n)
		name = cutName(plain, NameBytes-len(suffix)) + suffix
	}
	return name
}

func (g *Game) nameTaken(w *engine.World, p engine.PlayerID, name string) bool {
	for _, q := range g.Players.All(w) {
		if q.Owner != p && q.Name() == name {
			return true
		}
	}
	return false
}

// cleanName drops what cannot be printed and the space around the rest.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
	return cutName(strings.TrimSpace(name), NameBytes)
}

// cutName returns at most n bytes of a name, without half a character.
func cutName(name string, n int) string {
	if len(name) <= n {
		return name
	}
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return strings.TrimSpace(name[:n])
}
