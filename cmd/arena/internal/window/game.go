// Package window is Arena's window: it reads keys, mouse and gamepad, draws
// what the client has, and plays the sounds. Everything that can be decided
// without a display is decided in packages play, scene and sound.
package window

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/client"
	"github.com/reckon-engine/reckon/cmd/arena/internal/options"
	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// A Game is the window's state. Ebiten calls Update and Draw on one
// goroutine; the client is driven by Update alone, so that a slow or hidden
// display never slows the network.
type Game struct {
	opt     options.Options
	out     io.Writer // for status lines
	session *play.Session
	picture *picture
	speaker *speaker
	menu    *menu // nil when closed

	began    time.Time // the first Update
	dialled  time.Time // when the last visit began
	playing  time.Time // when the game began; zero before
	lastDraw time.Time
	status   time.Time // when the next status line is due
	frames   int       // drawn
	dialErr  error     // why there is no connection, or none in time

	showGraph bool
	capture   bool // save the next frame
	leaving   bool
	again     bool // connect once more

	bodyX, bodyY   float32 // of the local player, in map pixels
	mouseX, mouseY int
	pads           []ebiten.GamepadID
	padX, padY     float64
	padAims        bool
}

// closed reports whether there is no connection any more, nor hope for one.
func (g *Game) closed() bool {
	return g.dialErr != nil || g.session.Client.State() == client.Closed
}

// Err returns why the game ended, nil if the player left.
func (g *Game) Err() error {
	if g.dialErr != nil {
		return g.dialErr
	}
	if g.session.Client.State() == client.Closed {
		return g.session.Client.Err()
	}
	return nil
}

// Update is called by ebiten, many times a second.
func (g *Game) Update() error {
	now := time.Now()
	if g.frames == 0 {
		return nil // the first frame takes long: connect after it
	}
	if g.dialled.IsZero() || g.again {
		g.dial(now)
	}
	g.handleKeys()
	if !g.closed() {
		held := play.Held{}
		if g.menu == nil {
			held = g.held()
		}
		g.session.Update(now, held)
		if g.playing.IsZero() && g.session.Client.State() == client.Playing {
			g.playing = now
		}
	}
	g.printStatus(now)
	if g.over(now) {
		return ebiten.Termination
	}
	hidden := g.picture.world != nil && g.menu == nil && !g.closed()
	setCursor(hidden)
	return nil
}

// setCursor hides the mouse pointer where the crosshair replaces it.
func setCursor(hidden bool) {
	mode := ebiten.CursorModeVisible
	if hidden {
		mode = ebiten.CursorModeHidden
	}
	if ebiten.CursorMode() != mode {
		ebiten.SetCursorMode(mode)
	}
}

// dial connects, for the first time or again.
func (g *Game) dial(now time.Time) {
	g.again, g.dialled = false, now
	g.picture.world = nil
	g.dialErr = g.session.Dial()
}

// over reports whether the program ends now. One that plays by itself does
// not wait for anybody to read why. The time of --seconds is that of the game:
// it does not run while a slow display is still connecting.
func (g *Game) over(now time.Time) bool {
	if g.leaving || g.closed() && (g.opt.Demo || g.opt.Seconds > 0) {
		return true
	}
	limit := time.Duration(g.opt.Seconds) * time.Second
	switch {
	case limit == 0:
		return false
	case !g.playing.IsZero():
		return now.Sub(g.playing) >= limit
	case now.Sub(g.dialled) >= limit:
		g.dialErr = fmt.Errorf("no game at %s within %d s", g.session.Server(), g.opt.Seconds)
		return true
	}
	return false
}

// printStatus writes the line of --status, once a second.
func (g *Game) printStatus(now time.Time) {
	if !g.opt.Status || now.Before(g.status) {
		return
	}
	g.status = now.Add(time.Second)
	fmt.Fprintf(g.out, "%s screen=%s fps=%.0f\n", g.session.StatusLine(), g.screen(), ebiten.ActualFPS())
}

// screen names what is shown, in a word.
func (g *Game) screen() string {
	switch {
	case g.closed():
		return "closed"
	case g.picture.world == nil:
		return "waiting"
	case g.menu != nil:
		return fmt.Sprintf("menu:%d", g.menu.chosen)
	}
	return "game"
}

