// Package scenarios is the library of scenarios: files to run as they are, or
// to begin one's own with.
package scenarios

import (
	"embed"
	"strings"
)

//go:embed *.toml
var files embed.FS

// Names returns the names of the scenarios, in alphabetical order.
func Names() []string {
	entries, _ := files.ReadDir(".") // it is embedded
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".toml")
	}
	return names
}

// Text returns the file of a scenario. It is false if there is none of that
// name.
func Text(name string) ([]byte, bool) {
	data, err := files.ReadFile(name + ".toml")
	return data, err == nil
}
