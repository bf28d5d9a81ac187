package scene

import (
	"image"
	"math"

	"github.com/reckon-engine/reckon/cmd/internal/arena"
)

// Size of the map, in pixels.
const (
	MapWidth  = arena.MapWidth * arena.TilePixels
	MapHeight = arena.MapHeight * arena.TilePixels
)

// A lamp tints a part of the arena, so that its parts can be told apart.
type lamp struct {
	x, y, reach float32 // pixels
	colour      Colour
}

var lamps = [...]lamp{
	{300, 240, 520, Hex(0x1f5f9e)},
	{1010, 210, 460, Hex(0x0f6e6a)},
	{1730, 260, 520, Hex(0x4a3a9a)},
	{260, 1030, 520, Hex(0x8a4a17)},
	{1000, 690, 480, Hex(0x2a4f86)},
	{1060, 1120, 460, Hex(0x7a2f58)},
	{1750, 1010, 540, Hex(0x1a6b46)},
}

// Light returns the tint of a place: to be added to what is there.
func Light(x, y float32) Colour {
	var sum Colour
	for _, l := range lamps {
		d2 := ((x-l.x)*(x-l.x) + (y-l.y)*(y-l.y)) / (l.reach * l.reach)
		if d2 >= 1 {
			continue
		}
		k := (1 - d2) * (1 - d2)
		sum.R += l.colour.R * k
		sum.G += l.colour.G * k
		sum.B += l.colour.B * k
	}
	return sum
}

// FloorImage paints the whole floor, a pixel for a pixel: tiles, grid, the
// soft dark along walls and the marks where people and health packs appear.
func FloorImage(m *arena.Map) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, MapWidth, MapHeight))
	noise := chance(0x5eed)
	marks := floorMarks(m)
	for y := range MapHeight {
		ty := y / arena.TilePixels
		for x := range MapWidth {
			tx := x / arena.TilePixels
			shadow := shadowAt(m, tx, ty, x, y)
			c := floorColour(tx, ty, x, y).Mix(Black, shadow)
			light := Light(float32(x), float32(y))
			k := 0.20 * (1 - 0.8*shadow)
			c.R, c.G, c.B = c.R+light.R*k, c.G+light.G*k, c.B+light.B*k
			if mark, ok := marks[ty*arena.MapWidth+tx]; ok {
				c = mark.over(c, x-tx*arena.TilePixels, y-ty*arena.TilePixels)
			}
			grain := (noise.unit() - 0.5) * 0.010
			setPixel(img.Pix[img.PixOffset(x, y):], c, grain)
		}
	}
	return img
}

func setPixel(pix []byte, c Colour, grain float32) {
	for i, v := range [...]float32{c.R, c.G, c.B} {
		pix[i] = byte(min(max(v+grain, 0), 1) * 255)
	}
	pix[3] = 255
}

// floorColour is the bare floor: large plates, and a grid of tiles in them.
func floorColour(tx, ty, x, y int) Colour {
	c := Hex(0x131a25)
	if (tx/4+ty/4)%2 == 0 {
		c = Hex(0x151d29)
	}
	inX, inY := x%arena.TilePixels, y%arena.TilePixels
	edge := min(inX, inY)
	switch {
	case edge == 0 && (inX == 0 && tx%4 == 0 || inY == 0 && ty%4 == 0):
		c = c.Mix(Hex(0x6a86ad), 0.20)
	case edge == 0:
		c = c.Mix(Hex(0x6a86ad), 0.075)
	case min(x%(4*arena.TilePixels), y%(4*arena.TilePixels)) == 1:
		c = c.Mix(Black, 0.25)
	}
	return c
}

// shadowAt returns how dark walls make a place: all around them a little,
// and below and right of them a soft shadow.
func shadowAt(m *arena.Map, tx, ty, x, y int) float32 {
	const occlusion, castX, castY, soft = 15, 7, 12, 7
	nearest, shade := float32(99), float32(99)
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			if !m.Wall(tx+dx, ty+dy) {
				continue
			}
			nearest = min(nearest, tileDistance(tx+dx, ty+dy, float32(x), float32(y)))
			shade = min(shade, tileDistance(tx+dx, ty+dy, float32(x-castX), float32(y-castY)))
		}
	}
	if nearest > 90 {
		return 0 // no wall around
	}
	dark := 0.42 * float32(math.Exp(-float64(nearest)/occlusion))
	return min(0.75, dark+0.40*ease(1-shade/soft))
}

// tileDistance returns how far a point is from a tile; 0 inside.
func tileDistance(tx, ty int, x, y float32) float32 {
	left, top := float32(tx*arena.TilePixels), float32(ty*arena.TilePixels)
	dx := max(left-x, 0, x-left-arena.TilePixels)
	dy := max(top-y, 0, y-top-arena.TilePixels)
	return float32(math.Hypot(float64(dx), float64(dy)))
}

// A mark is painted on a tile.
type mark uint8

const (
	markSpawn mark = iota
	markPack
)

func floorMarks(m *arena.Map) map[int]mark {
	marks := make(map[int]mark)
	for _, at := range m.Spawns() {
		tx, ty := arena.TileOf(at.X, at.Y)
		marks[ty*arena.MapWidth+tx] = markSpawn
	}
	for _, at := range m.Packs() {
		tx, ty := arena.TileOf(at.X, at.Y)
		marks[ty*arena.MapWidth+tx] = markPack
	}
	return marks
}

// over paints the mark on the floor's colour at a pixel of the tile.
func (k mark) over(c Colour, x, y int) Colour {
	dx, dy := float64(x)-15.5, float64(y)-15.5
	d := math.Hypot(dx, dy)
	line := func(radius, width float64) float32 {
		return float32(max(0, 1-math.Abs(d-radius)/width))
	}
	if k == markSpawn {
		// Four arcs of a circle.
		if math.Abs(math.Abs(dx)-math.Abs(dy)) < 5 {
			return c
		}
		return c.Mix(Hex(0x7fa0cc), 0.20*line(12, 1.3))
	}
	return c.Mix(Good, 0.45*line(14, 1.4)).Mix(Good, 0.10*float32(max(0, 1-d/14)))
}
