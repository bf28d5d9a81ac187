package window

import (
	"math"
	"slices"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/inpututil"

	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
)

// held reads what the player holds: keys, mouse, gamepad.
func (g *Game) held() play.Held {
	h := play.Held{
		Left:  anyPressed(ebiten.KeyA, ebiten.KeyArrowLeft),
		Right: anyPressed(ebiten.KeyD, ebiten.KeyArrowRight),
		Up:    anyPressed(ebiten.KeyW, ebiten.KeyArrowUp),
		Down:  anyPressed(ebiten.KeyS, ebiten.KeyArrowDown),
		Rifle: ebiten.IsMouseButtonPressed(ebiten.MouseButtonLeft),
		Rocket: ebiten.IsMouseButtonPressed(ebiten.MouseButtonRight) ||
			ebiten.IsKeyPressed(ebiten.KeySpace),
	}
	h.AimX, h.AimY = g.mouseAim()
	g.addGamepad(&h)
	return h
}

func anyPressed(keys ...ebiten.Key) bool {
	return slices.ContainsFunc(keys, ebiten.IsKeyPressed)
}

// mouseAim returns the direction from the body to the mouse, in map pixels.
func (g *Game) mouseAim() (x, y float64) {
	mx, my := ebiten.CursorPosition()
	if mx != g.mouseX || my != g.mouseY {
		g.mouseX, g.mouseY, g.padAims = mx, my, false
	}
	ax, ay := g.picture.camera.ToMap(float64(mx), float64(my))
	return ax - float64(g.bodyX), ay - float64(g.bodyY)
}

// addGamepad lets the first gamepad of the standard layout join in. Its right
// stick aims until the mouse moves again.
func (g *Game) addGamepad(h *play.Held) {
	g.pads = ebiten.AppendGamepadIDs(g.pads[:0])
	for _, id := range g.pads {
		if !ebiten.IsStandardGamepadLayoutAvailable(id) {
			continue
		}
		h.StickX = ebiten.StandardGamepadAxisValue(id, ebiten.StandardGamepadAxisLeftStickHorizontal)
		h.StickY = ebiten.StandardGamepadAxisValue(id, ebiten.StandardGamepadAxisLeftStickVertical)
		x := ebiten.StandardGamepadAxisValue(id, ebiten.StandardGamepadAxisRightStickHorizontal)
		y := ebiten.StandardGamepadAxisValue(id, ebiten.StandardGamepadAxisRightStickVertical)
		if math.Hypot(x, y) > 0.3 {
			g.padX, g.padY, g.padAims = x, y, true
		}
		if g.padAims {
			h.AimX, h.AimY = g.padX*padReach, g.padY*padReach
		}
		h.Rifle = h.Rifle || ebiten.IsStandardGamepadButtonPressed(id, ebiten.StandardGamepadButtonFrontBottomRight)
		h.Rocket = h.Rocket || ebiten.IsStandardGamepadButtonPressed(id, ebiten.StandardGamepadButtonFrontBottomLeft)
		return
	}
}

// padReach is how far from the body a gamepad aims, in map pixels.
const padReach = 220

// handleKeys does what single keys do.
func (g *Game) handleKeys() {
	pressed := inpututil.IsKeyJustPressed
	if pressed(ebiten.KeyF11) {
		toggleFullscreen()
	}
	if pressed(ebiten.KeyF12) {
		g.capture = true
	}
	if pressed(ebiten.KeyF3) {
		g.showGraph = !g.showGraph
	}
	if pressed(ebiten.KeyM) {
		g.speaker.toggle()
	}
	switch {
	case g.closed():
		g.handleClosedKeys()
	case g.picture.world == nil:
		if pressed(ebiten.KeyEscape) {
			g.leaving = true
		}
	case g.menu != nil:
		g.handleMenuKeys()
	case pressed(ebiten.KeyEscape):
		g.menu = g.gameMenu()
	}
}

func (g *Game) handleClosedKeys() {
	if inpututil.IsKeyJustPressed(ebiten.KeyEscape) {
		g.leaving = true
	}
	if inpututil.IsKeyJustPressed(ebiten.KeyEnter) {
		g.again = true
	}
}

func (g *Game) handleMenuKeys() {
	pressed := inpututil.IsKeyJustPressed
	m := g.menu
	switch {
	case pressed(ebiten.KeyEscape):
		g.menu = nil
		return
	case pressed(ebiten.KeyArrowUp), pressed(ebiten.KeyW):
		m.move(-1)
	case pressed(ebiten.KeyArrowDown), pressed(ebiten.KeyS):
		m.move(1)
	}
	choose := pressed(ebiten.KeyEnter)
	mx, my := ebiten.CursorPosition()
	for i := range m.items {
		r := g.picture.menuItem(m, i)
		if float32(mx) < r.X || float32(my) < r.Y || float32(mx) >= r.X+r.W || float32(my) >= r.Y+r.H {
			continue
		}
		if mx != g.mouseX || my != g.mouseY {
			m.chosen = i
		}
		if inpututil.IsMouseButtonJustPressed(ebiten.MouseButtonLeft) {
			m.chosen, choose = i, true
		}
	}
	g.mouseX, g.mouseY = mx, my
	if !choose {
		return
	}
	if m.items[m.chosen].act() {
		g.menu = nil
		return
	}
	g.menu = g.gameMenu()
}

func toggleFullscreen() { ebiten.SetFullscreen(!ebiten.IsFullscreen()) }
