package scenario

import (
	"strings"

	"github.com/reckon-engine/reckon/sim/scenarios"
)

// Library returns the names of the scenarios that come with the simulator.
func Library() []string { return scenarios.Names() }

// LibraryText returns the file of a scenario of the library.
func LibraryText(name string) ([]byte, bool) { return librarian(name) }

func librarian(name string) ([]byte, bool) {
	return scenarios.Text(strings.TrimSuffix(name, ".toml"))
}
