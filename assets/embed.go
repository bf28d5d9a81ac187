// Package assets holds the data files that are built into the programs: maps
// and art. LICENSES.md says where each of them comes from.
package assets

import "embed"

// Maps holds the maps of Arena, as maps/NAME.txt. A map is a grid of
// characters, one a tile: '#' wall, '.' floor, 'S' floor to spawn on,
// '+' floor with a health pack.
//
//go:embed maps/*.txt
var Maps embed.FS
