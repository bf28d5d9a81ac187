package arena

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/reckon-engine/reckon/engine"
)

// Name returns the player's name. It allocates.
func (p *Player) Name() string {
	n := bytes.IndexByte(p.Label[:], 0)
	if n < 0 {
		n = NameBytes
	}
	return string(p.Label[:n])
}

// AppendLeaders appends the slots of all players to dst, best first: by
// frags, then by fewer deaths, then by slot. The order is the same
// everywhere.
func (g *Game) AppendLeaders(dst []engine.PlayerID, w *engine.World) []engine.PlayerID {
	start := len(dst)
	for id := range g.Players.All(w) {
		dst = append(dst, engine.PlayerID(id.Slot()))
	}
	slices.SortStableFunc(dst[start:], func(a, b engine.PlayerID) int {
		_, p := g.Players.Slot(w, int(a))
		_, q := g.Players.Slot(w, int(b))
		return cmp.Or(cmp.Compare(q.Frags, p.Frags), cmp.Compare(p.Deaths, q.Deaths))
	})
	return dst
}

// TicksLeft returns how much of the present phase of the match is left;
// zero without a match.
func (g *Game) TicksLeft(w *engine.World) int32 {
	_, m := g.Match.Slot(w, 0)
	if m == nil {
		return 0
	}
	return max(0, m.Until.Sub(w.Tick()))
}

// RocketVelocity returns how far a rocket flies in a tick, in units.
func RocketVelocity(angle uint16) (dx, dy int32) {
	return cosine(int32(angle)) * rocketSpeed >> oneBits, sine(int32(angle)) * rocketSpeed >> oneBits
}

// Direction returns the cosine and sine of an angle, times 1<<14.
func Direction(angle uint16) (cos, sin int32) {
	return cosine(int32(angle)), sine(int32(angle))
}

// AngleTo returns the direction of (dx, dy), for turning a mouse position
// into Input.Aim. It is right to within two 4096ths of a turn.
func AngleTo(dx, dy int32) uint16 { return angleOf(dx, dy) }
