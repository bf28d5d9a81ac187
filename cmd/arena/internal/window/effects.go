package window

import (
	"math"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// drawDebris draws the particles of one shape.
func (p *picture) drawDebris(shape scene.Shape) {
	z := p.zoom()
	p.light(shape == scene.ShapeGlow || shape == scene.ShapeSpark)
	live := p.stage.Debris.Live()
	for i := range live {
		d := &live[i]
		if d.Shape != shape || !p.visible(d.X, d.Y, d.Size+20) {
			continue
		}
		x, y := p.at(d.X, d.Y)
		c := d.Colour.Fade(d.Alpha())
		switch shape {
		case scene.ShapeSmoke:
			p.image(spriteSmoke, x, y, d.Size*1.5*z, d.Age*0.7+float32(i%7), c)
		case scene.ShapeGlow:
			p.image(spriteGlow, x, y, d.Size*1.6*z, 0, c)
		case scene.ShapeSpark:
			const streak = 0.028 // seconds of flight
			p.line(x, y, x-d.VX*streak*z, y-d.VY*streak*z, d.Size*1.4*z, c, c.Fade(0))
		case scene.ShapeChip:
			sin, cos := sincos(d.Angle)
			r := d.Size * z
			p.line(x-cos*r, y-sin*r, x+cos*r, y+sin*r, r*1.3, c, c)
		}
	}
	p.light(false)
}

// drawTracers draws the shots of the last moments: a bright head that runs
// down the line, and the line fading behind it.
func (p *picture) drawTracers() {
	z := p.zoom()
	p.light(true)
	for i := range p.stage.Tracers {
		t := &p.stage.Tracers[i]
		left := 1 - t.Age/scene.TracerLife
		if left <= 0 {
			continue
		}
		x0, y0 := p.at(t.X, t.Y)
		x1, y1 := p.at(t.X2, t.Y2)
		head := min(1, 0.45+t.Age/0.05) // the eye sees it leave, the hit does not wait
		hx, hy := x0+(x1-x0)*head, y0+(y1-y0)*head
		glow := t.Colour.Mix(scene.Muzzle, 0.35).Fade(0.5 * left * left)
		p.line(x0, y0, hx, hy, 7*z, glow.Fade(0.05), glow.Fade(0.55))
		p.line(x0, y0, hx, hy, 2.2*z, glow.Fade(0.25), scene.White.Mix(t.Colour, 0.25).Fade(left))
		p.image(spriteGlow, x1, y1, 15*z*left, 0, scene.Muzzle.Fade(left))
	}
	p.light(false)
}

// drawRings draws the circles that spread.
func (p *picture) drawRings() {
	z := p.zoom()
	p.light(true)
	for i := range p.stage.Rings {
		r := &p.stage.Rings[i]
		t := r.Age / r.Life
		x, y := p.at(r.X, r.Y)
		spread := 1 - (1-t)*(1-t)
		p.ring(x, y, r.Radius*spread*z, r.Width*(1-t)*z, r.Colour.Fade(0.8*(1-t)))
	}
	p.light(false)
}

// drawFlashes draws the fire at the muzzles.
func (p *picture) drawFlashes() {
	z := p.zoom()
	p.light(true)
	for id, row := range p.game.Players.All(p.world) {
		flash := p.stage.Body(row.Owner).Flash
		if flash < 0.15 || !row.Alive {
			continue
		}
		angle := p.facing(id.Slot(), row)
		sin, cos := sincos(angle)
		px, py := scene.Pixels(row.X), scene.Pixels(row.Y)
		x, y := p.at(px+cos*27-sin*5, py+sin*27+cos*5)
		p.stretched(spriteGlow, x, y, 19*z*flash, 9*z*flash, angle, scene.Muzzle)
		p.stretched(spriteGlow, x, y, 8*z*flash, 15*z*flash, angle, scene.Fire)
		p.image(spriteGlow, x, y, 6*z, 0, scene.White.Fade(flash))
	}
	p.light(false)
}

// pulse is a slow wave between 0 and 1.
func (p *picture) pulse(perSecond float64) float32 {
	return float32(0.5 + 0.5*math.Sin(p.seconds*perSecond*2*math.Pi))
}