// Draw is called by ebiten, once for every frame of the display.
func (g *Game) Draw(screen *ebiten.Image) {
	now := time.Now()
	p := g.picture
	p.resize(screen.Bounds().Dx(), screen.Bounds().Dy())
	p.seconds = now.Sub(g.began).Seconds()
	dt := min(now.Sub(g.lastDraw), 100*time.Millisecond)
	g.lastDraw = now
	g.frames++
	switch {
	case g.closed():
		p.drawClosed(screen, g.session, g.Err())
	default:
		p.world = g.session.Client.View(now)
		if p.world == nil {
			p.drawWaiting(screen, g.session)
			break
		}
		g.drawGame(screen, now, dt)
	}
	if g.capture {
		g.capture = false
		g.save(screen)
	}
}

// drawGame draws a frame of the game itself.
func (g *Game) drawGame(screen *ebiten.Image, now time.Time, dt time.Duration) {
	p := g.picture
	p.me = g.session.Client.Player()
	me := g.session.Me(p.world)
	g.look(now, dt, me)
	p.drawWorld(screen)
	p.drawHUD(screen, g.session, now)
	if me != nil && !me.Alive && !g.frozen() {
		p.drawDeath(screen, me)
	}
	if ebiten.IsKeyPressed(ebiten.KeyTab) || g.frozen() {
		p.drawBoard(screen, g.session, g.showGraph)
	}
	if g.showGraph {
		p.drawNetGraph(screen, g.session)
	}
	if g.menu != nil {
		p.drawMenu(screen, g.menu)
	} else if me != nil && me.Alive && !g.frozen() {
		x, y := g.sight()
		p.drawCrosshair(x, y, me)
	}
	p.flush()
}

// look turns the camera and hears what there is to hear.
func (g *Game) look(now time.Time, dt time.Duration, me *arena.Player) {
	p := g.picture
	var aimX, aimY float64
	if me != nil && me.Alive {
		g.bodyX, g.bodyY = scene.Pixels(me.X), scene.Pixels(me.Y)
		p.aim = scene.Radians(me.Aim)
		if !g.opt.Demo && g.menu == nil {
			x, y := g.sight()
			bx, by := p.at(g.bodyX, g.bodyY)
			p.aim = float32(math.Atan2(float64(y-by), float64(x-bx)))
			aimX, aimY = float64(x)-p.camera.W/2, float64(y)-p.camera.H/2
		} else {
			sin, cos := math.Sincos(float64(p.aim))
			aimX, aimY = cos*240*p.camera.Zoom, sin*240*p.camera.Zoom
		}
	}
	p.stage.Observe(now, p.world, p.me)
	cues := p.stage.TakeCues()
	p.camera.Shake(p.stage.Shake + scene.ShakeAt(cues, g.bodyX, g.bodyY))
	p.camera.Follow(dt, float64(g.bodyX), float64(g.bodyY), aimX, aimY)
	g.speaker.play(cues, g.bodyX, g.bodyY)
}

// sight returns where the crosshair is on the screen: at the mouse, or, for
// the autopilot and gamepads, ahead of the body.
func (g *Game) sight() (x, y float32) {
	p := g.picture
	if !g.opt.Demo && !g.padAims {
		return float32(g.mouseX), float32(g.mouseY)
	}
	dx, dy := math.Cos(float64(p.aim)), math.Sin(float64(p.aim))
	if g.padAims && !g.opt.Demo {
		length := math.Hypot(g.padX, g.padY)
		dx, dy = g.padX/length, g.padY/length
	}
	return p.at(g.bodyX+float32(dx)*padReach, g.bodyY+float32(dy)*padReach)
}

// frozen reports whether the scoreboard between two rounds is shown.
func (g *Game) frozen() bool {
	_, m := g.session.Game.Match.Slot(g.picture.world, 0)
	return m != nil && m.Phase == arena.PhaseFrozen
}

// Layout is not used: ebiten calls LayoutF.
func (g *Game) Layout(int, int) (int, int) { panic("window: BUG: Layout called") }

// LayoutF draws in the display's own pixels, whatever the window's shape.
func (g *Game) LayoutF(width, height float64) (w, h float64) {
	k := ebiten.Monitor().DeviceScaleFactor()
	return math.Ceil(width * k), math.Ceil(height * k)
}
