package window

import (
	"fmt"
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// drawHurt reddens the rim of the screen after a hit, and shows where it came
// from.
func (p *picture) drawHurt(me *arena.Player) {
	body := p.stage.Body(p.me)
	w, h := float32(p.camera.W), float32(p.camera.H)
	strength := 0.40 * body.HurtGlow
	if me.Alive && me.Health <= 30 {
		strength = max(strength, 0.16+0.12*p.pulse(1.2))
	}
	if strength > 0 {
		red, clear := scene.Danger.Fade(strength), scene.Danger.Fade(0)
		p.gradient(0, 0, w*0.16, h, red, clear, false)
		p.gradient(w*0.84, 0, w*0.16, h, clear, red, false)
		p.gradient(0, 0, w, h*0.16, red, clear, true)
		p.gradient(0, h*0.84, w, h*0.16, clear, red, true)
	}
	if body.HurtGlow > 0 && me.Alive {
		x, y := p.at(scene.Pixels(me.X), scene.Pixels(me.Y))
		p.arc(x, y, 64*p.scale, 6*p.scale, body.HurtAngle-0.38, body.HurtAngle+0.38, scene.Danger.Fade(body.HurtGlow))
	}
}

// drawCrosshair draws the sight at a place of the screen: the gap closes as
// the rifle gets ready, the arc as the launcher does, and a cross says that a
// shot has hit.
func (p *picture) drawCrosshair(x, y float32, me *arena.Player) {
	k := p.scale
	rifle, rocket, hit := float32(1), float32(1), float32(0)
	if me != nil {
		rifle = 1 - float32(min(me.RifleWait, rifleWait))/rifleWait
		rocket = 1 - float32(min(me.RocketWait, rocketWait))/rocketWait
		hit = p.stage.Body(p.me).Hit
	}
	gap := (5 + 5*(1-rifle)) * k
	for i := range 4 {
		sin, cos := sincos(float32(i) * math.Pi / 2)
		p.line(x+cos*gap, y+sin*gap, x+cos*(gap+8*k), y+sin*(gap+8*k), 4.2*k, scene.Black.Fade(0.6), scene.Black.Fade(0.6))
		p.line(x+cos*gap, y+sin*gap, x+cos*(gap+8*k), y+sin*(gap+8*k), 2*k, scene.White, scene.White)
	}
	p.disc(x, y, 1.6*k, scene.Accent, scene.Accent)
	const start = math.Pi * 0.75 // three quarters of a ring, open below
	p.arc(x, y, 24*k, 4.4*k, start, start+math.Pi*1.5, scene.Black.Fade(0.45))
	colour := scene.Fire.Fade(0.85)
	if rocket < 1 {
		colour = scene.Muted
	}
	p.arc(x, y, 24*k, 2.4*k, start, start+math.Pi*1.5*rocket, colour)
	if hit > 0 {
		size := (9 + 5*hit) * k
		for i := range 4 {
			sin, cos := sincos(float32(i)*math.Pi/2 + math.Pi/4)
			p.line(x+cos*size*0.5, y+sin*size*0.5, x+cos*size*1.25, y+sin*size*1.25, 3*k, scene.Danger.Fade(hit), scene.White.Fade(hit))
		}
	}
}

// drawDeath tells a dead player by whom, and when he is back.
func (p *picture) drawDeath(screen *ebiten.Image, me *arena.Player) {
	k := p.scale
	w, h := float32(p.camera.W), float32(p.camera.H)
	p.rect(0, 0, w, h, scene.Ink.Fade(0.42))
	p.gradient(0, h*0.30, w, h*0.10, scene.Ink.Fade(0), scene.Ink.Fade(0.75), true)
	p.rect(0, h*0.40, w, h*0.12, scene.Ink.Fade(0.75))
	p.gradient(0, h*0.52, w, h*0.10, scene.Ink.Fade(0.75), scene.Ink.Fade(0), true)
	seconds := float32(me.Respawn) / arena.TickRate
	x, y := w/2, h*0.64
	p.ring(x, y, 26*k, 5*k, scene.Black.Fade(0.6))
	p.arc(x, y, 26*k, 4*k, -math.Pi/2, -math.Pi/2+2*math.Pi*(1-seconds/2), scene.Accent)
	p.flush()
	p.letters.draw(screen, "YOU DIED", x, h*0.435, bold, 46*k, centre, scene.Danger)
	if by := scene.Death(p.game, p.world, p.me); by != "" {
		p.letters.draw(screen, by, x, h*0.50, medium, 22*k, centre, scene.Text)
	}
	p.letters.draw(screen, fmt.Sprint(max(1, int(math.Ceil(float64(seconds))))), x, y, bold, 26*k, centre, scene.White)
}

// drawMinimap shows the whole arena: walls, packs, oneself, and of the others
// those who are on the screen or have just fired.
func (p *picture) drawMinimap(r scene.Rect) {
	k := p.scale
	p.panel(r.X-4*k, r.Y-4*k, r.W+8*k, r.H+8*k, 8*k, scene.Panel)
	p.frame(r.X-4*k, r.Y-4*k, r.W+8*k, r.H+8*k, 8*k, 1, scene.Rule)
	side := r.W / arena.MapWidth
	wall := scene.WallTop.Mix(scene.White, 0.12).Fade(0.9)
	for ty := range arena.MapHeight {
		for tx := 0; tx < arena.MapWidth; tx++ {
			if !p.game.Map.Wall(tx, ty) {
				continue
			}
			from := tx
			for tx+1 < arena.MapWidth && p.game.Map.Wall(tx+1, ty) {
				tx++
			}
			p.rect(r.X+float32(from)*side, r.Y+float32(ty)*side, float32(tx+1-from)*side, side, wall)
		}
	}
	spot := func(x, y int32) (float32, float32) {
		return r.X + scene.Pixels(x)/scene.MapWidth*r.W, r.Y + scene.Pixels(y)/scene.MapHeight*r.H
	}
	for _, row := range p.game.Pickups.All(p.world) {
		if row.Ready {
			x, y := spot(row.X, row.Y)
			p.rect(x-2.2*k, y-0.8*k, 4.4*k, 1.6*k, scene.Good)
			p.rect(x-0.8*k, y-2.2*k, 1.6*k, 4.4*k, scene.Good)
		}
	}
	for _, row := range p.game.Players.All(p.world) {
		if !row.Alive {
			continue
		}
		x, y := spot(row.X, row.Y)
		colour := scene.PlayerColour(row.Colour)
		if row.Owner == p.me {
			sin, cos := sincos(p.aim)
			p.line(x, y, x+cos*9*k, y+sin*9*k, 1.4*k, scene.White, scene.White.Fade(0))
			p.disc(x, y, 4.4*k, scene.White, scene.White)
		}
		seen := p.stage.Body(row.Owner).Noise
		if row.Owner == p.me || p.visible(scene.Pixels(row.X), scene.Pixels(row.Y), 0) {
			seen = 1
		}
		p.disc(x, y, 2.9*k, colour.Fade(seen), colour.Fade(seen))
	}
}
