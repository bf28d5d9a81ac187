package arena

// Lengths. A unit is a sixteenth of a pixel: fine enough that friction does
// not stick, coarse enough that a position is 15 bits a coordinate.
const (
	UnitsPerPixel = 16
	TilePixels    = 32
	TileUnits     = TilePixels * UnitsPerPixel

	// MapWidth and MapHeight are the size of every Arena map, in tiles. They
	// are fixed because the range tags of the tables are made from them.
	MapWidth  = 64
	MapHeight = 40

	WidthUnits  = MapWidth * TileUnits  // 32768: X is 15 bits
	HeightUnits = MapHeight * TileUnits // 20480: Y is 15 bits
)

// Angles are 4096ths of a turn; 0 points right (+X) and they grow clockwise
// on a screen whose Y points down.
const (
	Turn        = 4096
	QuarterTurn = Turn / 4
	HalfTurn    = Turn / 2
)

// TickRate is the number of ticks in a second. Every duration and speed of
// the rules is in ticks of this rate.
const TickRate = 60
