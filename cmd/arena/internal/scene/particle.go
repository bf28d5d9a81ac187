package scene

import "math"

// A Shape is how a particle looks.
type Shape uint8

// Shapes of particles.
const (
	ShapeSmoke Shape = iota // soft, darkening
	ShapeGlow               // soft, adds light
	ShapeSpark              // a short streak along its flight, adds light
	ShapeChip               // a hard piece that spins
)

// A Particle is a thing that flies for a while and means nothing.
type Particle struct {
	X, Y, VX, VY float32 // pixels, pixels a second
	Size, Grow   float32 // radius, and its change a second
	Drag         float32 // share of the speed lost a second, as e-folds
	Angle, Spin  float32 // radians, and a second
	Age, Life    float32 // seconds
	Shape        Shape
	Colour       Colour
}

// Alpha returns how much of its opacity a particle has left.
func (p *Particle) Alpha() float32 {
	t := p.Age / p.Life
	if p.Shape == ShapeSmoke {
		// In quickly, out slowly.
		return min(t*8, 1) * (1 - t) * (1 - t)
	}
	return 1 - t*t
}

// maxParticles bounds what is drawn. A dozen explosions at once fit in.
const maxParticles = 1500

// Particles are all that fly now.
type Particles struct {
	live   []Particle
	chance chance
}

// Live returns them for drawing, until the next call.
func (p *Particles) Live() []Particle { return p.live }

// add throws in another, and forgets the oldest when there are too many.
func (p *Particles) add(q Particle) {
	if len(p.live) >= maxParticles {
		copy(p.live, p.live[maxParticles/8:])
		p.live = p.live[:len(p.live)-maxParticles/8]
	}
	p.live = append(p.live, q)
}

// Step moves them on by dt seconds.
func (p *Particles) Step(dt float32) {
	kept := p.live[:0]
	for _, q := range p.live {
		if q.Age += dt; q.Age >= q.Life {
			continue
		}
		slow := float32(math.Exp(float64(-q.Drag * dt)))
		q.X, q.Y = q.X+q.VX*dt, q.Y+q.VY*dt
		q.VX, q.VY = q.VX*slow, q.VY*slow
		q.Size = max(0, q.Size+q.Grow*dt)
		q.Angle += q.Spin * dt
		kept = append(kept, q)
	}
	p.live = kept
}

// chance is a sequence of numbers for looks only: xorshift32, as in the rules.
type chance uint32

// unit returns a number in [0, 1).
func (c *chance) unit() float32 {
	x := uint32(*c)
	if x == 0 {
		x = 0x9e3779b9
	}
	x ^= x << 13
	x ^= x >> 17
	x ^= x << 5
	*c = chance(x)
	return float32(x>>8) / (1 << 24)
}

// between returns a number in [low, high).
func (c *chance) between(low, high float32) float32 { return low + (high-low)*c.unit() }

// direction returns a unit vector within spread radians of an angle.
func (c *chance) direction(angle, spread float32) (x, y float32) {
	sin, cos := math.Sincos(float64(angle + spread*(2*c.unit()-1)))
	return float32(cos), float32(sin)
}
