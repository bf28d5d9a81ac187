package result

// A Grid is what a sweep measured: a scenario at the points of a grid of
// parameters, each of them run once or with several seeds.
type Grid struct {
	Scenario string       `json:"scenario"`
	Axes     []Axis       `json:"axes"`    // 1 to 3: the parameters, the fastest first
	Figures  []GridFigure `json:"figures"` // what was measured, in the order of the report
	Points   []GridPoint  `json:"points"`  // one for each run, in any order

	WallSeconds float64 `json:"wall_seconds"` // of the whole sweep
}

// An Axis is one parameter of a sweep.
type Axis struct {
	Name string `json:"name"` // "loss of link client"
	Unit string `json:"unit"` // "%", "ms"; empty for none

	// Values are in the order of the axis. Labels, if not nil, is as long and
	// has a name for each: of presets, say. Then Values only order them.
	Values []float64 `json:"values"`
	Labels []string  `json:"labels,omitempty"`
}

// A GridFigure is one measured figure.
type GridFigure struct {
	Name         string `json:"name"` // the key in GridPoint.Figures: "p99 of channel state"
	Unit         string `json:"unit"` // "ms"
	HigherBetter bool   `json:"higher_better,omitempty"`
}

// A GridPoint is one run at one point of the grid.
type GridPoint struct {
	At     []int  `json:"at"` // index into the values of each axis
	Seed   uint64 `json:"seed"`
	Replay string `json:"replay"` // command that repeats the run: "netsim replay ..."

	// Figures are by name. One that is missing was not measured: nothing
	// arrived, or the run ended with Error.
	Figures    map[string]float64 `json:"figures"`
	Assertions []Assertion        `json:"assertions,omitempty"`
	Error      string             `json:"error,omitempty"`
}
