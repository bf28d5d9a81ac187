package sweep

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/reckon-engine/reckon/sim/scenario"
)

// ParseSeeds reads seeds: "7", "1..20", "1..5,100..105".
func ParseSeeds(text string) ([]uint64, error) {
	var seeds []uint64
	seen := map[uint64]bool{}
	for item := range strings.SplitSeq(text, ",") {
		first, last, ok := strings.Cut(strings.TrimSpace(item), "..")
		if !ok {
			last = first
		}
		from, err := strconv.ParseUint(first, 0, 64)
		to, err2 := strconv.ParseUint(last, 0, 64)
		if err != nil || err2 != nil || to < from {
			return nil, errors.New("want whole numbers from 0 or ranges of them, such as 1..20")
		}
		if to-from >= MaxPoints || uint64(len(seeds))+to-from >= MaxPoints {
			return nil, fmt.Errorf("want at most %d seeds", MaxPoints)
		}
		for i := range to - from + 1 {
			if seen[from+i] {
				return nil, fmt.Errorf("the seed %d is there twice", from+i)
			}
			seen[from+i] = true
			seeds = append(seeds, from+i)
		}
	}
	return seeds, nil
}

// seedsText writes seeds as ParseSeeds reads them.
func seedsText(seeds []uint64) string {
	var items []string
	for i := 0; i < len(seeds); {
		n := 1
		for i+n < len(seeds) && seeds[i+n] == seeds[i]+uint64(n) {
			n++
		}
		item := strconv.FormatUint(seeds[i], 10)
		if n > 1 {
			item += ".." + strconv.FormatUint(seeds[i+n-1], 10)
		}
		items = append(items, item)
		i += n
	}
	return strings.Join(items, ",")
}

// A grid numbers its points: the seed changes fastest, then the last axis.
// A cell is the points of one combination of values.
type grid struct {
	axes  []Axis
	seeds []uint64
	cells int
}

func newGrid(axes []Axis, seeds []uint64) (grid, error) {
	g := grid{axes: axes, seeds: seeds, cells: 1}
	if len(axes) > MaxAxes {
		return g, fmt.Errorf("%d keys vary, want at most %d", len(axes), MaxAxes)
	}
	for i := range axes {
		for j := range axes[:i] {
			if axes[j].Key == axes[i].Key {
				return g, fmt.Errorf("%s varies twice; one list may have several ranges: %[1]s=1..3,10..12", axes[i].Key)
			}
		}
		if axes[i].Key == "seed" {
			return g, errors.New("seed: the seeds are said on their own: --seeds 1..20")
		}
		if len(axes[i].Values) == 0 {
			return g, fmt.Errorf("%s: want at least one value", axes[i].Key)
		}
		if err := axes[i].check(); err != nil {
			return g, err
		}
		if g.cells *= len(axes[i].Values); g.cells > MaxPoints {
			break
		}
	}
	if g.cells > MaxPoints || g.cells*len(seeds) > MaxPoints {
		return g, fmt.Errorf("the grid has more points than %d", MaxPoints)
	}
	return g, nil
}

func (g *grid) size() int { return g.cells * len(g.seeds) }

// at returns where a cell is on each axis.
func (g *grid) at(cell int) []int {
	at := make([]int, len(g.axes))
	for i := len(g.axes) - 1; i >= 0; i-- {
		n := len(g.axes[i].Values)
		at[i], cell = cell%n, cell/n
	}
	return at
}

// settings returns the values of a cell.
func (g *grid) settings(cell int) []scenario.Setting {
	settings := make([]scenario.Setting, len(g.axes))
	for i, at := range g.at(cell) {
		settings[i] = scenario.Setting{Key: g.axes[i].Key, Value: g.axes[i].Values[at]}
	}
	return settings
}

// values returns the values of a cell, in the order of the axes.
func (g *grid) values(cell int) []string {
	values := []string{}
	for _, s := range g.settings(cell) {
		values = append(values, s.Value)
	}
	return values
}
