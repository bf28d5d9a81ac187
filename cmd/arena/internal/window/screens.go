package window

import (
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// drawBackdrop drifts over the empty arena, for when there is no game.
func (p *picture) drawBackdrop(screen *ebiten.Image) {
	p.begin(screen)
	t := p.seconds * 0.05
	p.camera.X = scene.MapWidth/2 + 420*math.Cos(t)
	p.camera.Y = scene.MapHeight/2 + 200*math.Sin(1.3*t)
	p.drawFloor(screen)
	p.drawWalls()
	p.drawVignette()
	p.rect(0, 0, float32(p.camera.W), float32(p.camera.H), scene.Ink.Fade(0.62))
}

// drawWaiting shows what is being waited for.
func (p *picture) drawWaiting(screen *ebiten.Image, s *play.Session) {
	p.drawBackdrop(screen)
	k := p.scale
	w, h := float32(p.camera.W), float32(p.camera.H)
	x, y := w/2, h*0.60
	turn := float32(math.Mod(p.seconds*4, 2*math.Pi))
	p.ring(x, y, 22*k, 4*k, scene.White.Fade(0.10))
	p.arc(x, y, 22*k, 4*k, turn, turn+1.7, scene.Accent)
	p.flush()
	p.drawTitle(screen, w/2, h*0.36)
	text, detail := "Connecting to "+s.Server()+" …", "shaking hands"
	if s.Client.State() == client.Joining {
		text, detail = "Joining "+s.Server()+" …", "waiting for a seat and the first snapshot"
	}
	p.letters.draw(screen, text, x, h*0.70, bold, 24*k, centre, scene.Text)
	p.letters.draw(screen, detail, x, h*0.745, medium, 16*k, centre, scene.Muted)
	p.letters.draw(screen, "Esc to give up", x, h*0.93, medium, 15*k, centre, scene.Muted)
}

// drawClosed says why there is no game any more.
func (p *picture) drawClosed(screen *ebiten.Image, s *play.Session, err error) {
	p.drawBackdrop(screen)
	k := p.scale
	w, h := float32(p.camera.W), float32(p.camera.H)
	headline, detail := scene.Reason(err)
	width := max(520*k, p.letters.width(detail, medium, 18*k)+80*k)
	width = min(max(width, p.letters.width(headline, bold, 30*k)+80*k), w-20*k)
	x, y := (w-width)/2, h*0.50
	p.panel(x, y, width, 140*k, 12*k, scene.Panel.Fade(1.1))
	p.frame(x, y, width, 140*k, 12*k, 1.4, scene.Danger.Fade(0.7))
	p.flush()
	p.drawTitle(screen, w/2, h*0.32)
	p.letters.draw(screen, headline, w/2, y+44*k, bold, 30*k, centre, scene.White)
	p.letters.draw(screen, detail, w/2, y+82*k, medium, 18*k, centre, scene.Text.Mix(scene.Muted, 0.4))
	p.letters.draw(screen, s.Server(), w/2, y+112*k, medium, 15*k, centre, scene.Muted)
	p.letters.draw(screen, "Enter to try again     ·     Esc to leave", w/2, h*0.93, medium, 16*k, centre, scene.Muted)
}

// drawTitle writes the game's name, spaced out.
func (p *picture) drawTitle(screen *ebiten.Image, x, y float32) {
	k := p.scale
	const title = "ARENA"
	step := 74 * k
	for i, r := range title {
		at := x + (float32(i)-float32(len(title)-1)/2)*step
		p.letters.shaded(screen, string(r), at, y, bold, 104*k, centre, scene.White)
	}
	p.letters.draw(screen, "R E C K O N   N E T C O D E   E N G I N E", x, y+66*k, medium, 16*k, centre, scene.Accent)
}

// drawMenu shows the menu over the game, which goes on.
func (p *picture) drawMenu(screen *ebiten.Image, m *menu) {
	k := p.scale
	w, h := float32(p.camera.W), float32(p.camera.H)
	p.rect(0, 0, w, h, scene.Ink.Fade(0.55))
	for i := range m.items {
		r := p.menuItem(m, i)
		if i == m.chosen {
			p.panel(r.X, r.Y, r.W, r.H, 8*k, scene.Accent.Fade(0.92))
		} else {
			p.panel(r.X, r.Y, r.W, r.H, 8*k, scene.Panel.Fade(1.1))
			p.frame(r.X, r.Y, r.W, r.H, 8*k, 1, scene.Rule)
		}
	}
	p.flush()
	p.letters.draw(screen, "The game goes on", w/2, p.menuItem(m, 0).Y-34*k, medium, 16*k, centre, scene.Muted)
	for i, item := range m.items {
		x, y := p.menuItem(m, i).Middle()
		colour := scene.Text
		if i == m.chosen {
			colour = scene.Ink
		}
		p.letters.draw(screen, item.label, x, y, bold, 20*k, centre, colour)
	}
}

// menuItem returns where an item of the menu is.
func (p *picture) menuItem(m *menu, i int) scene.Rect {
	k := p.scale
	w, h := float32(p.camera.W), float32(p.camera.H)
	const width, height, gap = 300, 46, 10
	total := float32(len(m.items))*(height+gap)*k - gap*k
	return scene.Rect{X: w/2 - width*k/2, Y: h/2 - total/2 + float32(i)*(height+gap)*k, W: width * k, H: height * k}
}
