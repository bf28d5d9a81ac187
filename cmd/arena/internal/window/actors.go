package window

import (
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// bodyRadius is the radius of a player's circle, in pixels: that of the rules.
const bodyRadius = arena.PlayerRadius / arena.UnitsPerPixel

// facing returns where a player looks: oneself at once, without waiting for
// the next tick.
func (p *picture) facing(slot int, row *arena.Player) float32 {
	if engine.PlayerID(slot) == p.me {
		return p.aim
	}
	return scene.Radians(row.Aim)
}

// drawBodies draws everyone who lives, oneself last.
func (p *picture) drawBodies() {
	for id, row := range p.game.Players.All(p.world) {
		if row.Alive && row.Owner != p.me && p.visible(scene.Pixels(row.X), scene.Pixels(row.Y), 40) {
			p.drawBody(id.Slot(), row)
		}
	}
	if _, row := p.game.Players.Slot(p.world, int(p.me)); row != nil && row.Alive {
		p.drawBody(int(p.me), row)
	}
}

// drawBody draws one player: weapon, body, emblem, and what surrounds him.
func (p *picture) drawBody(slot int, row *arena.Player) {
	z := p.zoom()
	x, y := p.at(scene.Pixels(row.X), scene.Pixels(row.Y))
	body := p.stage.Body(row.Owner)
	colour := scene.PlayerColour(row.Colour).Mix(scene.White, 0.75*body.HurtGlow*body.HurtGlow)
	facing := p.facing(slot, row)
	sin, cos := sincos(facing)
	p.drawHealthRing(x, y, row)
	p.drawLauncher(x, y, cos, sin, row)

	rim := colour.Mix(scene.Black, 0.55)
	p.disc(x, y, (bodyRadius+0.4)*z, rim, rim)
	p.disc(x, y, (bodyRadius-1.4)*z, colour.Mix(scene.White, 0.20), colour.Mix(scene.Black, 0.20))
	p.disc(x-3*z, y-4*z, 6*z, scene.White.Fade(0.22), scene.White.Fade(0))
	p.arc(x, y, 8.2*z, 3.4*z, facing-0.95, facing+0.95, scene.Ink.Fade(0.8)) // the visor
	p.drawEmblem(x, y, cos, sin, row.Colour)
	p.drawRifle(x, y, cos, sin, body.Flash)
	if row.Owner == p.me {
		p.ring(x, y, (bodyRadius+0.8)*z, 1.8*z, scene.White)
	}
	if row.Shield > 0 {
		p.drawShield(x, y, row)
	}
}

// Colours of the weapons.
var (
	steel    = scene.Hex(0xd5dce6)
	gunmetal = scene.Hex(0x10151d)
)

// drawRifle draws the rifle along the line of fire. It kicks back at a shot.
func (p *picture) drawRifle(x, y, cos, sin, flash float32) {
	z := p.zoom()
	part := func(from, to, width float32, c scene.Colour) {
		from, to = (from-5*flash)*z, (to-5*flash)*z
		p.line(x+cos*from, y+sin*from, x+cos*to, y+sin*to, width*z, c, c)
	}
	part(-1, 25, 5.4, gunmetal)
	part(0, 24, 2.6, steel)
	part(-2, 11, 6.4, gunmetal)
	part(0, 9.5, 3.6, steel.Mix(gunmetal, 0.35))
	part(20.5, 25.5, 4.6, gunmetal)
}

// drawLauncher draws the launcher at the right side, its mouth lit when it is
// loaded.
func (p *picture) drawLauncher(x, y, cos, sin float32, row *arena.Player) {
	z := p.zoom()
	part := func(from, to, width float32, c scene.Colour) {
		const side = 9.5
		px, py := x-sin*side*z, y+cos*side*z
		p.line(px+cos*from*z, py+sin*from*z, px+cos*to*z, py+sin*to*z, width*z, c, c)
	}
	part(-9, 14, 8.4, gunmetal)
	part(-8, 13, 5.6, steel.Mix(gunmetal, 0.55))
	if row.RocketWait == 0 {
		part(9, 13, 5.6, scene.Fire)
	}
}

// drawEmblem draws the mark that tells players of one colour apart.
func (p *picture) drawEmblem(x, y, cos, sin float32, index uint8) {
	z := p.zoom()
	ink := scene.Ink.Fade(0.85)
	bx, by := x-cos*6.5*z, y-sin*6.5*z
	switch scene.PlayerEmblem(index) {
	case scene.EmblemDot:
		p.disc(bx, by, 2.6*z, ink, ink)
	case scene.EmblemBar:
		p.line(bx+sin*6*z, by-cos*6*z, bx-sin*6*z, by+cos*6*z, 2.6*z, ink, ink)
	case scene.EmblemRing:
		p.ring(x, y, 8.6*z, 1.8*z, ink)
	}
}

// drawHealthRing shows health by the length of an arc, from the top.
func (p *picture) drawHealthRing(x, y float32, row *arena.Player) {
	z := p.zoom()
	share := float32(row.Health) / arena.MaxHealth
	const start = -math.Pi / 2
	p.ring(x, y, (bodyRadius+5.6)*z, 4*z, scene.Black.Fade(0.5))
	p.arc(x, y, (bodyRadius+5.6)*z, 2.6*z, start, start+2*math.Pi*share, scene.HealthColour(share))
}

// drawShield draws spawn protection: an arc that turns and shrinks.
func (p *picture) drawShield(x, y float32, row *arena.Player) {
	z := p.zoom()
	turn := float32(math.Mod(p.seconds*2.2, 2*math.Pi))
	left := float32(row.Shield) / 90
	p.light(true)
	p.image(spriteGlow, x, y, 36*z, 0, scene.Accent.Fade(0.35*min(1, left*3)))
	for i := range 3 {
		from := turn + float32(i)*2*math.Pi/3
		p.arc(x, y, (bodyRadius+10)*z, 2*z, from, from+1.5*min(1, 0.3+left), scene.Accent.Fade(0.9))
	}
	p.light(false)
}

// drawRockets draws rockets and their flames.
func (p *picture) drawRockets() {
	z := p.zoom()
	for _, row := range p.game.Rockets.All(p.world) {
		x, y := p.at(scene.Pixels(row.X), scene.Pixels(row.Y))
		angle := scene.Radians(row.Angle)
		sin, cos := sincos(angle)
		flicker := float32(0.8 + 0.2*math.Sin(p.seconds*70+float64(row.Owner)))
		p.light(true)
		p.stretched(spriteGlow, x-cos*13*z, y-sin*13*z, 20*z*flicker, 7*z, angle, scene.Fire)
		p.stretched(spriteGlow, x-cos*9*z, y-sin*9*z, 11*z*flicker, 4*z, angle, scene.Muzzle)
		p.light(false)
		tail, nose := scene.Hex(0x2a3240), scene.Hex(0xdfe5ee)
		p.line(x-cos*7*z, y-sin*7*z, x+cos*6*z, y+sin*6*z, 6*z, scene.Ink, scene.Ink)
		p.line(x-cos*6*z, y-sin*6*z, x+cos*5*z, y+sin*5*z, 4*z, tail, nose)
		p.disc(x+cos*5.5*z, y+sin*5.5*z, 2.2*z, scene.Danger, scene.Danger)
	}
}

// drawNames writes the names over the bodies.
func (p *picture) drawNames(screen *ebiten.Image) {
	z := p.zoom()
	for _, row := range p.game.Players.All(p.world) {
		x, y := scene.Pixels(row.X), scene.Pixels(row.Y)
		if !row.Alive || row.Owner == p.me || !p.visible(x, y, 50) {
			continue
		}
		sx, sy := p.at(x, y-bodyRadius-17)
		size := max(13, 12.5*z)
		p.letters.shaded(screen, row.Name(), sx, sy, bold, size, centre, scene.PlayerColour(row.Colour).Mix(scene.White, 0.55))
	}
}
