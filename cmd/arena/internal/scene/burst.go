package scene

import "math"

const tau = 2 * math.Pi

// Sparks fly from where a bullet met a wall, back along its way.
func (p *Particles) Sparks(x, y, angle float32, colour Colour, n int) {
	for range n {
		dx, dy := p.chance.direction(angle, 0.9)
		speed := p.chance.between(60, 330)
		p.add(Particle{
			X: x, Y: y, VX: dx * speed, VY: dy * speed, Drag: 5, Size: p.chance.between(0.8, 1.6),
			Life: p.chance.between(0.10, 0.32), Shape: ShapeSpark, Colour: colour,
		})
	}
	p.add(Particle{
		X: x, Y: y, Size: 5, Grow: 16, Life: 0.35, Shape: ShapeSmoke, Colour: SmokeGrey.Fade(0.30),
	})
}

// Trail leaves smoke between two places of a rocket.
func (p *Particles) Trail(fromX, fromY, toX, toY float32) {
	const every = 5 // pixels
	length := float32(math.Hypot(float64(toX-fromX), float64(toY-fromY)))
	for d := float32(0); d < length && length < 200; d += every {
		t := d / length
		x, y := fromX+(toX-fromX)*t, fromY+(toY-fromY)*t
		dx, dy := p.chance.direction(0, math.Pi)
		p.add(Particle{
			X: x + dx, Y: y + dy, VX: dx * 9, VY: dy * 9, Size: p.chance.between(2, 3.2),
			Grow: p.chance.between(7, 13), Drag: 1, Life: p.chance.between(0.45, 0.95),
			Shape: ShapeSmoke, Colour: SmokeGrey.Fade(0.34),
		})
		if p.chance.unit() < 0.6 {
			p.add(Particle{
				X: x, Y: y, VX: dx * 22, VY: dy * 22, Size: 2.6, Grow: -7, Life: 0.22,
				Shape: ShapeGlow, Colour: Fire.Fade(0.8),
			})
		}
	}
}

// Explosion is a rocket's end.
func (p *Particles) Explosion(x, y float32) {
	p.add(Particle{X: x, Y: y, Size: 70, Grow: 90, Life: 0.16, Shape: ShapeGlow, Colour: Muzzle})
	for range 22 { // fire
		dx, dy := p.chance.direction(0, math.Pi)
		speed := p.chance.between(20, 210)
		p.add(Particle{
			X: x + dx*5, Y: y + dy*5, VX: dx * speed, VY: dy * speed, Drag: 4.5,
			Size: p.chance.between(9, 19), Grow: -16, Life: p.chance.between(0.22, 0.55),
			Shape: ShapeGlow, Colour: Fire.Mix(Ember, p.chance.unit()).Fade(0.75),
		})
	}
	for range 14 { // smoke
		dx, dy := p.chance.direction(0, math.Pi)
		speed := p.chance.between(10, 95)
		p.add(Particle{
			X: x + dx*8, Y: y + dy*8, VX: dx * speed, VY: dy * speed, Drag: 2.5,
			Size: p.chance.between(9, 17), Grow: p.chance.between(14, 26), Life: p.chance.between(0.7, 1.5),
			Shape: ShapeSmoke, Colour: Hex(0x454b55).Fade(0.5),
		})
	}
	for range 26 { // sparks
		dx, dy := p.chance.direction(0, math.Pi)
		speed := p.chance.between(150, 520)
		p.add(Particle{
			X: x, Y: y, VX: dx * speed, VY: dy * speed, Drag: 3.5, Size: p.chance.between(1, 1.9),
			Life: p.chance.between(0.25, 0.7), Shape: ShapeSpark, Colour: Ember,
		})
	}
}

// Death is a player falling apart, in his colour, along the push.
func (p *Particles) Death(x, y, pushX, pushY float32, colour Colour) {
	for range 30 {
		dx, dy := p.chance.direction(0, math.Pi)
		speed := p.chance.between(30, 240)
		p.add(Particle{
			X: x + dx*6, Y: y + dy*6, VX: dx*speed + pushX, VY: dy*speed + pushY, Drag: 3.2,
			Size: p.chance.between(1.8, 4.2), Angle: p.chance.between(0, tau), Spin: p.chance.between(-14, 14),
			Life: p.chance.between(0.5, 1.1), Shape: ShapeChip, Colour: colour.Mix(White, p.chance.between(0, 0.3)),
		})
	}
	for range 9 {
		dx, dy := p.chance.direction(0, math.Pi)
		speed := p.chance.between(5, 70)
		p.add(Particle{
			X: x, Y: y, VX: dx * speed, VY: dy * speed, Drag: 2, Size: p.chance.between(10, 17),
			Grow: -12, Life: p.chance.between(0.3, 0.8), Shape: ShapeGlow, Colour: colour.Fade(0.38),
		})
	}
}

// Blood is a hit on a player: a puff in his colour.
func (p *Particles) Blood(x, y, angle float32, colour Colour) {
	for range 7 {
		dx, dy := p.chance.direction(angle, 1.1)
		speed := p.chance.between(50, 210)
		p.add(Particle{
			X: x, Y: y, VX: dx * speed, VY: dy * speed, Drag: 5, Size: p.chance.between(1, 2.2),
			Life: p.chance.between(0.15, 0.4), Shape: ShapeSpark, Colour: colour.Mix(White, 0.4),
		})
	}
}

// Arrival is a player appearing.
func (p *Particles) Arrival(x, y float32, colour Colour) {
	for i := range 20 {
		sin, cos := math.Sincos(float64(i) * tau / 20)
		dx, dy := float32(cos), float32(sin)
		p.add(Particle{
			X: x + dx*34, Y: y + dy*34, VX: -dx * 60, VY: -dy * 60, Drag: 0.5, Size: 2.2, Grow: -2,
			Life: 0.5, Shape: ShapeGlow, Colour: colour,
		})
	}
}
