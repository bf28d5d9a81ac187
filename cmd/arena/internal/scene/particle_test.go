package scene

import "testing"

func TestParticlesFlyAndEnd(t *testing.T) {
	var p Particles
	p.add(Particle{VX: 10, Life: 1, Size: 1, Colour: White})
	p.Step(0.5)
	if got := p.Live(); len(got) != 1 || got[0].X != 5 {
		t.Fatalf("after half a second: %+v, want one at 5", got)
	}
	p.Step(0.6)
	if got := p.Live(); len(got) != 0 {
		t.Errorf("after its life: %+v, want none", got)
	}
}

func TestParticlesAreBounded(t *testing.T) {
	var p Particles
	for range 200 {
		p.Explosion(100, 100)
		p.Death(100, 100, 5, 5, White)
		p.Trail(0, 0, 50, 50)
		p.Sparks(0, 0, 1, Ember, 10)
		p.Blood(0, 0, 1, Danger)
		p.Arrival(0, 0, White)
	}
	if n := len(p.Live()); n == 0 || n > maxParticles {
		t.Errorf("%d particles, want 1 to %d", n, maxParticles)
	}
	for range 200 {
		p.Step(0.02)
		for _, q := range p.Live() {
			if a := q.Alpha(); a < 0 || a > 1 || q.Size < 0 {
				t.Fatalf("opacity %v, size %v", a, q.Size)
			}
		}
	}
	if n := len(p.Live()); n != 0 {
		t.Errorf("%d are left after four seconds", n)
	}
}
