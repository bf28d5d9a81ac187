package window

import (
	"image"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/reckon-engine/reckon/cmd/arena/internal/scene"
	"github.com/reckon-engine/reckon/cmd/internal/arena"
	"github.com/reckon-engine/reckon/engine"
)

// A picture draws frames: the world by the camera, and everything over it.
type picture struct {
	brush
	letters *lettering
	floor   *ebiten.Image
	game    *arena.Game
	camera  scene.Camera
	stage   *scene.Stage
	scale   float32 // of the interface: 1 at 1280 × 720

	// Of the frame being drawn.
	world   *engine.World
	me      engine.PlayerID
	seconds float64 // since the program began, for what pulses
	aim     float32 // radians: where the local player's hand points right now
	lines   []scene.Line
	leaders []engine.PlayerID
}

// newPicture paints what does not change.
func newPicture(g *arena.Game, floor *image.RGBA) (*picture, error) {
	letters, err := newLettering()
	if err != nil {
		return nil, err
	}
	p := &picture{letters: letters, game: g, stage: scene.NewStage(g)}
	p.atlas = newAtlas()
	p.floor = ebiten.NewImageFromImage(floor)
	return p, nil
}

// resize fits the picture to a screen.
func (p *picture) resize(width, height int) {
	p.camera.Resize(width, height)
	p.scale = max(0.5, min(float32(width)/1280, float32(height)/720))
}

// zoom returns screen pixels to a pixel of the map.
func (p *picture) zoom() float32 { return float32(p.camera.Zoom) }

// at returns where a point of the map is on the screen.
func (p *picture) at(x, y float32) (sx, sy float32) {
	fx, fy := p.camera.ToScreen(float64(x), float64(y))
	return float32(fx), float32(fy)
}

// visible reports whether a point is on the screen, give or take a margin of
// map pixels.
func (p *picture) visible(x, y, margin float32) bool {
	sx, sy := p.at(x, y)
	margin *= p.zoom()
	return sx > -margin && sy > -margin && sx < float32(p.camera.W)+margin && sy < float32(p.camera.H)+margin
}

// drawWorld draws what stands on the map, from the floor up.
func (p *picture) drawWorld(screen *ebiten.Image) {
	p.begin(screen)
	p.drawFloor(screen)
	p.drawScorches()
	p.drawShadows()
	p.drawLights()
	p.drawPickups()
	p.drawDebris(scene.ShapeChip)
	p.drawBodies()
	p.drawRockets()
	p.drawDebris(scene.ShapeSmoke)
	p.drawWalls()
	p.drawTracers()
	p.drawDebris(scene.ShapeGlow)
	p.drawDebris(scene.ShapeSpark)
	p.drawRings()
	p.drawFlashes()
	p.drawVignette()
	p.flush()
	p.drawNames(screen)
}
