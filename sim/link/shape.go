package link

import "fmt"

// A Shape is the distribution of jitter.
type Shape uint8

const (
	// Uniform spreads delays evenly over Delay ± Jitter.
	Uniform Shape = iota

	// Normal makes Jitter the standard deviation of the delay. The
	// distribution ends at 3.8 standard deviations, and at zero delay.
	Normal

	// Pareto has a long tail to one side: a Pareto distribution of shape 3
	// (netem's), moved and scaled so that Delay is its mean and Jitter its
	// standard deviation. No delay is less than Delay - 0.577·Jitter; one in
	// a thousand is more than Delay + 9.8·Jitter; it ends at 115·Jitter,
	// which one in 2^20 reaches.
	Pareto

	// ParetoNormal is the sum of a quarter of a Normal and three quarters of
	// a Pareto (netem's mixture), scaled so that Delay is its mean and Jitter
	// its standard deviation.
	ParetoNormal

	// Tabled is the distribution of Config.Table.
	Tabled

	lastShape = Tabled
)

// shapeNames are the names of the shapes, in order.
var shapeNames = [...]string{"uniform", "normal", "pareto", "pareto-normal", "table"}

// String returns "uniform", "normal", "pareto", "pareto-normal" or "table".
func (s Shape) String() string {
	if int(s) < len(shapeNames) {
		return shapeNames[s]
	}
	return fmt.Sprintf("Shape(%d)", uint8(s))
}

// ParseShape returns the shape of a name that String returns.
func ParseShape(name string) (Shape, error) {
	for i, n := range shapeNames {
		if n == name {
			return Shape(i), nil
		}
	}
	return 0, &FieldError{"Shape", fmt.Sprintf("%q", name), "uniform, normal, pareto, pareto-normal or table"}
}

// maxCorrelation bounds Config.Correlation: above, jitter would hardly move.
const maxCorrelation = 0.9999
