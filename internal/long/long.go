// Package long says whether tests may take as long as it takes. "make test"
// runs a part of the heaviest soaks, "make soak" all of them:
//
//	total := long.Of(10_000_000, 100_000_000)
package long

import "os"

// Enabled is true under "make soak", which sets RECKON_LONG=1.
var Enabled = os.Getenv("RECKON_LONG") == "1"

// Of returns all if Enabled, else part.
func Of(part, all int) int {
	if Enabled {
		return all
	}
	return part
}
