package assets

import "embed"

// Fonts holds the typeface of Arena's window, as fonts/NAME.woff: Barlow Semi
// Condensed in two weights, Latin and Latin Extended apart.
//
//go:embed fonts/*.woff
var Fonts embed.FS
