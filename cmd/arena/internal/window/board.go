package window

import (
	"fmt"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// drawBoard shows the scoreboard: all players, best first, in as many rows as
// fit. Only one's own ping is known: the others' is between them and the
// server. Beside the network graph, it makes room for it.
func (p *picture) drawBoard(screen *ebiten.Image, s *play.Session, beside bool) {
	k := p.scale
	l := scene.Arrange(float32(p.camera.W), float32(p.camera.H), p.scale)
	const head, foot = 92, 14
	rows := len(p.leaders)
	rowHeight := min(30*k, (l.Board.H-(head+foot)*k)/float32(max(rows, 1)))
	r := l.Board
	if beside {
		r.X = max(l.Minimap.X, min(r.X, l.NetGraph.X-r.W-12*k))
	}
	r.H = (head+foot)*k + rowHeight*float32(rows)
	r.Y = (float32(p.camera.H) - r.H) / 2
	p.panel(r.X, r.Y, r.W, r.H, 14*k, scene.Panel.Mix(scene.Ink, 0.5).Fade(1.12))
	p.frame(r.X, r.Y, r.W, r.H, 14*k, 1.2, scene.Rule)
	p.rect(r.X+20*k, r.Y+84*k, r.W-40*k, 1, scene.Rule)
	for i, id := range p.leaders {
		p.drawBoardRow(r, r.Y+head*k+rowHeight*(float32(i)+0.5), rowHeight, id)
	}
	p.flush()
	p.writeBoardHead(screen, r, s)
	for i, id := range p.leaders {
		p.writeBoardRow(screen, r, r.Y+head*k+rowHeight*(float32(i)+0.5), rowHeight, i, id, s)
	}
}

// columns of the scoreboard: where their texts end, from the right edge.
const (
	columnPing   = 26
	columnKD     = 110
	columnDeaths = 190
	columnFrags  = 270
)

func (p *picture) writeBoardHead(screen *ebiten.Image, r scene.Rect, s *play.Session) {
	k := p.scale
	title, detail := p.boardTitle(s)
	p.letters.draw(screen, title, r.X+26*k, r.Y+34*k, bold, 28*k, left, scene.White)
	p.letters.draw(screen, detail, r.X+r.W-26*k, r.Y+34*k, medium, 16*k, right, scene.Muted)
	y := r.Y + 70*k
	p.letters.draw(screen, "PLAYER", r.X+78*k, y, bold, 13*k, left, scene.Muted)
	for _, c := range [...]struct {
		name string
		at   float32
	}{{"FRAGS", columnFrags}, {"DEATHS", columnDeaths}, {"RATIO", columnKD}, {"PING", columnPing}} {
		p.letters.draw(screen, c.name, r.X+r.W-c.at*k, y, bold, 13*k, right, scene.Muted)
	}
}

// boardTitle says how the round stands.
func (p *picture) boardTitle(s *play.Session) (title, detail string) {
	_, m := p.game.Match.Slot(p.world, 0)
	if m == nil {
		return "Scores", s.Server()
	}
	left := scene.Clock(p.game.TicksLeft(p.world))
	if m.Phase == arena.PhaseFrozen {
		if m.Winner == engine.NoPlayer {
			return "Nobody wins", "next round in " + left
		}
		return p.game.PlayerName(p.world, m.Winner) + " wins", "next round in " + left
	}
	return fmt.Sprintf("Round %d", m.Round), left + " left   ·   " + s.Server()
}

func (p *picture) drawBoardRow(r scene.Rect, y, height float32, id engine.PlayerID) {
	k := p.scale
	_, row := p.game.Players.Slot(p.world, int(id))
	if id == p.me {
		p.panel(r.X+12*k, y-height/2+1, r.W-24*k, height-2, 6*k, scene.White.Fade(0.10))
	}
	colour := scene.PlayerColour(row.Colour)
	if !row.Alive {
		colour = colour.Mix(scene.Ink, 0.6)
	}
	radius := min(8*k, height*0.3)
	p.disc(r.X+56*k, y, radius, colour.Mix(scene.White, 0.15), colour)
	switch ink := scene.Ink.Fade(0.85); scene.PlayerEmblem(row.Colour) {
	case scene.EmblemDot:
		p.disc(r.X+56*k, y, radius*0.33, ink, ink)
	case scene.EmblemBar:
		p.line(r.X+56*k, y-radius*0.8, r.X+56*k, y+radius*0.8, radius*0.4, ink, ink)
	case scene.EmblemRing:
		p.ring(r.X+56*k, y, radius*0.6, radius*0.25, ink)
	}
}

func (p *picture) writeBoardRow(screen *ebiten.Image, r scene.Rect, y, height float32, i int, id engine.PlayerID, s *play.Session) {
	k := p.scale
	_, row := p.game.Players.Slot(p.world, int(id))
	size := min(18*k, height*0.66)
	colour := scene.Text
	if !row.Alive {
		colour = scene.Muted
	}
	w := medium
	if id == p.me {
		w = bold
	}
	p.letters.draw(screen, fmt.Sprint(i+1), r.X+36*k, y, bold, size*0.85, right, scene.Muted)
	p.letters.draw(screen, row.Name(), r.X+78*k, y, w, size, left, colour)
	number := func(text string, at float32, c scene.Colour) {
		p.letters.draw(screen, text, r.X+r.W-at*k, y, w, size, right, c)
	}
	number(fmt.Sprint(row.Frags), columnFrags, scene.White)
	number(fmt.Sprint(row.Deaths), columnDeaths, colour)
	number(fmt.Sprintf("%.1f", float64(row.Frags)/float64(max(row.Deaths, 1))), columnKD, colour)
	switch {
	case id == p.me:
		number(fmt.Sprintf("%.0f ms", s.Client.Stats().RTT.Seconds()*1000), columnPing, colour)
	case row.Bot:
		number("bot", columnPing, scene.Muted)
	default:
		number("–", columnPing, scene.Muted)
	}
}
