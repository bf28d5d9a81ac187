package window

import (
	"os"
	"path/filepath"
)

// hasSoundCard reports whether there is a card, or a sound server. Without
// either, the library would only complain on standard error.
func hasSoundCard() bool {
	if cards, _ := filepath.Glob("/dev/snd/pcm*p"); len(cards) > 0 || os.Getenv("PULSE_SERVER") != "" {
		return true
	}
	run := os.Getenv("XDG_RUNTIME_DIR")
	if run == "" {
		return false
	}
	for _, name := range []string{"pulse/native", "pipewire-0"} {
		if _, err := os.Stat(filepath.Join(run, name)); err == nil {
			return true
		}
	}
	return false
}
