package window

import (
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// drawFloor lays the floor's picture under the camera.
func (p *picture) drawFloor(screen *ebiten.Image) {
	p.flush()
	screen.Fill(colourOf(scene.Ink))
	op := &ebiten.DrawImageOptions{Filter: ebiten.FilterLinear}
	op.GeoM.Scale(p.camera.Zoom, p.camera.Zoom)
	x, y := p.camera.ToScreen(0, 0)
	op.GeoM.Translate(x, y)
	screen.DrawImage(p.floor, op)
}

// drawScorches darkens where rockets met the floor.
func (p *picture) drawScorches() {
	z := p.zoom()
	for _, s := range p.stage.Scorches {
		if !p.visible(s.X, s.Y, s.Size) {
			continue
		}
		x, y := p.at(s.X, s.Y)
		left := 1 - s.Age/scene.ScorchLife
		p.image(spriteBurn, x, y, s.Size*z, s.Angle, scene.Black.Fade(0.6*min(1, left*2)))
		if heat := 1 - s.Age/1.6; heat > 0 {
			p.light(true)
			p.image(spriteGlow, x, y, s.Size*0.5*z, 0, scene.Fire.Fade(0.45*heat*heat))
			p.light(false)
		}
	}
}

// drawShadows puts a soft dark under everything that stands or flies.
func (p *picture) drawShadows() {
	z := p.zoom()
	for _, row := range p.game.Players.All(p.world) {
		x, y := scene.Pixels(row.X), scene.Pixels(row.Y)
		if row.Alive && p.visible(x, y, 40) {
			sx, sy := p.at(x+3, y+5)
			p.image(spriteDark, sx, sy, 19*z, 0, scene.Black.Fade(0.55))
		}
	}
	for _, row := range p.game.Rockets.All(p.world) {
		sx, sy := p.at(scene.Pixels(row.X)+5, scene.Pixels(row.Y)+9)
		p.image(spriteDark, sx, sy, 8*z, 0, scene.Black.Fade(0.5))
	}
}

// drawLights adds the light that things cast on the floor.
func (p *picture) drawLights() {
	p.light(true)
	z := p.zoom()
	for id, row := range p.game.Players.All(p.world) {
		x, y := scene.Pixels(row.X), scene.Pixels(row.Y)
		if !row.Alive || !p.visible(x, y, 140) {
			continue
		}
		sx, sy := p.at(x, y)
		colour := scene.PlayerColour(row.Colour)
		p.image(spriteGlow, sx, sy, 74*z, 0, colour.Fade(0.17))
		if flash := p.stage.Body(row.Owner).Flash; flash > 0 {
			sin, cos := sincos(p.facing(id.Slot(), row))
			mx, my := p.at(x+cos*26, y+sin*26)
			p.image(spriteGlow, mx, my, 120*z, 0, scene.Muzzle.Fade(0.38*flash))
		}
	}
	for _, row := range p.game.Rockets.All(p.world) {
		sx, sy := p.at(scene.Pixels(row.X), scene.Pixels(row.Y))
		p.image(spriteGlow, sx, sy, 110*z, 0, scene.Fire.Fade(0.42))
	}
	p.light(false)
}

// drawPickups shows the health packs that are there.
func (p *picture) drawPickups() {
	z := p.zoom()
	for _, row := range p.game.Pickups.All(p.world) {
		x, y := scene.Pixels(row.X), scene.Pixels(row.Y)
		if !p.visible(x, y, 60) {
			continue
		}
		sx, sy := p.at(x, y)
		if !row.Ready {
			left := float32(row.BackAt.Sub(p.world.Tick())) / (12 * arena.TickRate)
			p.arc(sx, sy, 14*z, 1.6*z, -math.Pi/2, -math.Pi/2+2*math.Pi*(1-min(max(left, 0), 1)), scene.Good.Fade(0.35))
			continue
		}
		beat := float32(0.5 + 0.5*math.Sin(p.seconds*3))
		p.light(true)
		p.image(spriteGlow, sx, sy, (46+6*beat)*z, 0, scene.Good.Fade(0.30))
		p.light(false)
		lift := (1.5 + 1.5*beat) * z
		p.image(spriteDark, sx, sy+4*z, 12*z, 0, scene.Black.Fade(0.6))
		p.panel(sx-8.5*z, sy-8.5*z-lift, 17*z, 17*z, 4*z, scene.Hex(0x0d2a22))
		p.frame(sx-8.5*z, sy-8.5*z-lift, 17*z, 17*z, 4*z, 1.4*z, scene.Good)
		p.rect(sx-1.8*z, sy-5.2*z-lift, 3.6*z, 10.4*z, scene.Good.Mix(scene.White, 0.35))
		p.rect(sx-5.2*z, sy-1.8*z-lift, 10.4*z, 3.6*z, scene.Good.Mix(scene.White, 0.35))
	}
}

// drawVignette darkens the rim of the screen, which leads the eye inwards.
func (p *picture) drawVignette() {
	w, h := float32(p.camera.W), float32(p.camera.H)
	dark, clear := scene.Black.Fade(0.38), scene.Black.Fade(0)
	p.gradient(0, 0, w*0.20, h, dark, clear, false)
	p.gradient(w*0.80, 0, w*0.20, h, clear, dark, false)
	p.gradient(0, 0, w, h*0.20, dark, clear, true)
	p.gradient(0, h*0.80, w, h*0.20, clear, dark, true)
}
