package window

import (
	"fmt"
	"image/png"
	"io"
	"os"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/options"
	"github.com/reckon-engine/reckon/cmd/arena/internal/play"
	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
)

// updatesPerSecond is twice the tick rate: an input waits for its tick half
// as long as it would at once a tick.
const updatesPerSecond = 120

// Run opens the window and plays until the player leaves, the time is up or
// the connection ends. The session tells how it went. The error says why the
// game could not be played on, and is nil if it was the player's wish.
func Run(opt options.Options, session *play.Session, out io.Writer) error {
	p, err := newPicture(session.Game, scene.FloorImage(session.Game.Map))
	if err != nil {
		return err
	}
	g := &Game{
		opt: opt, out: out, session: session, picture: p, speaker: newSpeaker(opt.Mute), began: time.Now(),
	}
	ebiten.SetWindowTitle("Arena")
	ebiten.SetWindowSize(opt.Width, opt.Height)
	ebiten.SetWindowResizingMode(ebiten.WindowResizingModeEnabled)
	ebiten.SetFullscreen(opt.Fullscreen)
	ebiten.SetRunnableOnUnfocused(true)
	ebiten.SetTPS(updatesPerSecond)
	ebiten.SetScreenClearedEveryFrame(false) // every frame covers all of it
	err = ebiten.RunGameWithOptions(g, &ebiten.RunGameOptions{X11ClassName: "arena", X11InstanceName: "arena"})
	if err != nil {
		return fmt.Errorf("window: %w", err)
	}
	return g.Err()
}

// save writes a frame as a PNG file into the working directory, under a name
// that is not taken, and says so.
func (g *Game) save(screen *ebiten.Image) {
	g.picture.flush()
	img := newRGBA(screen)
	name := "arena-" + time.Now().Format("20060102-150405.000") + ".png"
	go func() {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			err = png.Encode(f, img)
			if e := f.Close(); err == nil {
				err = e
			}
		}
		if err != nil {
			fmt.Fprintf(g.out, "arena: picture not saved: %v\n", err)
			return
		}
		fmt.Fprintf(g.out, "arena: picture saved as %s\n", name)
	}()
}
