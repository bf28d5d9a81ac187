package liveview

// The heights of a cell of a sparkline.
var (
	blocks = []rune(" ▁▂▃▄▅▆▇█")
	dots   = []rune(" .:-=+*%#")
)

// Sparkline draws values, the newest on the right, in so many cells. Where
// there are more values than cells, a cell is the largest of several. A cell is
// blank for nothing and otherwise at least the lowest bar; the highest is the
// largest value.
func Sparkline(values []float64, cells int, ascii bool) string {
	const minute = 60
	heights := blocks
	if ascii {
		heights = dots
	}
	line := make([]rune, max(0, cells))
	for i := range line {
		line[i] = ' '
	}
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	if most == 0 || cells <= 0 {
		return string(line)
	}
	span := max(minute, cells)
	tops := make([]float64, cells)
	for i, v := range values {
		age := len(values) - 1 - i
		if cell := cells - 1 - age*cells/span; cell >= 0 {
			tops[cell] = max(tops[cell], v)
		}
	}
	for i, v := range tops {
		if v > 0 {
			line[i] = heights[1+int(v/most*float64(len(heights)-2))]
		}
	}
	return string(line)
}
