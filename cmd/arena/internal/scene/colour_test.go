package scene

import (
	"math"
	"testing"
)

// deuteranopia shows a colour as seen without green cones, and protanopia
// without red ones: Viénot, Brettel and Mollon, "Digital Video Colourmaps for
// Checking the Legibility of Displays by Dichromats", 1999, in linear light.
func deuteranopia(c Colour) [3]float64 {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	return [3]float64{0.29275*r + 0.70725*g, 0.29275*r + 0.70725*g, -0.02234*r + 0.02234*g + b}
}

func protanopia(c Colour) [3]float64 {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	return [3]float64{0.11238*r + 0.88762*g, 0.11238*r + 0.88762*g, 0.00401*r - 0.00401*g + b}
}

func linear(v float32) float64 { return math.Pow(float64(v), 2.2) }

// perceived brings linear light back to something that steps evenly.
func perceived(c [3]float64) [3]float64 {
	for i, v := range c {
		c[i] = math.Pow(max(v, 0), 1/2.2)
	}
	return c
}

func apart(a, b [3]float64) float64 {
	a, b = perceived(a), perceived(b)
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}

func TestPlayersAreToldApart(t *testing.T) {
	for name, eye := range map[string]func(Colour) [3]float64{"deuteranopia": deuteranopia, "protanopia": protanopia} {
		for i := range players {
			for j := range i {
				if d := apart(eye(players[i]), eye(players[j])); d < 0.10 {
					t.Errorf("%s: colours %d and %d are %.2f apart, want 0.10", name, j, i, d)
				}
			}
			if d := apart(eye(players[i]), eye(Hex(0x131a25))); d < 0.35 {
				t.Errorf("%s: colour %d is %.2f from the floor, want 0.35", name, i, d)
			}
		}
	}
}

func TestEveryPlayerHasALookOfHisOwn(t *testing.T) {
	type look struct {
		colour Colour
		emblem Emblem
	}
	seen := make(map[look]int)
	for i := range 32 {
		l := look{PlayerColour(uint8(i)), PlayerEmblem(uint8(i))}
		if other, taken := seen[l]; taken {
			t.Errorf("players %d and %d look alike", other, i)
		}
		seen[l] = i
	}
}
