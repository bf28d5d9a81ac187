package window

import (
	"fmt"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// drawHUD draws what a player must know, around the edges.
func (p *picture) drawHUD(screen *ebiten.Image, s *play.Session, now time.Time) {
	l := scene.Arrange(float32(p.camera.W), float32(p.camera.H), p.scale)
	p.leaders = p.game.AppendLeaders(p.leaders[:0], p.world)
	me := s.Me(p.world)
	p.drawMinimap(l.Minimap)
	p.drawClock(screen, l.Clock, me)
	if me != nil {
		p.drawHurt(me)
		if me.Alive {
			p.drawHealth(screen, l.Health, me)
			p.drawArms(screen, l.Weapons, me)
		}
	}
	p.drawFeed(screen, l.Feed)
	p.drawNotices(screen, l.Notices, s.Notices.Visible(now), now)
}

// drawClock shows the time that is left, one's place and score, and the
// leader's.
func (p *picture) drawClock(screen *ebiten.Image, r scene.Rect, me *arena.Player) {
	k := p.scale
	p.panel(r.X, r.Y, r.W, r.H, 10*k, scene.Panel)
	p.frame(r.X, r.Y, r.W, r.H, 10*k, 1, scene.Rule)
	p.flush()
	x, y := r.Middle()
	left32 := p.game.TicksLeft(p.world)
	colour := scene.Text
	if left32 < 30*arena.TickRate {
		colour = scene.Warning
	}
	p.letters.draw(screen, scene.Clock(left32), x, y-1*k, bold, 30*k, centre, colour)
	if me != nil {
		p.letters.draw(screen, fmt.Sprint(me.Frags), r.X+18*k, y-8*k, bold, 24*k, left, scene.White)
		p.letters.draw(screen, scene.Place(p.leaders, p.me), r.X+18*k, y+15*k, medium, 13*k, left, scene.Muted)
	}
	if leader := scene.Rival(p.leaders, p.me); leader >= 0 {
		_, row := p.game.Players.Slot(p.world, leader)
		p.letters.draw(screen, fmt.Sprint(row.Frags), r.X+r.W-18*k, y-8*k, bold, 24*k, right, scene.PlayerColour(row.Colour))
		p.letters.draw(screen, row.Name(), r.X+r.W-18*k, y+15*k, medium, 13*k, right, scene.Muted)
	}
}

// drawHealth shows one's health: a number and a bar.
func (p *picture) drawHealth(screen *ebiten.Image, r scene.Rect, me *arena.Player) {
	k := p.scale
	share := float32(me.Health) / arena.MaxHealth
	colour := scene.HealthColour(share)
	if me.Health <= 30 {
		colour = colour.Mix(scene.White, 0.5*p.pulse(2))
	}
	p.panel(r.X, r.Y, r.W, r.H, 10*k, scene.Panel)
	p.frame(r.X, r.Y, r.W, r.H, 10*k, 1, scene.Rule)
	_, y := r.Middle()
	x := r.X + 20*k // a cross
	p.rect(x-2.5*k, y-9*k, 5*k, 18*k, colour)
	p.rect(x-9*k, y-2.5*k, 18*k, 5*k, colour)
	p.bar(r.X+94*k, y+5*k, r.W-112*k, 9*k, share, colour)
	p.flush()
	p.letters.draw(screen, fmt.Sprint(me.Health), r.X+84*k, y, bold, 34*k, right, scene.White)
	p.letters.draw(screen, "HEALTH", r.X+94*k, y-11*k, bold, 13*k, left, scene.Muted)
	if me.Shield > 0 {
		p.letters.draw(screen, "PROTECTED", r.X+r.W-18*k, y-11*k, bold, 13*k, right, scene.Accent)
	}
}

// Waits of the weapons in ticks, for the meters; those of the rules.
const (
	rifleWait  = 8
	rocketWait = 48
)

// drawArms shows how soon each weapon fires again.
func (p *picture) drawArms(screen *ebiten.Image, r scene.Rect, me *arena.Player) {
	k := p.scale
	p.panel(r.X, r.Y, r.W, r.H, 10*k, scene.Panel)
	p.frame(r.X, r.Y, r.W, r.H, 10*k, 1, scene.Rule)
	rows := [2]struct {
		name   string
		ready  float32
		colour scene.Colour
	}{
		{"RIFLE", 1 - float32(min(me.RifleWait, rifleWait))/rifleWait, scene.Accent},
		{"ROCKET", 1 - float32(min(me.RocketWait, rocketWait))/rocketWait, scene.Fire},
	}
	for i, row := range rows {
		y := r.Y + (18+22*float32(i))*k
		colour := row.colour
		if row.ready < 1 {
			colour = colour.Mix(scene.Ink, 0.35)
		}
		p.bar(r.X+84*k, y-4*k, r.W-104*k, 8*k, row.ready, colour)
	}
	p.flush()
	for i, row := range rows {
		y := r.Y + (18+22*float32(i))*k
		colour := scene.Text
		if row.ready < 1 {
			colour = scene.Muted
		}
		p.letters.draw(screen, row.name, r.X+18*k, y, bold, 14*k, left, colour)
	}
}

// drawFeed lists the last kills.
func (p *picture) drawFeed(screen *ebiten.Image, r scene.Rect) {
	k := p.scale
	p.lines = scene.AppendFeed(p.lines[:0], p.game, p.world, p.me)
	for i, line := range p.lines {
		y := r.Y + (13+26*float32(i))*k
		p.drawKill(screen, &line, r.X+r.W, y)
	}
}

// drawKill writes one line of the feed, right-aligned at x.
func (p *picture) drawKill(screen *ebiten.Image, line *scene.Line, x, y float32) {
	k := p.scale
	size := 15 * k
	victim := p.letters.width(line.Victim, bold, size)
	killer := float32(0)
	if !line.Suicide {
		killer = p.letters.width(line.Killer, bold, size) + 8*k
	}
	const icon = 34
	width := victim + killer + (icon+8)*k + 20*k
	back := scene.Panel.Fade(line.Fade)
	if line.Mine {
		p.panel(x-width, y-12*k, width, 24*k, 6*k, scene.Hex(0x27354b).Fade(0.9*line.Fade))
		p.frame(x-width, y-12*k, width, 24*k, 6*k, 1, scene.White.Fade(0.5*line.Fade))
	} else {
		p.panel(x-width, y-12*k, width, 24*k, 6*k, back)
	}
	at := x - 10*k - victim
	p.weaponIcon(at-8*k-icon*k/2, y, k, line)
	p.flush()
	p.letters.draw(screen, line.Victim, x-10*k, y, bold, size, right, line.VictimColour.Mix(scene.White, 0.25).Fade(line.Fade))
	if !line.Suicide {
		p.letters.draw(screen, line.Killer, x-width+10*k, y, bold, size, left, line.KillerColour.Mix(scene.White, 0.25).Fade(line.Fade))
	}
}

// weaponIcon draws a weapon's silhouette, or a blast for those who met their
// own.
func (p *picture) weaponIcon(x, y, k float32, line *scene.Line) {
	c := scene.Text.Fade(line.Fade)
	switch {
	case line.Suicide:
		p.disc(x, y, 5*k, scene.Fire.Fade(line.Fade), scene.Danger.Fade(line.Fade))
		for i := range 8 {
			sin, cos := sincos(float32(i) * 0.7854)
			p.line(x+cos*6*k, y+sin*6*k, x+cos*10*k, y+sin*10*k, 1.8*k, scene.Fire.Fade(line.Fade), scene.Fire.Fade(line.Fade))
		}
	case line.Weapon == arena.WeaponRocket:
		p.line(x-12*k, y, x+7*k, y, 6*k, c, c)
		p.line(x+7*k, y, x+13*k, y, 3*k, scene.Fire.Fade(line.Fade), scene.Fire.Fade(line.Fade))
		p.line(x-13*k, y-4*k, x-9*k, y, 2.5*k, c, c)
		p.line(x-13*k, y+4*k, x-9*k, y, 2.5*k, c, c)
	default:
		p.line(x-14*k, y-1*k, x+14*k, y-1*k, 2.4*k, c, c)
		p.line(x-8*k, y, x+3*k, y, 5*k, c, c)
		p.line(x-13*k, y+1*k, x-8*k, y+4*k, 4*k, c, c)
		p.line(x-1*k, y+2*k, x-3*k, y+7*k, 3*k, c, c)
	}
}

// drawNotices shows what the server said.
func (p *picture) drawNotices(screen *ebiten.Image, r scene.Rect, lines []play.Notice, now time.Time) {
	k := p.scale
	p.flush()
	for i, n := range lines {
		y := r.Y + r.H - (12+24*float32(len(lines)-1-i))*k
		fade := min(1, max(0, 6-float32(now.Sub(n.At).Seconds())))
		p.letters.shaded(screen, n.Text, r.X+4*k, y, medium, 16*k, left, scene.Text.Fade(fade))
	}
}
